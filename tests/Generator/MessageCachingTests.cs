using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ButlerRpc.Generator.Tests;

/// <summary>What an edit makes the message generator do again.</summary>
sealed class MessageCachingTests
{
    const string Order = "[ButlerRpc.ButlerMessage] public partial record Order(long Id, Line First, Colour Colour) { public int Twice() { return 2; } }";
    const string Line = "[ButlerRpc.ButlerMessage] public partial record Line(string Sku, int Quantity);";
    const string Colour = "public enum Colour { Red, Green }";
    const string Derived = "[ButlerRpc.ButlerMessage] public partial record Derived(int X, int Y) : Base(X);";
    const string Base = "[ButlerRpc.ButlerMessage] public partial record Base(int X);";
    const string Service = "[ButlerRpc.ButlerService] public partial interface IOrders { ValueTask<Line> PlaceAsync(Order order, CancellationToken ct = default); }";

    static readonly string[] All = [Order, Line, Colour, Derived, Base, Service];

    [Test]
    public void The_first_run_makes_everything_new() =>
        Assert.That(Reasons(Run(All).Driver, TrackingNames.Messages), Has.Count.EqualTo(4).And.All.EqualTo(IncrementalStepRunReason.New));

    [TestCase(0, "[ButlerRpc.ButlerMessage] public partial record Order(long Id, Line First, Colour Colour) { public int Twice() { return 1 + 1; } }", TestName = "A_body_edit_leaves_every_output_cached")]
    [TestCase(0, "/* why */ [ButlerRpc.ButlerMessage] public partial record Order(long Id, Line First, Colour Colour) { public int Twice() { return 2; } }", TestName = "A_comment_leaves_every_output_cached")]
    [TestCase(2, "public enum Colour { Red, Green } class Unrelated { int x; }", TestName = "An_unrelated_edit_leaves_every_output_cached")]
    public void An_edit_that_changes_no_contract_leaves_every_output_cached(int file, string text)
    {
        var after = Edit(Run(All), file, text);
        Assert.That(Reasons(after, TrackingNames.Messages), Has.Count.EqualTo(4).And.All.AnyOf(IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged));
        Assert.That(Outputs(after).Select(o => o.Reason), Is.Not.Empty.And.All.AnyOf(IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged));
    }

