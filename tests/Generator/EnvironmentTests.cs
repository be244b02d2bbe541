using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ButlerRpc.Generator.Tests;

/// <summary>What keeps code from being generated at all.</summary>
sealed class EnvironmentTests
{
    const string Contract = """
        using ButlerRpc;
        [ButlerMessage] public partial record {0}(int Id);
        [ButlerMessage] public partial record Other(int Id);
        [ButlerService] public partial interface IFoo { Task EchoAsync(Other other, CancellationToken ct); }
        """;

    [Test]
    public void BRPC9001_names_the_type_that_the_generator_failed_on_and_goes_on()
    {
        var (driver, diagnostics) = Run(new Stumbling(StumbleOn: "Read"));

        var fault = diagnostics.Single();
        Assert.That((fault.Id, fault.GetMessage()), Is.EqualTo(("BRPC9001", "The generator failed on 'Shop.Bad': InvalidOperationException: what happened")));
        Assert.That(fault.Location.GetLineSpan().StartLinePosition.Line, Is.EqualTo(2));
        Assert.That(driver.GetRunResult().GeneratedTrees.Select(t => Path.GetFileName(t.FilePath)), Is.EqualTo(["Good.g.cs"]));
    }

    [Test]
    public void BRPC9001_writes_none_of_the_files_of_a_type_that_it_failed_on()
    {
        var (driver, diagnostics) = Run(new Stumbling(StumbleOn: "Emit"));

        Assert.That(diagnostics.Single().GetMessage(), Does.Contain("'Bad'"));
        Assert.That(driver.GetRunResult().GeneratedTrees.Select(t => Path.GetFileName(t.FilePath)), Is.EqualTo(["Good.g.cs"]));
    }

    [Test]
    public void BRPC9001_is_silent_when_the_generator_is_cancelled() => Assert.That(
        () => Guarded.Read<string>(Generated.Compile("Contracts", []).Assembly, () => throw new OperationCanceledException()), Throws.InstanceOf<OperationCanceledException>());

    [Test]
    public Task BRPC9002_is_reported_once_at_the_first_contract() => Faults.Expect(LanguageVersion.CSharp11, Contract.Replace("{0}", "{|BRPC9002:Order|}", StringComparison.Ordinal));

    [Test]
    public Task BRPC9002_is_silent_for_CSharp_12() => Faults.Expect(LanguageVersion.CSharp12, Contract.Replace("{0}", "Order", StringComparison.Ordinal));

    [Test]
    public Task BRPC9002_is_silent_for_a_project_without_contracts() => Faults.Expect(LanguageVersion.CSharp11, "class Plain { }");

    [Test]
    public void BRPC9002_tells_of_a_runtime_without_static_abstract_members() =>
        Assert.That(new KnownSymbols(CSharpCompilation.Create("Old")).WhyNotGenerated, Does.Contain("target net8.0 or later"));

    static (GeneratorDriver Driver, IReadOnlyList<Diagnostic> Diagnostics) Run(IIncrementalGenerator generator)
    {
        var compilation = Generated.Compile("Contracts", ["namespace Shop;\n[ButlerRpc.ButlerMessage]\nrecord Bad;\n[ButlerRpc.ButlerMessage] record Good;"]);
        var driver = CSharpGeneratorDriver.Create([generator.AsSourceGenerator()], parseOptions: (CSharpParseOptions)compilation.SyntaxTrees[0].Options)
            .RunGeneratorsAndUpdateCompilation(compilation, out _, out var diagnostics);
        return (driver, diagnostics);
    }

    /// <summary>A generator made of the same steps, with a defect in one.</summary>
    sealed class Stumbling(string StumbleOn) : IIncrementalGenerator
    {
        public void Initialize(IncrementalGeneratorInitializationContext context)
        {
            var models = Guarded.Models(context, context.SyntaxProvider.ForAttributeWithMetadataName(
                KnownNames.ButlerMessage, static (_, _) => true, (c, _) => Guarded.Read(c.TargetSymbol, () => Stumble(c.TargetSymbol.Name, "Read"))));
            Guarded.Emit(context, models, static name => name, name => Files(name));
        }

        IEnumerable<(string HintName, string Text)> Files(string name)
        {
            yield return (name + ".g.cs", "// " + name);
            Stumble(name, "Emit");
        }

        string Stumble(string name, string step) =>
            name == "Bad" && StumbleOn == step ? throw new InvalidOperationException("what\nhappened") : name;
    }
}
