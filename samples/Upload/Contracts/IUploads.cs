using ButlerRpc;

namespace Upload.Contracts;

/// <summary>
/// Takes files of any size, in as many goes as it needs. A file is known by its content, not by a name: so no name has to be trusted, and whoever sends the
/// same file again goes on where the last attempt ended.
/// </summary>
[ButlerService]
public partial interface IUploads
{
    /// <summary>How many bytes of a file are here: where its upload goes on. All of them: it was stored before.</summary>
    [ButlerMethod(Idempotent = true)]
    ValueTask<long> FindAsync(FileId file, CancellationToken cancellationToken = default);

    /// <summary>Takes the bytes from an offset on, for as long as they come.</summary>
    /// <returns>How many bytes of the file are here now.</returns>
    [Throws<WrongOffset>]
    ValueTask<long> AppendAsync(FileId file, long offset, IAsyncEnumerable<ReadOnlyMemory<byte>> parts, CancellationToken cancellationToken = default);

    /// <summary>Compares what is here with what was announced, and stores the file if it is that.</summary>
    /// <returns>The checksum of what is stored.</returns>
    [Throws<Damaged>]
    [ButlerMethod(Idempotent = true, TimeoutMilliseconds = 600_000)]
    ValueTask<ReadOnlyMemory<byte>> FinishAsync(FileId file, CancellationToken cancellationToken = default);
}