    [Test]
    public void An_added_file_leaves_every_output_cached()
    {
        var (driver, compilation) = Run(All);
        driver = driver.RunGenerators(compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class Added;", (CSharpParseOptions)compilation.SyntaxTrees.First().Options)));
        Assert.That(Outputs(driver).Select(o => o.Reason), Is.Not.Empty.And.All.AnyOf(IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged));
    }

    [Test]
    public void A_changed_member_emits_that_message_only()
    {
        var after = Edit(Run(All), 1, Line.Replace("int Quantity", "long Quantity", StringComparison.Ordinal));
        Assert.That(Changed(after), Is.EqualTo(new[] { "Line.ButlerCodec.g.cs" }));
    }

    [Test]
    public void A_changed_enum_in_another_file_emits_again() =>
        Assert.That(Changed(Edit(Run(All), 2, "public enum Colour : byte { Red, Green }")), Is.EqualTo(new[] { "Order.ButlerCodec.g.cs" }));

    [Test]
    public void A_changed_base_record_in_another_file_emits_again() =>
        Assert.That(Changed(Edit(Run(All), 4, "[ButlerRpc.ButlerMessage] public partial record Base(int X) { [ButlerRpc.ButlerField(7)] public string? More { get; init; } }")),
            Is.EqualTo(new[] { "Base.ButlerCodec.g.cs", "Derived.ButlerCodec.g.cs" }));

    [Test]
    public void A_removed_attribute_takes_the_output_away()
    {
        var after = Edit(Run(All), 4, "public abstract partial record Base(int X);");
        Assert.That(after.GetRunResult().Results.SelectMany(r => r.GeneratedSources).Select(s => s.HintName), Has.None.EqualTo("Base.ButlerCodec.g.cs").And.Some.EqualTo("Line.ButlerCodec.g.cs"));
    }

    [Test]
    public void Equal_sources_make_equal_models()
    {
        var (first, second) = (Models(Run(All).Driver), Models(Run(All).Driver));
        Assert.That(first, Is.EqualTo(second));
        Assert.That(first.Select(m => m.GetHashCode()), Is.EqualTo(second.Select(m => m.GetHashCode())));
    }

    [Test]
    public void No_model_holds_a_symbol_or_a_compilation()
    {
        foreach (var model in Models(Run(All).Driver))
            AssertPlain(model, [], model.GetType().Name);
    }

    [Test]
    public void The_compilation_is_not_kept_alive()
    {
        var (driver, reference) = RunAndForget();
        Assert.That(Garbage.Is(reference), Is.True);
        GC.KeepAlive(driver);
    }

    // The driver keeps the last compilation that it ran over; one that was replaced must be gone.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static (GeneratorDriver Driver, WeakReference Compilation) RunAndForget()
    {
        var run = Run(All);
        var reference = new WeakReference(run.Compilation);
        return (Edit(run, 2, "public enum Colour { Red, Green, Blue }"), reference);
    }

    static (GeneratorDriver Driver, CSharpCompilation Compilation) Run(string[] sources)
    {
        var compilation = Generated.Compile("Contracts", sources);
        return (Generated.CreateDriver((CSharpParseOptions)compilation.SyntaxTrees[0].Options).RunGenerators(compilation), compilation);
    }

    static GeneratorDriver Edit((GeneratorDriver Driver, CSharpCompilation Compilation) run, int file, string text)
    {
        // The first tree holds the global usings.
        var tree = run.Compilation.SyntaxTrees[file + 1];
        var edited = run.Compilation.ReplaceSyntaxTree(tree, tree.WithChangedText(Microsoft.CodeAnalysis.Text.SourceText.From(text)));
        return run.Driver.RunGenerators(edited);
    }

    static List<IncrementalStepRunReason> Reasons(GeneratorDriver driver, string step) => [.. Steps(driver, step).SelectMany(s => s.Outputs).Select(o => o.Reason)];

    static IEnumerable<IncrementalGeneratorRunStep> Steps(GeneratorDriver driver, string step)
    {
        var steps = driver.GetRunResult().Results.SelectMany(r => r.TrackedSteps).Where(s => s.Key == step).SelectMany(s => s.Value).ToList();
        Assert.That(steps, Is.Not.Empty, $"no step is named {step}");
        return steps;
    }

    static IEnumerable<object> Models(GeneratorDriver driver) => Steps(driver, TrackingNames.Messages).SelectMany(s => s.Outputs).Select(o => o.Value);

    static IEnumerable<(string Hint, IncrementalStepRunReason Reason)> Outputs(GeneratorDriver driver)
    {
        var result = driver.GetRunResult().Results.Single(r => r.Generator.GetGeneratorType() == typeof(ButlerMessageGenerator));
        return from steps in result.TrackedOutputSteps.Values
               from step in steps
               from output in step.Outputs
               from hint in Hints(output.Value)
               select (hint, output.Reason);
    }

    // The value of an output step is a pair whose first part is the texts; their names are all that is asked for.
    static IEnumerable<string> Hints(object value) => ((IEnumerable)((ITuple)value)[0]!).Cast<object>()
        .Select(text => (string)text.GetType().GetProperty("HintName")!.GetValue(text)!);

    static IEnumerable<string> Changed(GeneratorDriver driver) => Outputs(driver)
        .Where(o => o.Reason is not (IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged))
        .Select(o => o.Hint).Order(StringComparer.Ordinal);

    static void AssertPlain(object? value, HashSet<object> seen, string path)
    {
        if (value is null or string || value.GetType().IsPrimitive || value.GetType().IsEnum || !seen.Add(value))
            return;
        Assert.That(value, Is.Not.InstanceOf<ISymbol>().And.Not.InstanceOf<Compilation>().And.Not.InstanceOf<SyntaxNode>().And.Not.InstanceOf<Location>(), path);
        if (value is IEnumerable items)
        {
            foreach (var item in items)
                AssertPlain(item, seen, path + "[]");
            return;
        }

        foreach (var field in value.GetType().GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
            AssertPlain(field.GetValue(value), seen, $"{path}.{field.Name}");
    }
}
