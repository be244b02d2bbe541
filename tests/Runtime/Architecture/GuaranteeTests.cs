using System.Text.RegularExpressions;
using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.Runtime.Tests.Architecture;

/// <summary>The page of guarantees names the test of each promise; here it is held to that.</summary>
public sealed partial class GuaranteeTests
{
    static readonly (string Promise, string[] Tests)[] Rows = File.ReadLines(Repository.Path("docs", "guarantees.md"))
        .Where(l => l.StartsWith("| ", StringComparison.Ordinal) && !l.StartsWith("|---", StringComparison.Ordinal) && !l.EndsWith("proved by |", StringComparison.Ordinal))
        .Select(l => l.Split(" | "))
        .Select(cells => (cells[0], Named().Matches(cells[^1]).Select(m => m.Groups[1].Value).ToArray()))
        .ToArray();

    [Test]
    public void Every_promise_names_a_test()
    {
        Assert.That(Rows, Has.Length.GreaterThan(90));
        Assert.That(Rows.Where(r => r.Tests.Length == 0).Select(r => r.Promise), Is.Empty);
    }

    [Test]
    public void Every_test_that_the_page_names_exists()
    {
        var sources = Repository.Sources("tests").Select(File.ReadAllText).ToArray();
        var missing = Rows.SelectMany(r => r.Tests).Distinct().Where(test => !Exists(sources, test));
        Assert.That(missing, Is.Empty);
    }

    // A class may be in several files, and another project may have one of the same name.
    static bool Exists(string[] sources, string test)
    {
        var parts = test.Split('.');
        var files = sources.Where(s => Regex.IsMatch(s, $@"\bclass {parts[0]}\b")).ToArray();
        return parts.Length == 1 ? files.Length > 0 : files.Any(s => Regex.IsMatch(s, $@"\bpublic (?:async Task|Task|void) {parts[1]}\("));
    }

    [GeneratedRegex(@"`(\w+(?:Tests|Suite)(?:\.\w+)?)`")]
    private static partial Regex Named();
}
