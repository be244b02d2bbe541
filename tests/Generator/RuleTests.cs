using System.Text.RegularExpressions;
using ButlerRpc.Generator.Diagnostics;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Tests;

/// <summary>What every rule has.</summary>
sealed class RuleTests
{
    public static readonly string Root = FindRoot();

    static IEnumerable<string> Ids => Descriptors.All.Select(d => d.Id).Order();

    [Test]
    public void Ids_are_unique() => Assert.That(Ids, Is.Unique);

    [TestCaseSource(nameof(Ids))]
    public void A_rule_is_in_the_release_notes_of_the_analyzers(string id)
    {
        var rule = Descriptors.All.Single(d => d.Id == id);

        Assert.That(
            File.ReadAllText(Path.Combine(Root, "src/Generator/AnalyzerReleases.Unshipped.md")) + File.ReadAllText(Path.Combine(Root, "src/Generator/AnalyzerReleases.Shipped.md")),
            Does.Contain($"{id} | {rule.Category} | {rule.DefaultSeverity} | "));
    }

    [TestCaseSource(nameof(Ids))]
    public void A_rule_has_a_page_with_its_title(string id)
    {
        var rule = Descriptors.All.Single(d => d.Id == id);
        var page = Path.Combine(Root, $"docs/diagnostics/{id}.md");

        Assert.That(page, Does.Exist);
        Assert.That(File.ReadLines(page).First(), Is.EqualTo($"# {id}: {rule.Title}"));
        Assert.That(rule.HelpLinkUri, Does.EndWith($"docs/diagnostics/{id}.md"));
    }

    [TestCaseSource(nameof(Ids))]
    public void A_rule_is_reported_by_an_analyzer_or_by_the_generator(string id) => Assert.That(
        Faults.Analyzers().SelectMany(a => a.SupportedDiagnostics).Select(d => d.Id).Append("BRPC9001"), Does.Contain(id));

    // Rules whose fault takes another assembly or another tool than a snippet has.
    static IEnumerable<string> Testable => Ids.Except(["BRPC9001"]);

    [TestCaseSource(nameof(Testable))]
    public void A_rule_has_a_test_of_its_name(string id) => Assert.That(
        typeof(RuleTests).Assembly.GetTypes().SelectMany(t => t.GetMethods()).Any(m => m.Name.StartsWith(id + "_", StringComparison.Ordinal)), $"no test begins with {id}_");

    [Test]
    public void Every_page_is_of_a_rule() => Assert.That(
        Directory.GetFiles(Path.Combine(Root, "docs/diagnostics")).Select(Path.GetFileNameWithoutExtension).Where(n => n != "README").Order(), Is.EqualTo(Ids));

    [Test]
    public void Every_fix_mends_a_rule() => Assert.That(Fixes.Providers().SelectMany(p => p.FixableDiagnosticIds).Except(Ids), Is.Empty);

    [Test]
    public void A_page_that_promises_a_fix_has_one() => Assert.That(
        Ids.Where(id => Regex.IsMatch(File.ReadAllText(Path.Combine(Root, $"docs/diagnostics/{id}.md")), "^The code fix ", RegexOptions.Multiline)),
        Is.EqualTo(Fixes.Providers().SelectMany(p => p.FixableDiagnosticIds).Distinct().Order()));

    static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "ButlerRpc.sln")))
            directory = Path.GetDirectoryName(directory.TrimEnd('/')) ?? throw new InvalidOperationException("the repository was not found");
        return directory;
    }
}
