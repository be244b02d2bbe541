using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;

namespace ButlerRpc.Packaging.Tests;

/// <summary>The package as a user gets it: unzipped, and restored from a folder feed by a project that has nothing else of this repository.</summary>
sealed class PackageTests
{
    const string Version = "0.0.1-test";

    static readonly string Root = FindRoot();
    static readonly string Work = Path.Combine(Path.GetTempPath(), "butler-package-" + Environment.ProcessId);
    static readonly string Feed = Path.Combine(Work, "feed");

    [OneTimeSetUp]
    public void Pack()
    {
        Directory.CreateDirectory(Feed);
        Dotnet(Root, "pack", "src/Runtime", "-c", Configuration, "-o", Feed, $"-p:PackageVersion={Version}");
    }

    [OneTimeTearDown]
    public void Clean() => Directory.Delete(Work, recursive: true);

    [Test]
    public void The_package_holds_each_of_its_parts_once()
    {
        using var package = ZipFile.OpenRead(Path.Combine(Feed, $"ButlerRpc.{Version}.nupkg"));
        var entries = package.Entries.Select(e => e.FullName).ToList();

        Assert.That(entries, Is.SupersetOf(new[]
        {
            "lib/net8.0/ButlerRpc.dll", "lib/net8.0/ButlerRpc.xml", "lib/net10.0/ButlerRpc.dll", "lib/net10.0/ButlerRpc.xml",
            "analyzers/dotnet/cs/ButlerRpc.Generator.dll", "analyzers/dotnet/cs/ButlerRpc.CodeFixes.dll",
            "build/ButlerRpc.props", "build/ButlerRpc.targets", "buildTransitive/ButlerRpc.props", "buildTransitive/ButlerRpc.targets", "README.md", "LICENSE",
        }));
        Assert.That(entries.Where(e => e.EndsWith(".dll", StringComparison.Ordinal)), Has.Exactly(4).Items);
    }

    [Test]
    public void The_package_says_what_it_is()
    {
        using var package = ZipFile.OpenRead(Path.Combine(Feed, $"ButlerRpc.{Version}.nupkg"));
        using var stream = package.GetEntry("ButlerRpc.nuspec")!.Open();
        var metadata = XDocument.Load(stream).Root!.Elements().Single(e => e.Name.LocalName == "metadata").Elements().ToLookup(e => e.Name.LocalName, e => e);

        Assert.That(
            (metadata["license"].Single().Value, metadata["readme"].Single().Value, metadata["description"].Single().Value.Length > 20),
            Is.EqualTo(("MIT", "README.md", true)));
        Assert.That(
            metadata["dependencies"].Single().Descendants().Select(d => (string?)d.Attribute("id")).OfType<string>(), Has.None.Contains("CodeAnalysis"));
    }

    [Test]
    public void Symbols_travel_in_a_package_of_their_own()
    {
        using var package = ZipFile.OpenRead(Path.Combine(Feed, $"ButlerRpc.{Version}.snupkg"));

        Assert.That(package.Entries.Select(e => e.FullName), Is.SupersetOf(new[] { "lib/net8.0/ButlerRpc.pdb", "lib/net10.0/ButlerRpc.pdb" }));
    }

    [Test]
    public void A_project_that_restores_it_builds_and_runs()
    {
        var project = Path.Combine(Work, "consumer");
        Directory.CreateDirectory(project);
        Write(project, "Directory.Build.props", "<Project />");
        Write(project, "NuGet.config", $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{Path.Combine(Work, "packages")}" /></config>
              <packageSources><add key="packed" value="{Feed}" /></packageSources>
              <fallbackPackageFolders><add key="machine" value="{MachinePackages}" /></fallbackPackageFolders>
            </configuration>
            """);
        Write(project, "Consumer.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup><PackageReference Include="ButlerRpc" Version="{Version}" /></ItemGroup>
            </Project>
            """);
        Write(project, "Program.cs", File.ReadAllText(Path.Combine(Root, "samples/Hello/Program.cs")));

        Assert.That(Dotnet(project, "run").Trim(), Does.EndWith("Hello Ada"));

        Dotnet(project, "build", "-p:ButlerAcceptContracts=true");
        Assert.That(File.ReadAllText(Path.Combine(project, "butler.contracts.txt")), Does.Contain("message Hello code 1\n"));

        Write(project, "Program.cs", File.ReadAllText(Path.Combine(Root, "samples/Hello/Program.cs")).Replace("Code = 1", "Code = 5", StringComparison.Ordinal));
        Assert.That(() => Dotnet(project, "build", "-p:ButlerAcceptContracts=true"), Throws.InvalidOperationException.With.Message.Contains("BRPC3003"));
        Assert.That(File.ReadAllText(Path.Combine(project, "butler.contracts.txt")), Does.Contain("message Hello code 1\n"));
    }

    static string Configuration => AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";

    static string MachinePackages => Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");

    static void Write(string folder, string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);

    static string Dotnet(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";

        // The test's own build must not lead the one that it starts.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) && k != "MSBUILDDISABLENODEREUSE").ToList())
            start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)}:\n{output}{error.Result}");
    }

    static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "ButlerRpc.sln")))
            directory = Path.GetDirectoryName(directory.TrimEnd('/')) ?? throw new InvalidOperationException("the repository was not found");
        return directory;
    }
}
