namespace ButlerRpc.Packaging.Tests;

/// <summary>The packages as users get them: restored from a folder feed by projects that have nothing else of this repository.</summary>
sealed class ConsumerTests
{
    static readonly string Hello = File.ReadAllText(Path.Combine(Packages.Root, "samples/Hello/Program.cs"));

    [Test]
    public void A_project_that_restores_them_builds_runs_and_is_refused_a_break()
    {
        var project = Consumer("consumer", "net10.0", [.. Packages.Projects.Keys]);
        Packages.Write(project, "Program.cs", Hello);

        Assert.That(Packages.Dotnet(project, "run").Trim(), Does.EndWith("Hello Ada"));

        Packages.Dotnet(project, "build", "--no-restore", "-p:ButlerAcceptContracts=true");
        Assert.That(File.ReadAllText(Path.Combine(project, "butler.contracts.txt")), Does.Contain("message Hello code 1\n"));

        // The target alone, of a project that is there already: a whole build of an older one would say the same and take seconds.
        Assert.That(
            Packages.Dotnet(project, "msbuild", "-t:ButlerNeedsFramework", "-p:TargetFrameworkIdentifier=.NETStandard", "-p:TreatWarningsAsErrors=false"),
            Does.Contain("warning BRPC9002: ButlerRpc needs net8.0 or later"));

        Packages.Write(project, "Program.cs", Hello.Replace("Code = 1", "Code = 5", StringComparison.Ordinal));
        Assert.That(() => Packages.Dotnet(project, "build", "--no-restore", "-p:ButlerAcceptContracts=true"), Throws.InvalidOperationException.With.Message.Contains("BRPC3003"));
        Assert.That(File.ReadAllText(Path.Combine(project, "butler.contracts.txt")), Does.Contain("message Hello code 1\n"));
    }

    // The build files stand in the project that has the package and in the one that has that project: both can record their contracts.
    [Test]
    public void A_project_that_has_the_library_from_another_project_can_record_its_contracts()
    {
        var contracts = Consumer("contracts", "net8.0", ["ButlerRpc"], output: "Library");
        Packages.Write(contracts, "Contracts.cs", "using ButlerRpc; [ButlerMessage(Code = 1)] public partial record Hello(string Name);");
        var service = Consumer("service", "net8.0", [], reference: "../contracts/contracts.csproj", output: "Library");
        Packages.Write(
            service, "Service.cs",
            "using ButlerRpc; [ButlerService] public partial interface IGreeter { ValueTask<Hello> HelloAsync(Hello hello); } public static class Use { public static IGreeter Of(ButlerClient c) => c.Create<IGreeter>(); }");

        Packages.Dotnet(service, "build", "-p:ButlerAcceptContracts=true");

        Assert.That(File.ReadAllText(Path.Combine(contracts, "butler.contracts.txt")), Does.Contain("message Hello code 1\n"));
        Assert.That(File.ReadAllText(Path.Combine(service, "butler.contracts.txt")), Does.Contain("method IGreeter.HelloAsync request Hello\n"));
    }

    static string Consumer(string name, string framework, string[] packages, string? reference = null, string output = "Exe")
    {
        var project = Path.Combine(Packages.Work, name);
        Packages.Write(project, "NuGet.config", $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{Path.Combine(Packages.Work, "packages")}" /></config>
              <packageSources><add key="packed" value="{Packages.Feed}" /></packageSources>
              <fallbackPackageFolders><add key="machine" value="{MachinePackages}" /></fallbackPackageFolders>
            </configuration>
            """);
        Packages.Write(project, $"{name}.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>{output}</OutputType>
                <TargetFramework>{framework}</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
                {string.Concat(packages.Select(p => $"<PackageReference Include=\"{p}\" Version=\"{Packages.Version}\" />"))}
                {(reference is null ? "" : $"<ProjectReference Include=\"{reference}\" />")}
              </ItemGroup>
            </Project>
            """);
        return project;
    }

    static string MachinePackages =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");
}
