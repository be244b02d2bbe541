using System.Reflection;

namespace ButlerRpc.Versions.Tests;

/// <summary>Says which row of docs/versioning.md a test is about.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
sealed class RowAttribute(string change) : Attribute
{
    public string Change { get; } = change;
}

/// <summary>The page that tells users what is safe and what breaks has no row that is not tried here.</summary>
sealed class VersioningPageTests
{
    static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs/versioning.md"));

    [Test]
    public void Every_safe_change_of_the_page_is_tried() => Assert.That(
        Rows("Safe changes"), Is.EquivalentTo(typeof(SafeChangeTests).GetMethods().SelectMany(m => m.GetCustomAttributes<RowAttribute>()).Select(r => r.Change).Distinct()));

    [Test]
    public void Every_break_of_the_page_is_tried() => Assert.That(Rows("Breaking changes"), Is.EquivalentTo(Break.All.Select(b => b.Row).Distinct()));

    static IEnumerable<string> Rows(string section) => Page
        .Split("\n## ").Single(s => s.StartsWith(section, StringComparison.Ordinal)).Split('\n')
        .Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Skip(1).Select(l => l.Split(" | ")[0].TrimStart('|', ' '));
}
