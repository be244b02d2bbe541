using ButlerRpc.Client;
using ButlerRpc.Diagnostics;
using ButlerRpc.Platform;
using ButlerRpc.Server;
using ButlerRpc.Sessions;
using ButlerRpc.Transport;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Streams;

/// <summary>
/// Length-prefixed messages over plain connections: no ids, no types, no versions. It listens with a callback, dials, and writes to endpoints over connections
/// that it keeps.
/// </summary>
public sealed class ButlerStreams : IAsyncDisposable
{
    readonly Lock _gate = new();
    readonly ButlerStreamsOptions _options;
    readonly ButlerPlatform _platform;
    readonly ILogger _logger;
    readonly Acceptor _acceptor;
    readonly HashSet<ButlerStream> _streams = [];
    readonly Dictionary<string, Kept> _kept = new(StringComparer.Ordinal);
    bool _disposed;

    /// <summary>Makes one; connections come later.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public ButlerStreams(ButlerStreamsOptions? options = null)
    {
        _options = options ?? new ButlerStreamsOptions();
        _options.Validate();
        _platform = _options.Platform ?? StandardPlatform.Shared;
        _logger = GuardedLogger.Of(_options.LoggerFactory, "ButlerRpc.Streams");
        _acceptor = new Acceptor(
            _platform, _logger, new Admission(_options.MaxConnections, _options.MaxConnectionsPerAddress, _options.MaxConnectionsPerAddress),
            _options.HandshakeTimeout);
    }

