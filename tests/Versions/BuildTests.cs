using System.Collections.Immutable;
using ButlerRpc.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace ButlerRpc.Versions.Tests;

/// <summary>What a build of a later version says when it is compared with what the first one has recorded.</summary>
sealed class BuildTests
{
    static readonly string Recorded = File.ReadAllText(Path.Combine(Repository.Root, "tests/Versions.V1/butler.contracts.txt"));

    // One index was in use when the first version was published, and retired since.
    static readonly string Since = Recorded.Replace(
        "message Versions.Reused field 1 Fax int32?", "message Versions.Reused reserved 1\nRETIRED message Versions.Reused field 1 Fax int32?", StringComparison.Ordinal);

    static readonly Task<ImmutableArray<Diagnostic>> Broken = ReportedFor(Since, "tests/Versions.Broken/Rigid.cs", "tests/Versions.V1/Safe.cs");

    [TestCaseSource(typeof(Break), nameof(Break.All))]
    public async Task A_break_is_an_error(Break change) => Assert.That(
        (await Broken).Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => $"{d.Id}: {d.GetMessage(null)}"), Has.Some.StartsWith($"{change.Rule}: {change.BuildText}"));

    [Test]
    public async Task Nothing_else_is_an_error()
    {
        var expected = Break.All.Select(b => $"{b.Rule}: {b.BuildText}").ToList();
        var others = (await Broken)
            .Where(d => d.Severity == DiagnosticSeverity.Error && d.Id.StartsWith("BRPC", StringComparison.Ordinal)).Select(d => $"{d.Id}: {d.GetMessage(null)}")
            .Where(text => !expected.Any(e => text.StartsWith(e, StringComparison.Ordinal)));

        Assert.That(others, Is.Empty);
    }

    [Test]
    public async Task Safe_changes_are_only_to_be_recorded() => Assert.That(
        (await ReportedFor(Recorded, "tests/Versions.V2/Safe.cs", "tests/Versions.V1/Rigid.cs")).Select(d => d.Id).Distinct(), Is.EqualTo(new[] { "BRPC3002" }));

    [TestCase("int Id, decimal Amount")]
    [TestCase("int Id, int Discount, int Amount")]
    public async Task The_page_shows_the_error_of_a_build(string members)
    {
        const string Published = "message Shop.Order array\nmessage Shop.Order field 0 Id int32\nmessage Shop.Order field 1 Amount int32\n";
        var error = (await Reported(Published, $"namespace Shop; [ButlerRpc.ButlerMessage] public partial record Order({members});")).Single();

        Assert.That(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/versioning.md")), Does.Contain($"error {error.Id}: {error.GetMessage(null)}\n"));
    }

    static Task<ImmutableArray<Diagnostic>> ReportedFor(string recorded, params string[] sources) =>
        Reported(recorded, [.. sources.Select(s => File.ReadAllText(Path.Combine(Repository.Root, s)))]);

    static async Task<ImmutableArray<Diagnostic>> Reported(string recorded, params string[] sources)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => !Path.GetFileName(p).StartsWith("ButlerRpc.Versions.", StringComparison.Ordinal)).Select(p => MetadataReference.CreateFromFile(p));
        const string Usings = "global using System; global using System.Collections.Generic; global using System.Threading; global using System.Threading.Tasks;";
        var compilation = CSharpCompilation.Create(
            "Later", sources.Prepend(Usings).Select(text => CSharpSyntaxTree.ParseText(text)), references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        return await compilation.WithAnalyzers([new ContractFileAnalyzer()], new AnalyzerOptions([new RecordedContract(recorded)])).GetAnalyzerDiagnosticsAsync();
    }

    sealed class RecordedContract(string text) : AdditionalText
    {
        public override string Path => "butler.contracts.txt";

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }
}
