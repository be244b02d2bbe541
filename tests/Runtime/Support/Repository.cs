namespace ButlerRpc.Runtime.Tests.Support;

/// <summary>The checked-out sources, for tests that read them.</summary>
static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    /// <summary>The C# files below a folder, what the build makes left out.</summary>
    public static IEnumerable<string> Sources(params string[] folder)
    {
        var separator = System.IO.Path.DirectorySeparatorChar;
        return Directory.EnumerateFiles(Path(folder), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{separator}obj{separator}") && !f.Contains($"{separator}bin{separator}"));
    }

    static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "ButlerRpc.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"no ButlerRpc.sln above {AppContext.BaseDirectory}");
    }
}
