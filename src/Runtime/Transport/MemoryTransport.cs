using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>
/// Connections inside the process, for <c>mem://name</c>: tests, samples, and services that may move to another process later. Names belong to the transport
/// object; two transports do not see each other. Nothing runs on the sender's thread: a receiver goes on through its own platform's scheduler.
/// </summary>
public sealed class MemoryTransport : ITransport
{
    readonly Lock _gate = new();
    readonly Dictionary<string, MemoryListener> _listeners = new(StringComparer.Ordinal);
    long _connections;

    /// <inheritdoc/>
    public IReadOnlyList<string> Schemes { get; } = ["mem"];

    /// <inheritdoc/>
    public IReadOnlyList<string> Options { get; } = [];

    /// <inheritdoc/>
    public ValueTask<Connection> DialAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(platform);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<Connection>(cancellationToken);
        MemoryListener? listener;
        lock (_gate)
            _listeners.TryGetValue(endpoint.Host, out listener);
        if (listener is null)
            return ValueTask.FromException<Connection>(new IOException($"{endpoint} cannot be reached: nobody in this process listens there"));
        var name = $"{endpoint}#{Interlocked.Increment(ref _connections)}";
        var there = new MemoryPipe(listener.Scheduler, platform.Scheduler);
        var back = new MemoryPipe(platform.Scheduler, listener.Scheduler);
        return listener.TryOffer(new MemoryConnection(back, there, endpoint.ToString(), name))
            ? new(new MemoryConnection(there, back, name, endpoint.ToString()))
            : ValueTask.FromException<Connection>(new IOException($"{endpoint} cannot be reached: too many connections wait there to be accepted"));
    }

    /// <inheritdoc/>
    public ValueTask<ConnectionListener> ListenAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(platform);
        var listener = new MemoryListener(endpoint, platform.Scheduler, Remove);
        lock (_gate)
        {
            if (!_listeners.TryAdd(endpoint.Host, listener))
                return ValueTask.FromException<ConnectionListener>(new IOException($"cannot listen on {endpoint}: somebody in this process does already"));
        }

        return new(listener);
    }

    void Remove(MemoryListener listener)
    {
        lock (_gate)
            _listeners.Remove(listener.Endpoint.Host);
    }
}

sealed class MemoryListener(ButlerEndpoint endpoint, ButlerScheduler scheduler, Action<MemoryListener> remove) : ConnectionListener
{
    const int Backlog = 512;

    readonly Lock _gate = new();
    readonly Queue<MemoryConnection> _offered = new();
    Accept? _accept;
    bool _closed;

    public override ButlerEndpoint Endpoint => endpoint;

    public ButlerScheduler Scheduler => scheduler;

    public bool TryOffer(MemoryConnection connection)
    {
        lock (_gate)
        {
            if (_closed || _offered.Count >= Backlog)
                return false;
            if (_accept is { } accept)
            {
                _accept = null;
                accept.Give(connection, scheduler);
            }
            else
            {
                _offered.Enqueue(connection);
            }

            return true;
        }
    }

    public override ValueTask<Connection?> AcceptAsync()
    {
        lock (_gate)
        {
            if (_offered.TryDequeue(out var connection))
                return new(connection);
            if (_closed)
                return new((Connection?)null);
            if (_accept is not null)
                throw new InvalidOperationException("one accept may be pending at a time");
            _accept = new Accept();
            return new(_accept.Task);
        }
    }

    public override ValueTask DisposeAsync()
    {
        MemoryConnection[] offered;
        lock (_gate)
        {
            if (_closed)
                return default;
            _closed = true;
            _accept?.Give(null, scheduler);
            _accept = null;
            offered = [.. _offered]; // whoever accepts just now must not find the queue half taken
            _offered.Clear();
        }

        remove(this);
        foreach (var connection in offered)
            connection.Abort();
        return default;
    }

    /// <summary>A pending accept: completed on the scheduler, not on the dialler's thread.</summary>
    sealed class Accept : TaskCompletionSource<Connection?>, IThreadPoolWorkItem
    {
        Connection? _connection;

        public void Give(Connection? connection, ButlerScheduler scheduler)
        {
            _connection = connection;
            scheduler.Queue(this);
        }

        public void Execute() => SetResult(_connection);
    }
}

sealed class MemoryConnection(MemoryPipe outgoing, MemoryPipe incoming, string local, string remote) : Connection
{
    public override string LocalAddress => local;

    public override string RemoteAddress => remote;

    public override bool IsEncrypted => true;

    public override bool IsLocal => true;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => incoming.ReceiveAsync(buffer);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => outgoing.SendAsync(bytes);

    public override void CloseWrite() => outgoing.End();

    public override void Abort()
    {
        outgoing.Break();
        incoming.Break();
    }

    // As a socket does: what was sent before still arrives, what comes in is refused.
    public override ValueTask DisposeAsync()
    {
        outgoing.End();
        incoming.Break();
        return default;
    }
}
