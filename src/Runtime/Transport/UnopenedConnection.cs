using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>A connection of which something is to be settled before bytes may flow, in <see cref="Connection.OpenAsync"/>.</summary>
abstract class UnopenedConnection(Connection inner) : Connection
{
    public override string LocalAddress => inner.LocalAddress;

    public override string RemoteAddress => inner.RemoteAddress;

    public override string? RemoteHost => inner.RemoteHost;

    protected Connection Inner => inner;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => throw NotOpen();

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => throw NotOpen();

    public override void CloseWrite() => inner.CloseWrite();

    public override void Abort() => inner.Abort();

    public override ValueTask DisposeAsync() => inner.DisposeAsync();

    static InvalidOperationException NotOpen() => new("the connection is not open yet");
}
