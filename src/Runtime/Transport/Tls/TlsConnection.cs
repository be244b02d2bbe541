using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;
using ButlerRpc.Platform;

namespace ButlerRpc.Transport.Tls;

/// <summary>A connection under TLS. Who has shown a certificate is its principal: named by the subject, with its DNS names and thumbprint as claims.</summary>
sealed class TlsConnection : StreamConnection
{
    readonly SslStream _stream;
    readonly TlsTurns _turns;

    /// <summary>After the handshake of <paramref name="stream"/>, over a <see cref="TlsInner"/> with the same <paramref name="turns"/>.</summary>
    public TlsConnection(SslStream stream, TlsTurns turns, Connection inner)
        : base(stream, inner)
    {
        _stream = stream;
        _turns = turns;
        if (stream is { IsServer: true, IsMutuallyAuthenticated: true, RemoteCertificate: { } remote })
        {
            using var certificate = new X509Certificate2(remote);
            Principal = CertificatePrincipal.Of(certificate);
        }

        turns.End(TlsUse.Read);
    }

    public override bool IsEncrypted => true;

    public override ClaimsPrincipal? Principal { get; }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        _turns.Begin(TlsUse.Read);
        try
        {
            return await base.ReceiveAsync(buffer);
        }
        finally
        {
            _turns.End(TlsUse.Read);
        }
    }

    // All of it counts, with its waits for the peer: what is sent before the end must arrive before it.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        _turns.Begin(TlsUse.Write);
        try
        {
            await base.SendAsync(bytes);
        }
        finally
        {
            _turns.End(TlsUse.Write);
        }
    }

    // The peer must be able to tell an end from a cut.
    public override void CloseWrite() => _turns.WhenFree(() => _ = ShutdownAsync());

    // Else its native memory, tens of kilobytes, would wait for the finalizer.
    protected override void DisposeStream() => _turns.WhenFree(_stream.Dispose);

    // Has left the native object when it first waits, which is for the bytes to be sent.
    async Task ShutdownAsync()
    {
        try
        {
            await _stream.ShutdownAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Gone already, which is what closing wants.
        }

        base.CloseWrite();
    }
}

/// <summary>What TLS is spoken over: while it waits here for bytes, no read is at the native object.</summary>
sealed class TlsInner(Connection connection, TlsTurns turns) : Connection
{
    public override string LocalAddress => connection.LocalAddress;

    public override string RemoteAddress => connection.RemoteAddress;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        turns.End(TlsUse.Read);
        try
        {
            return await connection.ReceiveAsync(buffer);
        }
        finally
        {
            turns.Begin(TlsUse.Read);
        }
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => connection.SendAsync(bytes);

    public override void CloseWrite() => connection.CloseWrite();

    public override void Abort() => connection.Abort();

    public override ValueTask DisposeAsync() => connection.DisposeAsync();
}
