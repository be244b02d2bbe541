using System.Reflection;
using System.Text.RegularExpressions;
using ButlerRpc.Generator.Diagnostics;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Tests;

/// <summary>What every rule has.</summary>
sealed class RuleTests
{
    public static readonly string Root = FindRoot();

    // The catalogue: a rule that is promised and not there, or there and not promised, fails. Letters: error, warning, information; the word says that a fix is promised.
    const string Catalogue = """
        0001 E fix, 0002 E fix, 0003 E fix, 0004 E fix, 0005 E fix, 0006 E fix, 0007 E fix, 0008 W fix, 0009 E, 0010 E fix, 0011 E fix, 0012 E fix, 0013 E fix, 0014 E fix,
        0015 E fix, 0017 E fix, 0018 E fix, 0020 W fix, 0021 E, 0022 E, 0023 W, 0025 W fix, 0026 E, 0027 E, 0028 E, 0029 W, 0030 W, 0031 W,
        1001 E fix, 1002 E fix, 1003 E fix, 1004 E, 1005 E fix, 1006 E fix, 1007 E fix, 1008 E fix, 1009 I fix, 1010 E fix, 1014 W, 1015 E, 1016 E, 1017 E, 1018 E, 1019 E,
        2001 E fix, 2002 E, 2003 W fix, 2005 W fix,
        3001 W fix, 3002 W fix, 3003 E fix, 3004 E fix, 3005 E fix, 3006 E, 3007 E fix,
        9001 E, 9002 E
        """;

    static IEnumerable<(string Id, string Severity, bool HasFix)> Promised => Catalogue.Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(rule => rule.Split(' ')).Select(words => ("BRPC" + words[0], words[1], words.Length > 2));

    static IEnumerable<string> Ids => Promised.Select(p => p.Id);

    static IEnumerable<string> Fixed => Promised.Where(p => p.HasFix).Select(p => p.Id);

    [Test]
    public void The_rules_are_those_of_the_catalogue() =>
        Assert.That(Descriptors.All.Select(d => $"{d.Id} {d.DefaultSeverity.ToString()[0]}").Order(), Is.EqualTo(Promised.Select(p => $"{p.Id} {p.Severity}")));

    [Test]
    public void The_fixes_are_those_of_the_catalogue() => Assert.That(Fixes.Providers().SelectMany(p => p.FixableDiagnosticIds).Distinct().Order(), Is.EqualTo(Fixed));

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

    [TestCaseSource(nameof(Ids))]
    public void A_rule_has_a_test_of_its_fault_and_one_where_it_is_silent(string id)
    {
        var tests = TestsOf(id).Where(t => !IsOfFixes(t)).ToList();

        Assert.That(tests.Where(t => !IsOfSilence(t)), Is.Not.Empty, $"no test of the fault begins with {id}_");
        Assert.That(tests.Where(IsOfSilence), Is.Not.Empty, $"no test begins with {id}_is_silent");
    }

    [TestCaseSource(nameof(Fixed))]
    public void A_fix_has_a_test(string id) => Assert.That(TestsOf(id).Where(IsOfFixes), Is.Not.Empty, $"no test of a fix begins with {id}_");

    static IEnumerable<MethodInfo> TestsOf(string id) =>
        typeof(RuleTests).Assembly.GetTypes().SelectMany(t => t.GetMethods()).Where(m => m.Name.StartsWith(id + "_", StringComparison.Ordinal));

    static bool IsOfSilence(MethodInfo test) => test.Name.Contains("_is_silent", StringComparison.Ordinal);

    static bool IsOfFixes(MethodInfo test) => test.DeclaringType!.Name.EndsWith("FixTests", StringComparison.Ordinal);

    [Test]
    public void Every_page_is_of_a_rule() => Assert.That(
        Directory.GetFiles(Path.Combine(Root, "docs/diagnostics")).Select(Path.GetFileNameWithoutExtension).Where(n => n != "README").Order(), Is.EqualTo(Ids));

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
