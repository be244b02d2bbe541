using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace ButlerRpc.Generator.Tests;

/// <summary>
/// Compares what is reported for a source with its markup: <c>{|BRPC1001:IFoo|}</c>. All analyzers run, and the compiler over the generated code: a mistake
/// must show as the one error that is marked.
/// </summary>
static class Faults
{
    public static Task Expect(string markup, params string[] otherFiles) => Expect(markup, otherFiles, []);

    public static async Task Expect(string markup, string[] otherFiles, MetadataReference[] references)
    {
        var (source, expected) = Parse(markup);
        var generated = Generated.From(Generated.Compile("Contracts", [source, .. otherFiles], references: references));
        var marked = generated.Compilation.SyntaxTrees.Single(t => t.FilePath == "Source1.cs");
        var reported = await ReportedBy(generated.Compilation);
        var found = reported
            .Where(d => d.Severity >= DiagnosticSeverity.Warning || expected.Any(e => e.Id == d.Id))
            .Select(d => d.Location.SourceTree == marked ? (d.Id, d.Location.SourceSpan.Start, d.Location.SourceSpan.End) : (d.Id, Start: -1, End: -1))
            .Order();
        Assert.That(
            found.Select(f => Show(source, f)), Is.EqualTo(expected.Order().Select(e => Show(source, e))),
            () => string.Join('\n', reported.Select(d => d.ToString())));
    }

    /// <summary>What the compiler and all analyzers say, warnings that are silenced in the source left out.</summary>
    public static async Task<ImmutableArray<Diagnostic>> ReportedBy(Compilation compilation)
    {
        var all = await compilation.WithAnalyzers([.. Analyzers()]).GetAllDiagnosticsAsync();
        Assert.That(all.Where(d => d.Id == "AD0001"), Is.Empty);
        return [.. all.Where(d => !d.IsSuppressed && d.Id != "CS1591" && d.Severity > DiagnosticSeverity.Hidden)];
    }

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