    /// <summary>The connections that are open, accepted and dialled.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _streams.Count;
        }
    }

    /// <summary>Listens, and gives each message to the callback: one at a time per connection, connections beside each other.</summary>
    /// <returns>Where it listens; with the port it was given when 0 was asked for.</returns>
    /// <exception cref="ArgumentException">The endpoint is malformed.</exception>
    /// <exception cref="System.IO.IOException">The endpoint cannot be listened on.</exception>
    public async Task<ButlerEndpoint> ListenAsync(string endpoint, ButlerStreamCallback callback, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var parsed = ButlerEndpoint.Parse(endpoint).ForOtherWire();
        await _platform.Scheduler.SwitchTo();
        lock (_gate)
            ObjectDisposedException.ThrowIf(_disposed, this);
        var listener = (await _acceptor.ListenAsync([parsed], cancellationToken))[0];
        _acceptor.Run(listener, (connection, _, place) => Serve(connection, place, callback));
        return listener.Endpoint;
    }

    /// <summary>Connects. What the peer sends is given to the callback; without one it is read and dropped.</summary>
    /// <exception cref="ArgumentException">The endpoint is malformed, or is for listening.</exception>
    /// <exception cref="System.IO.IOException">The endpoint could not be reached in time.</exception>
    public async Task<ButlerStream> DialAsync(string endpoint, ButlerStreamCallback? callback = null, CancellationToken cancellationToken = default)
    {
        var parsed = ButlerEndpoint.Parse(endpoint).ForOtherWire();
        await _platform.Scheduler.SwitchTo();
        return await DialAsync(parsed, callback, cancellationToken);
    }

    /// <summary>
    /// Sends a message to an endpoint, over the connection that is kept for it; one that has ended is dialled anew. With <paramref name="persist"/> false the
    /// connection is closed after the write. A message that could not be written is reported, never dropped.
    /// </summary>
    /// <returns>The bytes written, header included.</returns>
    /// <exception cref="ArgumentException">The endpoint is malformed, or is for listening.</exception>
    /// <exception cref="System.IO.IOException">The endpoint could not be reached in time.</exception>
    /// <exception cref="ButlerException">See <see cref="ButlerStream.WriteAsync"/>.</exception>
    public async Task<int> WriteToAsync(string endpoint, ReadOnlyMemory<byte> message, bool persist = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        await _platform.Scheduler.SwitchTo();
        Kept kept;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_kept.TryGetValue(endpoint, out kept!))
                _kept.Add(endpoint, kept = new Kept(endpoint, _platform.Scheduler));
            kept.Writers++;
        }

        try
        {
            await kept.Turn.WaitAsync(cancellationToken);
            try
            {
                return await WriteAsync(kept, message, persist, cancellationToken);
            }
            finally
            {
                kept.Turn.Release();
            }
        }
        finally
        {
            lock (_gate)
            {
                kept.Writers--;
                ForgetUnlessUsed(kept);
            }
        }
    }

    /// <summary>The endpoints that it knows of: those with a connection that is kept, and those that are written to at the moment.</summary>
    internal int KeptCount
    {
        get
        {
            lock (_gate)
                return _kept.Count;
        }
    }

    /// <summary>Stops: no new connections; callbacks that run may end within the drain time.</summary>
    public async ValueTask DisposeAsync()
    {
        await _platform.Scheduler.SwitchTo();
        ButlerStream[] streams;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            streams = [.. _streams];
        }

        await _acceptor.StopAsync();
        using var giveUp = new CancellationTokenSource(_options.DrainTimeout, _platform.Time);
        await Task.WhenAll(streams.Select(s => s.DrainAsync(giveUp.Token)));
    }

    // By whoever has the turn.
    async Task<int> WriteAsync(Kept kept, ReadOnlyMemory<byte> message, bool persist, CancellationToken cancellationToken)
    {
        if (kept.Stream is not { IsClosed: false } stream)
        {
            kept.Stream = stream = await DialAsync(kept.Endpoint, null, cancellationToken);
            _platform.Scheduler.Start(async () =>
            {
                await stream.Closed;
                lock (_gate)
                    ForgetUnlessUsed(kept);
            });
        }

        var written = await stream.WriteAsync(message, cancellationToken);
        if (!persist)
        {
            stream.FinishWriting();
            kept.Stream = null;
        }

        return written;
    }

    // Under the gate. Else every endpoint that was ever written to would stay.
    void ForgetUnlessUsed(Kept kept)
    {
        if (kept is { Writers: 0, Stream: null or { IsClosed: true } } && _kept.TryGetValue(kept.Name, out var known) && known == kept)
            _kept.Remove(kept.Name);
    }

    async Task<ButlerStream> DialAsync(ButlerEndpoint endpoint, ButlerStreamCallback? callback, CancellationToken cancellationToken)
    {
        _platform.DiallingTransportOf(endpoint);
        var connection = await Dialler.DialAsync(_platform, endpoint, _options.DialTimeout, null, cancellationToken);
        if (TryStart(connection, callback) is { } stream)
            return stream;
        connection.Abort();
        throw new ObjectDisposedException(nameof(ButlerStreams));
    }

    Refusal? Serve(Connection connection, Admission.Place place, ButlerStreamCallback callback)
    {
        if (TryStart(connection, callback) is not { } stream)
            return Refusal.ListensNoMore;
        _acceptor.Opened(place);
        _platform.Scheduler.Start(async () =>
        {
            await stream.Closed;
            _acceptor.Leave(place);
        });
        return null;
    }

    // Null: it is disposed.
    ButlerStream? TryStart(Connection connection, ButlerStreamCallback? callback)
    {
        var stream = new ButlerStream(connection, _options, _platform, _logger, callback);
        lock (_gate)
        {
            if (_disposed)
                return null;
            _streams.Add(stream);
        }

        stream.Run();
        _platform.Scheduler.Start(() => ForgetAsync(stream));
        return stream;
    }

    async Task ForgetAsync(ButlerStream stream)
    {
        await stream.Closed;
        lock (_gate)
            _streams.Remove(stream);
    }

    sealed class Kept(string name, ButlerScheduler scheduler)
    {
        public string Name => name;

        public ButlerEndpoint Endpoint { get; } = ButlerEndpoint.Parse(name).ForOtherWire();

        /// <summary>Those that write to it, or wait for their turn. Under the gate.</summary>
        public int Writers { get; set; }

        public Turn Turn { get; } = new(scheduler);

        public ButlerStream? Stream { get; set; }
    }
}
