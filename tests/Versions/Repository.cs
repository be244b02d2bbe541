namespace ButlerRpc.Versions.Tests;

static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    static string Find(string directory) => File.Exists(Path.Combine(directory, "ButlerRpc.sln"))
        ? directory
        : Find(Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException("the repository was not found"));
}
