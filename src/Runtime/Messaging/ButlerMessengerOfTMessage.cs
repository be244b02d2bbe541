using ButlerRpc.Client;
using ButlerRpc.Diagnostics;
using ButlerRpc.Platform;
using ButlerRpc.Server;
using ButlerRpc.Sessions;
using ButlerRpc.Transport;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Messaging;

/// <summary>
/// Sessions of a protocol that the user brings, dialled and accepted, and messages over them: requests, which wait for a reply with the same correlation id, and
/// messages that have none. One object for the life of the process; it dials again what has ended. Made by <see cref="ButlerMessenger"/>.
/// </summary>
public sealed class ButlerMessenger<TMessage> : IAsyncDisposable
    where TMessage : class
{
    readonly Lock _gate = new();
    readonly ButlerMessengerOptions _options;
    readonly ButlerPlatform _platform;
    readonly MessengerHost<TMessage> _host;
    readonly Dictionary<string, MessengerEndpoint<TMessage>> _endpoints = new(StringComparer.Ordinal);
    readonly SessionClock _clock;
    readonly SessionPool<MessengerSession<TMessage>> _pool;
    readonly Acceptor _acceptor;
    readonly HashSet<MessengerSession<TMessage>> _accepted = [];
    readonly Changes _changes;
    volatile MessengerSession<TMessage>[]? _ready; // null: to be looked up
    int _turn = -1;
    Signal? _stop;

    internal ButlerMessenger(IReadOnlyList<MessengerEndpoint<TMessage>> endpoints, ButlerMessengerOptions? options)
    {
        _options = options ?? new ButlerMessengerOptions();
        _options.Validate();
        _platform = _options.Platform ?? StandardPlatform.Shared;
        _changes = new Changes(_platform.Scheduler);
        var logger = GuardedLogger.Of(_options.LoggerFactory, "ButlerRpc.Messaging");
        _host = new MessengerHost<TMessage>(_options, _platform, logger, () => _pool!.Refresh());
        foreach (var endpoint in endpoints)
        {
            endpoint.Validate();
            if (endpoint.Dial is null)
                _platform.DiallingTransportOf(endpoint.Address);
            if (!_endpoints.TryAdd(endpoint.Address.ToString(), endpoint))
                throw new ArgumentException($"the endpoint {endpoint.Address} is there twice; for more sessions raise its {nameof(endpoint.Sessions)}", nameof(endpoints));
        }

        _acceptor = new Acceptor(
            _platform, logger, new Admission(_options.MaxConnections, _options.MaxConnectionsPerAddress, _options.MaxConnectionsPerAddress), _options.HandshakeTimeout);
        _clock = new SessionClock(_platform);
        _pool = new SessionPool<MessengerSession<TMessage>>(_options.ForPool(), _platform, _clock, logger, DialAsync, OnPoolChanged)
        {
            SessionCountOf = endpoint => _endpoints[endpoint.ToString()].Sessions,
        };
        if (endpoints.Count == 0)
            return;
        _pool.SetMembers([.. endpoints.Select(e => e.Address)]);
        _pool.Start();
    }

    /// <summary>The sessions that take messages, dialled and accepted.</summary>
    public IReadOnlyList<MessengerSession<TMessage>> Sessions => Ready;

    /// <summary>Where it listens; with the ports it was given when 0 was asked for.</summary>
    public IReadOnlyList<ButlerEndpoint> Endpoints => _acceptor.Endpoints;

    /// <summary>What it has counted so far.</summary>
    public MessengerStatistics Statistics
    {
        get
        {
            var sessions = Ready;
            var counted = _host.Counters;
            return new MessengerStatistics
            {
                Sessions = sessions.Length,
                RequestsInFlight = sessions.Sum(s => s.InFlight),
                Dials = Interlocked.Read(ref _pool.Statistics.Dials),
                DialFailures = Interlocked.Read(ref _pool.Statistics.DialFailures),
                Sent = Interlocked.Read(ref counted.Sent),
                Unsent = Interlocked.Read(ref counted.Unsent),
                Received = Interlocked.Read(ref counted.Received),
                Unhandled = Interlocked.Read(ref counted.Unhandled),
                LateReplies = Interlocked.Read(ref counted.LateReplies),
                FailedHandlers = Interlocked.Read(ref counted.FailedHandlers),
            };
        }
    }

    /// <summary>
    /// What takes the messages that are no reply to a request of this end. Null, as at first: they are dropped, counted and logged. It holds for messages that come from
    /// now on, on all sessions.
    /// </summary>
    public void SetInboundHandler(MessengerHandler<TMessage>? handler) => _host.Handler = handler;

    /// <summary>Waits until a session is ready, however long that takes.</summary>
    /// <param name="cancellationToken">Gives the wait up; the messenger goes on dialling.</param>
    /// <exception cref="ButlerException">Unavailable, Stopped: the messenger was disposed.</exception>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken = default)
    {
        await _platform.Scheduler.SwitchTo();
        await BecomeReadyAsync(orFail: false, cancellationToken);
    }

    /// <summary>
    /// Sends a request on the next session, in turn, and waits for the reply. Only the session that got the request can answer it. With no session ready it waits for one, for
    /// <see cref="ButlerMessengerOptions.SessionTimeout"/> at most; everything together takes at most <see cref="ButlerMessengerOptions.RequestTimeout"/>.
    /// </summary>
    /// <exception cref="ButlerException">
    /// DeadlineExceeded; Unavailable: no session, or it ended; AlreadyExists: a request with the same correlation id is in flight on the session;
    /// ResourceExhausted: the message is too large. Certainty says whether the peer can have it.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token has fired.</exception>
    public async ValueTask<TMessage> SendAndWaitAsync(TMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        await _platform.Scheduler.SwitchTo();
        using var time = _host.TimeOf(cancellationToken);
        while (true)
        {
            if (await (await NextSessionAsync(time)).TryRequestAsync(message, time) is { } reply)
                return reply;
        }
    }

    /// <summary>
    /// Sends a message on the next session, in turn, without waiting for a reply. The task ends when the connection has taken it, so that a message which did not leave is
    /// always reported.
    /// </summary>
    /// <inheritdoc cref="SendAndWaitAsync"/>
    public async ValueTask SendNoWaitAsync(TMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        await _platform.Scheduler.SwitchTo();
        using var time = _host.TimeOf(cancellationToken);
        while (!await (await NextSessionAsync(time)).TrySendAsync(message, time))
        {
            // It has just ended: another.
        }
    }

    /// <summary>As <see cref="SendAndWaitAsync"/>, on this session.</summary>
    public ValueTask<TMessage> SendAndWaitOnSessionAsync(MessengerSession<TMessage> session, TMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.SendAndWaitAsync(message, cancellationToken);
    }

    /// <summary>As <see cref="SendNoWaitAsync"/>, on this session.</summary>
    public ValueTask SendNoWaitOnSessionAsync(MessengerSession<TMessage> session, TMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.SendNoWaitAsync(message, cancellationToken);
    }

    /// <summary>Listens on more endpoints, with a protocol of their own. Sessions and handler are the messenger's.</summary>
    /// <param name="endpoints">One or more endpoints, separated by commas; port 0 for a free one.</param>
    /// <param name="protocol">How messages are read and written.</param>
    /// <param name="cancellationToken">Gives the start up.</param>
    /// <returns>Where it listens now.</returns>
    /// <exception cref="ArgumentException">An endpoint is malformed.</exception>
    /// <exception cref="IOException">An endpoint cannot be listened on; then none of them is.</exception>
    public async Task<IReadOnlyList<ButlerEndpoint>> ListenAsync<TKey>(
        string endpoints, IMessageProtocol<TMessage, TKey> protocol, CancellationToken cancellationToken = default)
        where TKey : notnull
    {
        var wire = ButlerMessenger.WireOf(protocol);
        ButlerEndpoint[] parsed = [.. ButlerEndpoint.ParseList(endpoints).Select(e => e.ForOtherWire())];
        foreach (var endpoint in parsed)
            _platform.TransportOf(endpoint);
        await _platform.Scheduler.SwitchTo();
        ThrowIfDisposed();
        var listeners = await _acceptor.ListenAsync(parsed, cancellationToken);
        foreach (var listener in listeners)
            Run(listener, wire);
        return [.. listeners.Select(l => l.Endpoint)];
    }

    /// <summary>Accepts on a listener of the caller's own, which belongs to the messenger from here on.</summary>
    public void Listen<TKey>(ConnectionListener listener, IMessageProtocol<TMessage, TKey> protocol)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(listener);
        var wire = ButlerMessenger.WireOf(protocol);
        ThrowIfDisposed();
        _acceptor.Add(listener);
        Run(listener, wire);
    }

    /// <summary>Closes it at once: what is in flight or queued fails.</summary>
    public async Task AbortAsync()
    {
        await _platform.Scheduler.SwitchTo();
        var stop = BeginStop();
        MessengerSession<TMessage>[] accepted;
        lock (_gate)
            accepted = [.. _accepted];
        foreach (var session in accepted.Concat(_pool.Sessions))
            session.Close();
        await stop;
    }

    /// <summary>
    /// Closes it gracefully: no new connections, no new requests; requests in flight, handlers that run and messages that are queued may end within
    /// <see cref="ButlerMessengerOptions.DrainTimeout"/>.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _platform.Scheduler.SwitchTo();
        await BeginStop();
    }

    internal ButlerScheduler Scheduler => _platform.Scheduler;

    /// <summary>How many wait for a session.</summary>
    internal int Waiting => _changes.Waiting;

    /// <summary>Waits until a session is ready; or fails when every endpoint has been tried in vain.</summary>
    internal async Task BecomeReadyAsync(bool orFail, CancellationToken cancellationToken)
    {
        while (TryNext(orFail, out var changed) is null)
            await _changes.WaitAsync(changed!, cancellationToken);
    }

    /// <summary>Ends when the token fires.</summary>
    internal async Task UntilAsync(CancellationToken cancellationToken)
    {
        var fired = new Signal(_platform.Scheduler);
        using var registration = cancellationToken.UnsafeRegister(static s => ((Signal)s!).Set(), fired);
        await fired.Task;
    }

    MessengerSession<TMessage>[] Ready
    {
        get
        {
            if (_ready is { } ready)
                return ready;
            lock (_gate)
                return _ready ??= _stop is null ? [.. _pool.Ready, .. _accepted.Where(s => s.State == SessionState.Open)] : [];
        }
    }

    async ValueTask<MessengerSession<TMessage>> NextSessionAsync(MessengerTime time)
    {
        if (TryNext(orFail: false, out var changed) is { } next)
            return next;
        using var wait = new CancellationTokenSource(_options.SessionTimeout, _platform.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(wait.Token, time.Token);
        while (true)
        {
            try
            {
                await _changes.WaitAsync(changed!, either.Token);
            }
            catch (OperationCanceledException) when (time.Token.IsCancellationRequested)
            {
                throw time.Over("no session was ready", handedOver: false);
            }
            catch (OperationCanceledException)
            {
                throw NoSession();
            }

            if (TryNext(orFail: false, out changed) is { } found)
                return found;
        }
    }

    // The next session in turn; null: there is none until the change, which is to be waited for, and maybe not then.
    MessengerSession<TMessage>? TryNext(bool orFail, out Signal? changed)
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            var ready = Ready;
            for (var i = 0; i < ready.Length; i++)
            {
                _turn = (_turn + 1) % ready.Length;
                if (ready[_turn].State != SessionState.Open)
                    continue;
                changed = null;
                return ready[_turn];
            }

            if (orFail && _pool.HasFailed)
                throw Errors.Dropped(_pool.LastFailure ?? "no endpoint could be reached", handedOver: false, ButlerReason.NoSession);
            changed = _changes.Next();
            return null;
        }
    }

    void OnPoolChanged()
    {
        lock (_gate)
            _ready = null;
        _changes.Happened();
    }

    async ValueTask<MessengerSession<TMessage>> DialAsync(ButlerEndpoint address, CancellationToken cancellationToken)
    {
        var endpoint = _endpoints[address.ToString()];
        var connection = await Dialler.DialAsync(_platform, address, _options.DialTimeout, endpoint.Dial, cancellationToken);
        return new MessengerSession<TMessage>(_host, connection, address, endpoint.Wire, isAccepted: false);
    }

    void Run(ConnectionListener listener, MessageWire<TMessage> wire)
    {
        Log.Listening(_host.Logger, listener.Endpoint.ToString());
        _acceptor.Run(listener, (connection, _, place) => Serve(connection, listener.Endpoint, place, wire));
    }

    Refusal? Serve(Connection connection, ButlerEndpoint endpoint, Admission.Place place, MessageWire<TMessage> wire)
    {
        var session = new MessengerSession<TMessage>(_host, connection, endpoint, wire, isAccepted: true);
        lock (_gate)
        {
            if (_stop is not null)
                return new Refusal(Refusal.Stopping, "the messenger is being closed");
            _accepted.Add(session);
        }

        _acceptor.Opened(place);
        session.Run();
        _platform.Scheduler.Start(() => WatchAsync(session, place));
        OnPoolChanged();
        return null;
    }

    async Task WatchAsync(MessengerSession<TMessage> session, Admission.Place place)
    {
        await session.Closed;
        lock (_gate)
            _accepted.Remove(session);
        _acceptor.Leave(place);
        OnPoolChanged();
    }

    Task BeginStop()
    {
        Signal stop;
        lock (_gate)
        {
            if (_stop is not null)
                return _stop.Task;
            _stop = stop = new Signal(_platform.Scheduler);
        }

        stop.Follow(StopSessionsAsync());
        return stop.Task;
    }

    async Task StopSessionsAsync()
    {
        await _acceptor.StopAsync();
        MessengerSession<TMessage>[] accepted;
        lock (_gate)
            accepted = [.. _accepted];
        OnPoolChanged();
        var dialled = _pool.StopAsync(_options.DrainTimeout);
        // One after the other begun, one after the other awaited: WhenAll would leave the scheduler.
        foreach (var draining in accepted.Select(s => s.DrainAsync(_options.DrainTimeout)).ToArray())
            await draining;
        await dialled;
        _clock.Dispose();
    }

    void ThrowIfDisposed()
    {
        if (_stop is not null)
            throw Errors.Dropped("the messenger was disposed", handedOver: false, ButlerReason.Stopped);
    }

    ButlerException NoSession()
    {
        var targets = _endpoints.Count > 0 ? string.Join(", ", _endpoints.Keys) : "anybody";
        var failure = _pool.LastFailure is { } said ? $"; the last attempt said: {said}" : "";
        return Errors.Dropped(
            $"no session with {targets} was ready within {_options.SessionTimeout.TotalSeconds:0.###} s{failure}", handedOver: false, ButlerReason.NoSession);
    }
}
