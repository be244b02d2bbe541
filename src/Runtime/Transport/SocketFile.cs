namespace ButlerRpc.Transport;

/// <summary>The file of a Unix socket that was bound a moment ago. Nobody else can bind there while it listens, unless he takes the file away first.</summary>
sealed class SocketFile(string path)
{
    readonly DateTime _made = File.GetLastWriteTimeUtc(path);

    /// <summary>Takes it away before the socket is closed: afterwards another server may find nobody there, and put its own file in this one's place.</summary>
    public void Delete()
    {
        try
        {
            if (File.GetLastWriteTimeUtc(path) == _made) // else it is another's already
                File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its folder has gone, or may not be written to any more. Whoever listens there next replaces a file that nobody answers at.
        }
    }
}
