using System.Security.Claims;
using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>A stream on top of a connection, such as TLS, as a connection. It disposes of both.</summary>
class StreamConnection(Stream stream, Connection inner) : Connection
{
    int _disposed;

    public override string LocalAddress => inner.LocalAddress;

    public override string RemoteAddress => inner.RemoteAddress;

    public override string? RemoteHost => inner.RemoteHost;

    public override bool IsEncrypted => inner.IsEncrypted;

    public override bool IsLocal => inner.IsLocal;

    public override ClaimsPrincipal? Principal => inner.Principal;

    public override CancellationToken CloseRequested => inner.CloseRequested;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => stream.ReadAsync(buffer);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => stream.WriteAsync(bytes);

    public override void CloseWrite() => inner.CloseWrite();

    public override void Abort()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        inner.Abort();
        DisposeStream();
    }

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await inner.DisposeAsync();
        DisposeStream();
    }

    /// <summary>The connection under it has ended, so that nothing waits for the peer any more; what had waited may not have noticed yet.</summary>
    protected virtual void DisposeStream() => stream.Dispose();
}

/// <summary>A connection as a stream, for what is built on streams.</summary>
sealed class ConnectionStream(Connection connection) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => connection.ReceiveAsync(buffer);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        connection.ReceiveAsync(buffer.AsMemory(offset, count)).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => connection.SendAsync(buffer);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        connection.SendAsync(buffer.AsMemory(offset, count)).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read it asynchronously");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("write it asynchronously");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
