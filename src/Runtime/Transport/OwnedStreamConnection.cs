using System.Net.Security;
using System.Net.Sockets;
using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>A stream that the user has made, as a connection.</summary>
sealed class OwnedStreamConnection(Stream stream, string remoteAddress) : Connection
{
    public override string LocalAddress => (stream as NetworkStream)?.Socket.LocalEndPoint?.ToString() ?? "local";

    public override string RemoteAddress => remoteAddress;

    public override bool IsEncrypted => stream is SslStream;

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        // Not every stream waits when it is asked for nothing; the next receive does.
        return buffer.IsEmpty && stream is not (NetworkStream or SslStream) ? 0 : await stream.ReadAsync(buffer);
    }

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await stream.WriteAsync(bytes);
        await stream.FlushAsync();
    }

    // Other streams have no way to say so; whoever drains one closes it after a while.
    public override void CloseWrite()
    {
        if (stream is not NetworkStream network)
            return;
        try
        {
            network.Socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is broken; whoever reads or writes finds out.
        }
    }

    public override void Abort() => stream.Dispose();

    public override ValueTask DisposeAsync() => stream.DisposeAsync();
}
