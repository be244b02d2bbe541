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
        if (buffer.IsEmpty && stream is not (NetworkStream or SslStream))
            return 0;
        try
        {
            return await stream.ReadAsync(buffer);
        }
        catch (Exception e) when (!IsBroken(e))
        {
            throw Broken(e);
        }
    }

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await stream.WriteAsync(bytes);
            await stream.FlushAsync();
        }
        catch (Exception e) when (!IsBroken(e))
        {
            throw Broken(e);
        }
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

    // A stream may fail with anything; of a connection it is known what that means.
    static bool IsBroken(Exception failure) => failure is IOException or SocketException or ObjectDisposedException;

    static IOException Broken(Exception failure) => new(failure.Message, failure);
}
