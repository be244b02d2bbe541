using System.Security.Cryptography;
using ButlerRpc;
using Upload.Contracts;

namespace Upload.Server;

/// <summary>
/// Keeps files in a folder, under their checksums; what has not come whole has ".part" behind it. The state of an upload is the length of that file and nothing
/// else, so a server that was killed has lost none.
/// </summary>
sealed class UploadService(string folder, Action<string> tell) : IUploads
{
    public ValueTask<long> FindAsync(FileId file, CancellationToken cancellationToken) => new(Here(file));

    public async ValueTask<long> AppendAsync(FileId file, long offset, IAsyncEnumerable<ReadOnlyMemory<byte>> parts, CancellationToken cancellationToken)
    {
        await using var stream = OpenAlone(PartOf(file));
        if (offset != stream.Length)
            throw new ButlerFaultException<WrongOffset>(new WrongOffset(offset, stream.Length), $"byte {offset} does not follow the {stream.Length} that are here");
        tell($"taking {NameOf(file)[..8]} from byte {offset} on");
        stream.Position = offset;
        await foreach (var part in parts.WithCancellation(cancellationToken))
        {
            if (stream.Position + part.Length > file.Length)
                throw new ButlerException(ButlerStatus.OutOfRange, $"more bytes than the {file.Length} that were announced");
            await stream.WriteAsync(part, cancellationToken);
        }

        return stream.Position;
    }

    public async ValueTask<ReadOnlyMemory<byte>> FinishAsync(FileId file, CancellationToken cancellationToken)
    {
        var whole = Path.Combine(folder, NameOf(file));
        if (File.Exists(whole))
            return file.Sha256;
        byte[] checksum;
        await using (var stream = OpenAlone(PartOf(file)))
        {
            if (stream.Length < file.Length)
                throw new ButlerException(ButlerStatus.FailedPrecondition, $"{stream.Length} bytes of {file.Length} are here");
            checksum = await SHA256.HashDataAsync(stream, cancellationToken);
        }

        if (!checksum.AsSpan().SequenceEqual(file.Sha256.Span))
        {
            File.Delete(PartOf(file));
            throw new ButlerFaultException<Damaged>(new Damaged(checksum), "what has come is not what was announced");
        }

        File.Move(PartOf(file), whole);
        tell($"stored {NameOf(file)[..8]}, {file.Length} bytes");
        return checksum;
    }

    long Here(FileId file) => File.Exists(Path.Combine(folder, NameOf(file))) ? file.Length
        : File.Exists(PartOf(file)) ? new FileInfo(PartOf(file)).Length
        : 0;

    string PartOf(FileId file) => Path.Combine(folder, NameOf(file) + ".part");

    // Hexadecimal digits: whatever a caller sends, it is a name in this folder.
    static string NameOf(FileId file) => file is { Sha256.Length: SHA256.HashSizeInBytes, Length: >= 0 }
        ? Convert.ToHexStringLower(file.Sha256.Span)
        : throw new ButlerException(ButlerStatus.InvalidArgument, $"a file has a SHA-256 of 32 bytes, not {file.Sha256.Length}, and at least 0 bytes, not {file.Length}");

    // Every part is written through, so that nothing of what was taken is lost with the process.
    static FileStream OpenAlone(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, useAsync: true);
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new ButlerException(ButlerStatus.Aborted, "the file is in use; somebody else sends it, or the last attempt has not ended yet");
        }
    }
}
