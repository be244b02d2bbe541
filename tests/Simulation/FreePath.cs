namespace ButlerRpc.Testing;

/// <summary>Where a Unix socket can be: a path of about a hundred bytes is all that it may have, and the folder for temporary files can be longer than that.</summary>
public static class FreePath
{
    const int Room = 60; // for a folder; names take the rest

    /// <summary>A folder with a short path.</summary>
    public static string Folder { get; } = Path.GetTempPath() is { Length: <= Room } folder ? folder : "/tmp";

    /// <summary>A path at which there is nothing.</summary>
    public static string Next() => Path.Combine(Folder, $"butler-{Guid.NewGuid():N}.sock");
}
