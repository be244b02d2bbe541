using System.Text.RegularExpressions;
using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.Runtime.Tests.Architecture;

/// <summary>What the pages for users say and point to is there.</summary>
public sealed partial class PageTests
{
    static readonly string[] Pages = [.. Directory.EnumerateFiles(Repository.Root, "*.md").Concat(
        Directory.EnumerateFiles(Repository.Path("docs"), "*.md", SearchOption.AllDirectories)).Order(StringComparer.Ordinal)];

    [Test]
    public void Every_link_leads_to_a_file_and_a_heading_that_exist()
    {
        var dead = new List<string>();
        foreach (var page in Pages)
        {
            foreach (Match link in Link().Matches(WithoutCode(File.ReadAllText(page))))
            {
                var target = link.Groups[1].Value.Split('#');
                var path = target[0].Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page)!, target[0]);
                if (!Path.Exists(path) || (target.Length > 1 && !Anchors(path).Contains(target[1])))
                    dead.Add($"{Path.GetRelativePath(Repository.Root, page)}: {link.Groups[1].Value}");
            }
        }

        Assert.That(dead, Is.Empty);
    }

    [Test]
    public void Every_page_is_linked_from_another()
    {
        var linked = Pages.SelectMany(p => Link().Matches(File.ReadAllText(p)).Select(m => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(p)!, m.Groups[1].Value.Split('#')[0])))).ToHashSet();
        Assert.That(Pages.Where(p => !linked.Contains(p) && !p.EndsWith("README.md", StringComparison.Ordinal)).Select(p => Path.GetRelativePath(Repository.Root, p)), Is.Empty);
    }

    [TestCase(typeof(ButlerStatus))]
    [TestCase(typeof(ButlerReason))]
    public void Every_status_and_reason_has_its_row_with_its_number(Type numbers)
    {
        var heading = numbers == typeof(ButlerStatus) ? "Status" : "Reasons";
        var section = File.ReadAllText(Repository.Path("docs", "errors.md")).Split("\n## ").Single(s => s.StartsWith(heading, StringComparison.Ordinal));
        var rows = section.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => string.Join('|', l.Split('|')[..3]));
        Assert.That(rows, Is.EqualTo(Enum.GetValues(numbers).Cast<Enum>().Select(v => $"| `{v}` | {v:D} ")));
    }

    static string WithoutCode(string text) => Code().Replace(text, "");

    // As the hosts of repositories make them: lower case, without punctuation, dashes for spaces.
    static HashSet<string> Anchors(string path) =>
        [.. Heading().Matches(WithoutCode(File.ReadAllText(path))).Select(m => NoAnchor().Replace(m.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'))];

    [GeneratedRegex(@"(?<!!)\[[^\]]*\]\(((?!\w+:)[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N}\- _]")]
    private static partial Regex NoAnchor();
}
