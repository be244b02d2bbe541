using System.Text.RegularExpressions;
using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.Runtime.Tests.Architecture;

/// <summary>The rules that keep the house standing, read off its sources.</summary>
public partial class FloorTests
{
    static readonly string[] ContextFlows = ["Calls", "Sessions", "Framing", "Client", "Server"];

    static readonly Dictionary<string, int> Floors = new()
    {
        ["Contracts"] = 1, ["Platform"] = 1, ["Diagnostics"] = 2, ["Codec"] = 3, ["Calls"] = 4, ["Framing"] = 5, ["Transport"] = 5, ["Sessions"] = 6,
        ["Client"] = 7, ["Server"] = 7, ["Streams"] = 8, ["Messaging"] = 8, ["Iproto"] = 8, ["Hosting"] = 8,
    };

    [Test]
    public void Every_folder_of_the_runtime_has_a_floor()
    {
        var folders = Repository.Sources("src", "Runtime")
            .Select(file => Path.GetRelativePath(Repository.Path("src", "Runtime"), file).Split(Path.DirectorySeparatorChar))
            .Where(parts => parts.Length > 1)
            .Select(parts => parts[0])
            .Distinct();
        Assert.That(folders, Is.SubsetOf(Floors.Keys));
    }

    [Test]
    public void Folder_uses_only_the_floors_below_it()
    {
        var climbs = new List<string>();
        foreach (var file in Repository.Sources("src", "Runtime"))
        {
            var relative = Path.GetRelativePath(Repository.Path("src", "Runtime"), file);
            var folder = relative.Split(Path.DirectorySeparatorChar)[0];
            if (!Floors.TryGetValue(folder, out var floor))
                continue; // a file at the top, such as the global usings
            foreach (var line in File.ReadLines(file).Where(l => !l.TrimStart().StartsWith("//", StringComparison.Ordinal)))
            {
                foreach (Match match in UsedNamespace().Matches(line))
                {
                    var used = match.Groups[1].Value;
                    if (used != folder && Floors.TryGetValue(used, out var other) && other >= floor)
                        climbs.Add($"{relative} (floor {floor}) uses {used} (floor {other}): {line.Trim()}");
                }
            }
        }

        Assert.That(climbs, Is.Empty);
    }

    [Test]
    public void Namespace_follows_the_folder_except_for_what_users_type_every_day()
    {
        var astray = new List<string>();
        foreach (var file in Repository.Sources("src", "Runtime"))
        {
            var relative = Path.GetRelativePath(Repository.Path("src", "Runtime"), file);
            var folder = relative.Split(Path.DirectorySeparatorChar)[0];
            var declared = DeclaredNamespace().Match(File.ReadAllText(file)).Groups[1].Value;
            if (declared.Length > 0 && declared is not ("ButlerRpc" or "Microsoft.Extensions.DependencyInjection") && declared != $"ButlerRpc.{folder}"
                && !declared.StartsWith($"ButlerRpc.{folder}.", StringComparison.Ordinal))
            {
                astray.Add($"{relative}: {declared}");
            }
        }

        Assert.That(astray, Is.Empty);
    }

    // With it continuations leave a seeded single-thread scheduler, and no run could be replayed.
    [Test]
    public void Nothing_awaits_with_ConfigureAwait_false_where_runs_are_replayed()
    {
        var found = ContextFlows.SelectMany(folder => Repository.Sources("src", "Runtime", folder))
            .SelectMany(file => File.ReadLines(file).Select((line, index) => (file, line, index)))
            .Where(l => l.line.Contains("ConfigureAwait(false)", StringComparison.Ordinal) || l.line.Contains("ConfigureAwaitOptions", StringComparison.Ordinal))
            .Select(l => $"{Path.GetFileName(l.file)}:{l.index + 1}");
        Assert.That(found, Is.Empty);
    }

    [Test]
    public void No_file_is_longer_than_five_hundred_lines()
    {
        var long500 = new[] { "src", "tests", "samples", "benchmarks" }
            .Where(folder => Directory.Exists(Repository.Path(folder)))
            .SelectMany(folder => Repository.Sources(folder))
            .Where(file => !file.EndsWith(".verified.cs", StringComparison.Ordinal))
            .Select(file => (File: Path.GetRelativePath(Repository.Root, file), Lines: File.ReadLines(file).Count()))
            .Where(f => f.Lines > 500);
        Assert.That(long500, Is.Empty);
    }

    [Test]
    public void Nothing_is_named_Manager_Helper_Util_Data_or_Info()
    {
        var named = Repository.Sources("src").SelectMany(file => TypeName().Matches(File.ReadAllText(file)))
            .Select(m => m.Groups[1].Value)
            .Where(name => VagueName().IsMatch(name));
        Assert.That(named, Is.Empty);
    }

    [Test]
    public void Everything_public_stands_in_a_namespace_of_ButlerRpc()
    {
        var foreign = typeof(ButlerClient).Assembly.GetExportedTypes().Select(t => t.Namespace).Distinct()
            .Where(n => n is not ("ButlerRpc" or "Microsoft.Extensions.DependencyInjection") && n?.StartsWith("ButlerRpc.", StringComparison.Ordinal) != true);
        Assert.That(foreign, Is.Empty);
    }

    [GeneratedRegex(@"(?:using (?:static )?ButlerRpc|ButlerRpc)\.([A-Z]\w+)")]
    private static partial Regex UsedNamespace();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex DeclaredNamespace();

    [GeneratedRegex(@"\b(?:class|struct|record|interface|enum) (\w+)")]
    private static partial Regex TypeName();

    [GeneratedRegex("(Manager|Helper|Helpers|Util|Utils|Data|Info)$")]
    private static partial Regex VagueName();
}
