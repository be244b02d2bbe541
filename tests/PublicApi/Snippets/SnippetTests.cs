using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ButlerRpc.Generator;

namespace ButlerRpc.PublicApi.Tests.Snippets;

/// <summary>What the pages show can be copied: every block of C# compiles.</summary>
sealed class SnippetTests
{
    static readonly CSharpParseOptions Parsing = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);

    // One compilation for all of them: making one takes a second, a block more a millisecond.
    static readonly Lazy<ILookup<string, string>> Errors = new(Compile);

    static IEnumerable<TestCaseData> Blocks => Snippet.All.Select(b => new TestCaseData(b).SetArgDisplayNames($"{b}"));

    [TestCaseSource(nameof(Blocks))]
    public void A_block_compiles(Snippet block) => Assert.That(Errors.Value[$"{block}"], Is.Empty);

    [Test]
    public void What_is_no_block_compiles() => Assert.That(Errors.Value[""], Is.Empty);

    [Test]
    public void There_are_blocks_on_many_pages() => Assert.That(Snippet.All.DistinctBy(b => b.Page).Count(), Is.GreaterThan(15));

    static ILookup<string, string> Compile()
    {
        var trees = Snippet.All.ToDictionary(b => b.ToTree(Parsing));
        var given = CSharpSyntaxTree.ParseText(File.ReadAllText(Path.Combine(Snippet.Root, "tests/PublicApi/Snippets/Given.cs")), Parsing, "Given.cs");
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(p => MetadataReference.CreateFromFile(p));
        var compilation = CSharpCompilation.Create(
            "Snippets", trees.Keys.Append(given), platform, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        IIncrementalGenerator[] generators = [new ButlerMessageGenerator(), new ButlerServiceGenerator()];
        CSharpGeneratorDriver.Create(generators.Select(g => g.AsSourceGenerator()), parseOptions: Parsing).RunGeneratorsAndUpdateCompilation(compilation, out var output, out var failures);
        return output.GetDiagnostics().Concat(failures)
            .Where(d => d.Severity == DiagnosticSeverity.Error)
            .ToLookup(d => d.Location.SourceTree is { } tree && trees.TryGetValue(tree, out var block) ? $"{block}" : "", d => d.ToString());
    }
}
