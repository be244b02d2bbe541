using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ButlerRpc.Generator.Tests;

/// <summary>What is made anew after an edit, and what is not.</summary>
sealed class IncrementalTests
{
    const string Order = "[ButlerRpc.ButlerMessage] public partial record Order(int Id, Colour Colour);";
    const string Line = "[ButlerRpc.ButlerMessage] public partial record Line(string Sku);";
    const string Colour = "public enum Colour : byte { Red }";
    const string Service = "[ButlerRpc.ButlerService] public partial interface IOrders { Task<int> PlaceAsync(Order order, CancellationToken ct = default); }";
    const string Other = "[ButlerRpc.ButlerService] public partial interface ILines { Task AddAsync(Line line, int count, CancellationToken ct = default); }";
    const string Plain = "class Plain { int Value() => 1; }";

    static readonly string[] Sources = [Order, Line, Colour, Service, Other, Plain];

    [Test]
    public void The_first_run_is_new() => Assert.That(Reasons(Run(Sources)).Values, Is.All.EqualTo(IncrementalStepRunReason.New));

    [TestCase("class Plain { int Value() => 2; }")]
    [TestCase("// a comment\nclass Plain { int Value() => 1; }")]
    [TestCase("class Plain { int Value() => 1; int Another; }")]
    public void An_unrelated_edit_leaves_everything_cached(string plain) => Assert.That(Changed(Plain, plain), Is.Empty);

    [Test]
    public void A_comment_in_a_contract_leaves_everything_cached() => Assert.That(Changed(Service, "// about it\n" + Service), Is.Empty);

    [Test]
    public void An_added_file_leaves_everything_cached()
    {
        var (driver, compilation) = Start(Sources);
        var after = driver.RunGenerators(compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class Added;", Options)));

        Assert.That(Made(after), Is.Empty);
    }

    [Test]
    public void A_changed_member_makes_one_message_anew_and_no_proxy() =>
        Assert.That(Changed(Order, Order.Replace("int Id", "long Id", StringComparison.Ordinal)), Is.EqualTo(["IOrders.ButlerShapes.g.cs", "Order.ButlerCodec.g.cs"]));

    [Test]
    public void A_changed_service_leaves_codecs_and_other_services_cached() =>
        Assert.That(Changed(Service, Service.Replace("int>", "long>", StringComparison.Ordinal)), Is.All.StartsWith("IOrders."));

    [Test]
    public void An_enum_changed_in_another_file_makes_its_message_anew() =>
        Assert.That(Changed(Colour, Colour.Replace("byte", "long", StringComparison.Ordinal)), Does.Contain("Order.ButlerCodec.g.cs"));

    [Test]
    public void Reordered_files_give_the_same_output()
    {
        var forward = Run(Sources).GetRunResult().Results.SelectMany(r => r.GeneratedSources).ToDictionary(s => s.HintName, s => s.SourceText.ToString());
        var backward = Run([.. Sources.Reverse()]).GetRunResult().Results.SelectMany(r => r.GeneratedSources).ToDictionary(s => s.HintName, s => s.SourceText.ToString());

        Assert.That(backward, Is.EqualTo(forward));
    }

    [Test]
    public void A_service_in_two_files_is_generated_once()
    {
        var generated = Generated.From(Order, Colour, Service, "public partial interface IOrders { Task CheckAsync(Order order, int depth); }");

        Assert.That(generated.Diagnostics.Where(d => d.Id != "BRPC3001"), Is.Empty);
        Assert.That(generated.Files.Count(f => f.HintName == "IOrders.ButlerProxy.g.cs"), Is.EqualTo(1));
    }

    [Test]
    public void The_compilation_is_not_retained()
    {
        var (driver, alive) = RunAndForget();
        Assert.That(Garbage.Is(alive), Is.True);
        GC.KeepAlive(driver);
    }

    [Test]
    public void Many_services_are_generated()
    {
        var sources = Enumerable.Range(0, 60).Select(i => $$"""
            [ButlerRpc.ButlerMessage] public partial record Request{{i}}(int Id, string? Name);
            [ButlerRpc.ButlerService] public partial interface IService{{i}} { Task<Request{{i}}> GetAsync(Request{{i}} request, CancellationToken ct = default); Task PutAsync(int id, string name); }
            """);

        Assert.That(Generated.From([.. sources]).Diagnostics, Is.Empty);
    }

    static CSharpParseOptions Options => (CSharpParseOptions)Generated.Compile("Contracts", []).SyntaxTrees[0].Options;

    // In its own frame, so that no local holds the compilation. The driver itself keeps the last one it saw; after an edit that is another.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static (GeneratorDriver Driver, WeakReference First) RunAndForget()
    {
        var (driver, compilation) = Start(Sources);
        return (driver.RunGenerators(Generated.Compile("Contracts", [.. Sources, "class Next;"])), new WeakReference(compilation));
    }

    static (GeneratorDriver Driver, Compilation Compilation) Start(string[] sources)
    {
        Compilation compilation = Generated.Compile("Contracts", sources);
        return (Generated.CreateDriver((CSharpParseOptions)compilation.SyntaxTrees.First().Options).RunGenerators(compilation), compilation);
    }

    static GeneratorDriver Run(string[] sources) => Start(sources).Driver;

    static string[] Changed(string before, string after)
    {
        var (driver, compilation) = Start(Sources);
        var tree = compilation.SyntaxTrees.Single(t => t.ToString() == before);
        return Made(driver.RunGenerators(compilation.ReplaceSyntaxTree(tree, CSharpSyntaxTree.ParseText(after, (CSharpParseOptions)tree.Options, tree.FilePath))));
    }

    /// <summary>The files that were made anew.</summary>
    static string[] Made(GeneratorDriver driver) =>
        [.. Reasons(driver).Where(r => r.Value is not (IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged)).Select(r => r.Key).Order(StringComparer.Ordinal)];

    static Dictionary<string, IncrementalStepRunReason> Reasons(GeneratorDriver driver)
    {
        // An output step does not say which files it made, but its input does: the models carry the type.
        var reasons = new Dictionary<string, IncrementalStepRunReason>();
        var files = driver.GetRunResult().Results.SelectMany(r => r.GeneratedSources).Select(f => f.HintName).ToList();
        foreach (var (step, reason) in driver.GetRunResult().Results.SelectMany(r => r.TrackedOutputSteps.Values).SelectMany(s => s).SelectMany(s => s.Outputs.Select(o => (s, o.Reason))))
        {
            foreach (var input in step.Inputs.Select(i => i.Source.Outputs[i.OutputIndex].Value))
            {
                foreach (var file in files.Where(f => IsMadeOf(f, input)))
                    reasons[file] = reason;
            }
        }

        Assert.That(reasons.Keys, Is.EquivalentTo(files), "every file belongs to a tracked output");
        return reasons;
    }

    static bool IsMadeOf(string file, object input) => input switch
    {
        Model.MessageModel message => file == message.Declaration!.FileName + ".ButlerCodec.g.cs",
        Model.ServiceModel service => file.StartsWith(service.Type.FileName + ".Butler", StringComparison.Ordinal) && !file.EndsWith(".ButlerShapes.g.cs", StringComparison.Ordinal),
        bool => file == CodecFormat.HintName,
        Model.ServiceShapes shapes => file == shapes.Type.FileName + ".ButlerShapes.g.cs",
        _ => false,
    };
}
