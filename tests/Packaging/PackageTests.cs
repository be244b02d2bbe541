using System.Diagnostics;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ButlerRpc.Packaging.Tests;

/// <summary>What every package of the solution has, unzipped.</summary>
sealed class PackageTests
{
    // https://github.com/dotnet/runtime/blob/main/docs/design/specs/PortablePdb-Metadata.md#source-link-c-and-vb-compilers
    static readonly Guid SourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    static readonly string[] InCompiler = ["analyzers/dotnet/cs/ButlerRpc.Generator.dll", "analyzers/dotnet/cs/ButlerRpc.CodeFixes.dll"];

    static IEnumerable<string> Ids => Packages.Projects.Keys.Order(StringComparer.Ordinal);

    [Test]
    public void There_is_the_library() => Assert.That(Ids, Does.Contain("ButlerRpc"));

    [TestCaseSource(nameof(Ids))]
    public void A_package_holds_its_own_library_with_its_documentation_and_nothing_else(string id)
    {
        using var package = Packages.Open(id);
        var entries = package.Entries.Select(e => e.FullName).ToList();
        var libraries = Frameworks(id).SelectMany(f => new[] { $"lib/{f}/{id}.dll", $"lib/{f}/{id}.xml" });

        Assert.That(entries, Is.SupersetOf(libraries.Concat(["README.md", "LICENSE"])));
        Assert.That(
            entries.Where(e => Path.GetExtension(e) is ".dll" or ".exe"),
            Is.EquivalentTo(Frameworks(id).Select(f => $"lib/{f}/{id}.dll").Concat(id == "ButlerRpc" ? InCompiler : [])));
    }

    [TestCaseSource(nameof(Ids))]
    public void A_package_says_what_it_is_and_where_it_comes_from(string id)
    {
        var metadata = Metadata(id);
        var repository = metadata["repository"].Single();

        Assert.That((metadata["id"].Single().Value, metadata["license"].Single().Value, metadata["readme"].Single().Value), Is.EqualTo((id, "MIT", "README.md")));
        Assert.That((metadata["description"].Single().Value.Length > 20, metadata["tags"].Single().Value.Length > 0), Is.EqualTo((true, true)));
        Assert.That(((string?)repository.Attribute("type"), (string?)repository.Attribute("url")), Is.EqualTo(("git", "https://github.com/butlerrpc/butlerrpc.git")));
        Assert.That((string?)repository.Attribute("commit"), Has.Length.EqualTo(40));
        Assert.That(Dependencies(id).Select(d => (string?)d.Attribute("id")), Has.None.Contains("CodeAnalysis"), "the compiler is nobody's dependency");
    }

    [TestCaseSource(nameof(Ids))]
    public void Links_of_its_readme_are_whole(string id)
    {
        using var package = Packages.Open(id);
        using var readme = new StreamReader(package.GetEntry("README.md")!.Open());
        var links = Regex.Matches(readme.ReadToEnd(), @"\]\(([^)]*)\)").Select(m => m.Groups[1].Value).ToList();

        Assert.That(links, Does.Contain("https://github.com/butlerrpc/butlerrpc/blob/main/docs/hosting.md"));
        Assert.That(links, Has.All.StartsWith("https://"));
    }

    [TestCaseSource(nameof(Ids))]
    public void Symbols_travel_in_a_package_of_their_own_and_lead_to_the_source(string id)
    {
        using var libraries = Packages.Open(id);
        using var package = Packages.Open(id, "snupkg");
        foreach (var framework in Frameworks(id))
        {
            var entry = package.GetEntry($"lib/{framework}/{id}.pdb");
            Assert.That(entry, Is.Not.Null, framework);
            var commit = CommitOf(libraries.GetEntry($"lib/{framework}/{id}.dll")!);
            Assert.That(SourceLinkOf(entry!.Open()), Does.Contain($"https://raw.githubusercontent.com/butlerrpc/butlerrpc/{commit}/*"));
        }
    }

    // By default what a package references keeps its analyzers to itself; with the compiler's half left out a contract would not compile.
    [TestCaseSource(nameof(Ids))]
    public void What_builds_on_the_library_brings_the_compilers_half_too(string id) => Assert.That(
        Dependencies(id).Where(d => (string?)d.Attribute("id") == "ButlerRpc").Select(d => (string?)d.Attribute("exclude") ?? ""), Has.None.Contains("Analyzers"));

    [Test]
    public void The_library_brings_its_build_files_to_direct_and_indirect_users()
    {
        using var package = Packages.Open("ButlerRpc");

        Assert.That(
            package.Entries.Select(e => e.FullName),
            Is.SupersetOf(new[] { "build/ButlerRpc.props", "build/ButlerRpc.targets", "buildTransitive/ButlerRpc.props", "buildTransitive/ButlerRpc.targets" }));
    }

    static string[] Frameworks(string id) =>
        (Packages.Property(Packages.Projects[id], "TargetFrameworks") ?? Packages.Property(Packages.Projects[id], "TargetFramework"))!.Split(';');

    static ILookup<string, XElement> Metadata(string id)
    {
        using var package = Packages.Open(id);
        using var stream = package.GetEntry($"{id}.nuspec")!.Open();
        return XDocument.Load(stream).Root!.Elements().Single(e => e.Name.LocalName == "metadata").Elements().ToLookup(e => e.Name.LocalName, e => e);
    }

    static IEnumerable<XElement> Dependencies(string id) => Metadata(id)["dependencies"].SelectMany(d => d.Descendants()).Where(d => d.Name.LocalName == "dependency");

    // What a library was built from: it may have been committed since.
    static string CommitOf(ZipArchiveEntry library)
    {
        var file = Path.Combine(Packages.Work, Path.GetRandomFileName());
        library.ExtractToFile(file);
        return FileVersionInfo.GetVersionInfo(file).ProductVersion!.Split('+')[1];
    }

    static string SourceLinkOf(Stream packed)
    {
        var pdb = new MemoryStream();
        packed.CopyTo(pdb);
        pdb.Position = 0;
        using var provider = MetadataReaderProvider.FromPortablePdbStream(pdb);
        var reader = provider.GetMetadataReader();
        return reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation)
            .Where(i => reader.GetGuid(i.Kind) == SourceLink)
            .Select(i => Encoding.UTF8.GetString(reader.GetBlobBytes(i.Value))).SingleOrDefault("");
    }
}
