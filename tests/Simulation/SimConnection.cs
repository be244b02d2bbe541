using ButlerRpc.Platform;

namespace ButlerRpc.Testing;

/// <summary>One end of a link.</summary>
public sealed class SimConnection : Connection
{
    readonly SimNetwork _network;
    readonly SimPipe _out;
    readonly SimPipe _in;

    internal SimConnection(SimNetwork network, SimPipe outgoing, SimPipe incoming, string local, string remote, string? remoteHost, bool isLocal)
    {
        _network = network;
        _out = outgoing;
        _in = incoming;
        LocalAddress = local;
        RemoteAddress = remote;
        RemoteHost = remoteHost;
        IsLocal = isLocal || remoteHost is "localhost" or "127.0.0.1" or "::1";
    }

    /// <inheritdoc/>
    public override string LocalAddress { get; }

    /// <inheritdoc/>
    public override string RemoteAddress { get; }

    /// <inheritdoc/>
    public override string? RemoteHost { get; }

    /// <inheritdoc/>
    public override bool IsLocal { get; }

    /// <summary>True when it was aborted or disposed at this end.</summary>
    public bool IsDisposed { get; private set; }

    /// <inheritdoc/>
    public override bool IsPollable => true;

    /// <inheritdoc/>
    public override bool HasBytes => IsDisposed || _in.HasArrived;

    /// <inheritdoc/>
    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        _network.Scheduler.AssertInside("Connection.ReceiveAsync");
        return _in.Receive(buffer);
    }

    /// <inheritdoc/>
    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        _network.Scheduler.AssertInside("Connection.SendAsync");
        return _out.Send(bytes);
    }

    /// <inheritdoc/>
    public override void CloseWrite()
    {
        _network.Scheduler.AssertInside("Connection.CloseWrite");
        if (!IsDisposed)
            _out.SendEnd();
    }

    /// <inheritdoc/>
    public override void Abort()
    {
        _network.Scheduler.AssertInside("Connection.Abort");
        if (IsDisposed)
            return;
        IsDisposed = true;
        _out.AbortBySender();
        _in.AbortByReceiver();
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _network.Scheduler.AssertInside("Connection.DisposeAsync");
        if (IsDisposed)
            return default;
        if (!_out.IsEnded || !_in.IsAtEnd)
        {
            Abort();
            return default;
        }

        IsDisposed = true;
        return default;
    }
}
