using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;

namespace ButlerRpc.Packaging.Tests;

/// <summary>Every project of src that can be packed, packed into a folder that serves as a feed.</summary>
[SetUpFixture]
sealed class Packages
{
    public const string Version = "0.0.1-test";

    public static readonly string Root = FindRoot();
    public static readonly string Work = Path.Combine(Path.GetTempPath(), "butler-package-" + Environment.ProcessId);
    public static readonly string Feed = Path.Combine(Work, "feed");

    /// <summary>The projects, by the ids of their packages.</summary>
    public static IReadOnlyDictionary<string, XDocument> Projects { get; } = Directory.GetFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
        .Select(path => (Path: path, Project: XDocument.Load(path)))
        .Where(p => Property(p.Project, "IsPackable") == "true")
        .ToDictionary(p => Property(p.Project, "PackageId") ?? Path.GetFileNameWithoutExtension(p.Path), p => p.Project);

    public static string? Property(XDocument project, string name) => project.Descendants(name).SingleOrDefault()?.Value;

    public static ZipArchive Open(string id, string extension = "nupkg") => ZipFile.OpenRead(Path.Combine(Feed, $"{id}.{Version}.{extension}"));

    /// <summary>All at once, as they were built with these tests.</summary>
    [OneTimeSetUp]
    public void Pack()
    {
        Directory.CreateDirectory(Feed);
        var sources = string.Join(';', Directory.GetFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories).Where(p => Property(XDocument.Load(p), "IsPackable") == "true"));
        Write(Work, "Directory.Build.props", "<Project />");
        Write(Work, "pack.proj", $"""<Project><Target Name="Pack"><MSBuild Projects="{sources}" Targets="Pack" BuildInParallel="true" /></Target></Project>""");
        Dotnet(Work, "msbuild", "pack.proj", "-t:Pack", "-p:NoBuild=true", $"-p:Configuration={Configuration}", $"-p:PackageOutputPath={Feed}", $"-p:PackageVersion={Version}");
    }

    [OneTimeTearDown]
    public void Clean() => Directory.Delete(Work, recursive: true);

    public static void Write(string folder, string name, string text)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, name), text);
    }

    public static string Dotnet(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["XDG_CONFIG_HOME"] = Work;

        // The test's own build must not lead the one that it starts.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) && k != "MSBUILDDISABLENODEREUSE").ToList())
            start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)}:\n{output}{error.Result}");
    }

    static string Configuration => AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";

    static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "ButlerRpc.sln")))
            directory = Path.GetDirectoryName(directory.TrimEnd('/')) ?? throw new InvalidOperationException("the repository was not found");
        return directory;
    }
}
