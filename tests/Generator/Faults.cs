using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace ButlerRpc.Generator.Tests;

/// <summary>
/// Compares what is reported for a source with its markup: <c>{|BRPC1001:IFoo|}</c>. All analyzers run, and the compiler over the generated code: a mistake
/// must show as the one error that is marked.
/// </summary>
static class Faults
{
    public static Task Expect(string markup, params string[] otherFiles) => Expect(markup, otherFiles, []);

    /// <summary>With a recorded contract. What is reported in the file itself is marked there, as <c>{|ID:line|}</c> too.</summary>
    public static async Task ExpectContract(string recordedMarkup, string markup)
    {
        var (recorded, inFile) = Parse(recordedMarkup);
        await Expect(markup, [], [], new RecordedContract(recorded), inFile);
    }

    /// <summary>That a rule says so.</summary>
    public static async Task ExpectMessage(string id, string part, string source) =>
        Assert.That((await ReportedBy(Generated.From($"using ButlerRpc;\n{source}").Compilation)).Where(d => d.Id == id).Select(d => d.GetMessage()), Has.Some.Contains(part));

    /// <summary>In a project of that C#.</summary>
    public static Task Expect(LanguageVersion version, string markup) => Expect(markup, [], [], null, [], version);

    public static Task Expect(string markup, string[] otherFiles, MetadataReference[] references) => Expect(markup, otherFiles, references, null, []);

    static async Task Expect(string markup, string[] otherFiles, MetadataReference[] references, AdditionalText? contract, List<(string Id, int Start, int End)> inFile, LanguageVersion version = LanguageVersion.Latest)
    {
        var (source, expected) = Parse(markup);
        var generated = Generated.From(Generated.Compile("Contracts", [source, .. otherFiles], version, references));
        var marked = generated.Compilation.SyntaxTrees.Single(t => t.FilePath == "Source1.cs");
        var reported = (await ReportedBy(generated.Compilation, contract)).Where(d => IsOfInterest(d, expected)).ToList();
        var inContract = reported.Where(d => d.Location.Kind == LocationKind.ExternalFile).ToList();
        Assert.That(
            inContract.Select(d => (d.Id, d.Location.SourceSpan.Start, d.Location.SourceSpan.End)).Order(), Is.EqualTo(inFile.Order()),
            () => string.Join('\n', reported.Select(d => d.ToString())));
        var found = reported
            .Except(inContract)
            .Select(d => d.Location.SourceTree == marked ? (d.Id, d.Location.SourceSpan.Start, d.Location.SourceSpan.End) : (d.Id, Start: -1, End: -1))
            .Order();
        Assert.That(
            found.Select(f => Show(source, f)), Is.EqualTo(expected.Order().Select(e => Show(source, e))),
            () => string.Join('\n', reported.Select(d => d.ToString())));
    }

    /// <summary>What the compiler and all analyzers say, warnings that are silenced in the source left out.</summary>
    public static async Task<ImmutableArray<Diagnostic>> ReportedBy(Compilation compilation, AdditionalText? contract = null)
    {
        var all = await compilation.WithAnalyzers([.. Analyzers()], new AnalyzerOptions(contract is null ? [] : [contract])).GetAllDiagnosticsAsync();
        Assert.That(all.Where(d => d.Id == "AD0001"), Is.Empty);
        return [.. all.Where(d => !d.IsSuppressed && d.Id != "CS1591" && d.Severity > DiagnosticSeverity.Hidden)];
    }

    // What only informs, and that the contract of a snippet is not recorded, counts where it is expected.
    static bool IsOfInterest(Diagnostic d, List<(string Id, int Start, int End)> expected) =>
        (d.Severity >= DiagnosticSeverity.Warning && d.Id != "BRPC3001") || expected.Any(e => e.Id == d.Id);

    public static IEnumerable<DiagnosticAnalyzer> Analyzers() => typeof(ButlerServiceGenerator).Assembly.GetTypes()
        .Where(t => t.IsDefined(typeof(DiagnosticAnalyzerAttribute), false))
        .Select(t => (DiagnosticAnalyzer)Activator.CreateInstance(t)!);

    public static (string Source, List<(string Id, int Start, int End)> Expected) Parse(string markup)
    {
        var source = new StringBuilder();
        var expected = new List<(string, int, int)>();
        var open = new Stack<(string Id, int Start)>();
        for (var i = 0; i < markup.Length; i++)
        {
            if (markup.AsSpan(i).StartsWith("{|"))
            {
                var colon = markup.IndexOf(':', i);
                open.Push((markup[(i + 2)..colon], source.Length));
                i = colon;
            }
            else if (markup.AsSpan(i).StartsWith("|}"))
            {
                var (id, start) = open.Pop();
                expected.Add((id, start, source.Length));
                i++;
            }
            else
            {
                source.Append(markup[i]);
            }
        }

        Assert.That(open, Is.Empty, "the markup is not closed");
        return (source.ToString(), expected);
    }

    static string Show(string source, (string Id, int Start, int End) fault) =>
        fault.Start < 0 ? $"{fault.Id} elsewhere" : $"{fault.Id} at {fault.Start}: {source[fault.Start..fault.End]}";
}

/// <summary>A butler.contracts.txt.</summary>
sealed class RecordedContract(string text) : AdditionalText
{
    public override string Path => "butler.contracts.txt";

    public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
}
