namespace ButlerRpc.Samples.Tests;

/// <summary>The sources that the tests were built from.</summary>
static class Repository
{
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    static string FindRoot(string directory) =>
        File.Exists(Path.Combine(directory, "ButlerRpc.sln"))
            ? directory
            : FindRoot(Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("the tests do not run inside the repository"));
}
