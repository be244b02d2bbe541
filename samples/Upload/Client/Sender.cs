using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using ButlerRpc;
using Upload.Contracts;

namespace Upload.Client;

/// <summary>Sends a file, and goes on where it was whenever the connection or the server was lost.</summary>
/// <param name="uploads">Where it goes.</param>
/// <param name="path">The file.</param>
/// <param name="bytesPerSecond">No faster than this; 0: as fast as it goes.</param>
/// <param name="note">Told what happens.</param>
sealed class Sender(IUploads uploads, string path, long bytesPerSecond, Action<string> note)
{
    const int PartBytes = 32 * 1024;
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Told how many bytes of the file are sent.</summary>
    public Action<long>? OnSent { get; set; }

    /// <summary>The bytes that were handed to the library, those that had to be sent again counted again.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Where it went on after a loss.</summary>
    public List<long> ResumedAt { get; } = [];

    /// <summary>Returns when the file is stored: its checksum, as the server has calculated it.</summary>
    /// <param name="mostAttempts">In a row, without anything having been sent in between.</param>
    public async Task<byte[]> SendAsync(int mostAttempts)
    {
        var file = await IdentifyAsync();
        for (var attempt = 1; ; attempt++)
        {
            var before = BytesSent;
            try
            {
                return await TrySendAsync(file, isFirst: BytesSent == 0);
            }
            catch (ButlerException e) when (e.Status is ButlerStatus.Unavailable or ButlerStatus.Aborted)
            {
                if (BytesSent > before)
                    attempt = 0;
                if (attempt == mostAttempts)
                    throw;
                note($"not sent: {e.Status} ({e.Reason}): {e.Message}");
                await Task.Delay(Pause);
            }
        }
    }

    async Task<byte[]> TrySendAsync(FileId file, bool isFirst)
    {
        var here = await uploads.FindAsync(file);
        if (!isFirst)
        {
            ResumedAt.Add(here);
            note($"going on at byte {here}");
        }

        OnSent?.Invoke(here);
        if (here < file.Length)
            await uploads.AppendAsync(file, here, ReadAsync(here));
        return (await uploads.FinishAsync(file)).ToArray();
    }

    async Task<FileId> IdentifyAsync()
    {
        await using var stream = Open();
        return new FileId(stream.Length, await SHA256.HashDataAsync(stream));
    }

    // An item is asked for when the stream has credit: at most 256 KiB are on their way, whatever the size of the file. So what was asked for is as good as sent.
    async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(long offset, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var stream = Open();
        stream.Position = offset;
        var begun = Stopwatch.GetTimestamp();
        var buffer = new byte[PartBytes];
        for (var sent = 0L; await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken) is > 0 and var read; sent += read)
        {
            if (bytesPerSecond > 0 && TimeSpan.FromSeconds((double)sent / bytesPerSecond) - Stopwatch.GetElapsedTime(begun) is { TotalMilliseconds: >= 1 } early)
                await Task.Delay(early, cancellationToken);
            yield return buffer.AsMemory(0, read); // encoded before the next one is asked for, so the buffer may be used again
            BytesSent += read;
            OnSent?.Invoke(stream.Position);
        }
    }

    FileStream Open() => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, PartBytes, useAsync: true);
}
