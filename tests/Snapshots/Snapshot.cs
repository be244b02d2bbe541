using System.Reflection;

namespace ButlerRpc.Snapshots;

/// <summary>
/// Compares a text with the one that was accepted before: <c>Class.Test.verified.ext</c> beside the project. A difference leaves <c>….received.ext</c> next to it.
/// <c>BUTLER_ACCEPT=1</c> accepts what is new, except where <c>CI</c> is set. Compiled into every project that sets UsesSnapshots.
/// </summary>
static class Snapshot
{
    /// <summary>Where the project's snapshots lie: beside its project file.</summary>
    public static string Folder { get; } = FindProject(AppContext.BaseDirectory);

    /// <param name="received">The text as it is now.</param>
    /// <param name="extension">What kind of text it is.</param>
    /// <param name="part">Tells several snapshots of one test apart.</param>
    public static void Match(string received, string extension = "txt", string? part = null)
    {
        var test = TestContext.CurrentContext.Test;
        var name = $"{test.ClassName!.Split('.')[^1]}.{test.MethodName}{(part is null ? "" : $"_{part}")}";
        var (verifiedFile, receivedFile) = (Path.Combine(Folder, $"{name}.verified.{extension}"), Path.Combine(Folder, $"{name}.received.{extension}"));
        received = Normal(received);
        var verified = File.Exists(verifiedFile) ? Normal(File.ReadAllText(verifiedFile)) : null;
        if (received == verified)
        {
            File.Delete(receivedFile);
            return;
        }

        if (Environment.GetEnvironmentVariable("BUTLER_ACCEPT") == "1" && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI")))
        {
            File.WriteAllText(verifiedFile, received);
            File.Delete(receivedFile);
            return;
        }

        File.WriteAllText(receivedFile, received);
        Assert.Fail($"{Difference(verified, received)}\nCompare {receivedFile}; if that is what is meant, accept it: BUTLER_ACCEPT=1 dotnet test");
    }

    /// <summary>The first line that differs, for people.</summary>
    public static string Difference(string? verified, string received)
    {
        if (verified is null)
            return "there is no verified text yet";
        var (before, now) = (verified.Split('\n'), received.Split('\n'));
        var line = before.Zip(now).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"line {line + 1} was\n    {before.ElementAtOrDefault(line) ?? "the end"}\nand is\n    {now.ElementAtOrDefault(line) ?? "the end"}";
    }

    /// <summary>Snapshots that belong to no test of an assembly.</summary>
    public static IEnumerable<string> Orphans(Assembly tests, IEnumerable<string> files)
    {
        var names = tests.GetTypes().SelectMany(t => t.GetMethods().Select(m => $"{t.Name}.{m.Name}")).ToHashSet();
        return files.Select(Path.GetFileName).Where(file => !names.Any(name => file!.StartsWith($"{name}.", StringComparison.Ordinal) || file.StartsWith($"{name}_", StringComparison.Ordinal)))!;
    }

    static string Normal(string text) => text.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";

    static string FindProject(string directory) =>
        Directory.EnumerateFiles(directory, "*.csproj").Any()
            ? directory
            : FindProject(Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("the tests do not run inside their project's folder"));
}
