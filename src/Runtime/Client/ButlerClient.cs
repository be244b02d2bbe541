using ButlerRpc.Calls;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;
using ButlerRpc.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ButlerRpc;

/// <summary>Calls the services of a server. One object for the life of the process: it keeps its session, and dials again when that has ended.</summary>
public sealed class ButlerClient : CallInvoker, IAsyncDisposable, ICallOwner, ITimed
{
    readonly Lock _gate = new();
    readonly ButlerClientOptions _options;
    readonly ButlerPlatform _platform;
    readonly IReadOnlyList<ButlerEndpoint> _endpoints;
    readonly SessionHost _host;
    readonly LinkedList<(ClientCall Call, long GiveUp)> _waiting = new();
    readonly Dictionary<string, IReadOnlyList<Method>> _announced = new(StringComparer.Ordinal);
    readonly CancellationTokenSource _stopped = new();
    readonly ILogger _logger;
    volatile Session? _session;
    bool _dialling;
    bool _disposed;
    int _nextEndpoint;
    int _failures;
    string? _lastFailure;

    ButlerClient(string endpoints, ButlerClientOptions? options)
    {
        _options = options ?? new ButlerClientOptions();
        _options.Validate();
        _platform = _options.Platform ?? StandardPlatform.Shared;
        _endpoints = ButlerEndpoint.ParseList(endpoints);
        foreach (var endpoint in _endpoints)
            _platform.TransportOf(endpoint);
        _logger = _options.LoggerFactory?.CreateLogger("ButlerRpc.Client") ?? NullLogger.Instance;
        _host = new SessionHost(_platform, _options.Limits, _logger)
        {
            DefaultTimeout = _options.CallTimeout,
            InlineContinuations = _options.InlineContinuations,
        };
        _host.Clock.Add(this);
        if (_options.Interceptors.Count > 0)
            Pipeline = new ClientPipeline(null, _options.Interceptors);
    }

    /// <summary>What the client offers to the server that it calls, for services with a callback.</summary>
    public ServiceTable Services { get; } = new();

    /// <summary>Connects, and returns when a session is ready.</summary>
    /// <param name="endpoints">One or more endpoints, separated by commas: <c>tcp://host:port</c>.</param>
    /// <param name="options">Default: see <see cref="ButlerClientOptions"/>.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <exception cref="ArgumentException">An endpoint or an option is malformed.</exception>
    /// <exception cref="ButlerException">Unavailable: no endpoint could be reached.</exception>
    public static async Task<ButlerClient> ConnectAsync(
        string endpoints, ButlerClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        var client = new ButlerClient(endpoints, options) { _dialling = true };
        await client._platform.Scheduler.SwitchTo();
        try
        {
            await client.ConnectOnceAsync(cancellationToken);
            client.EndDialling();
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client that connects when it is first called.</summary>
    /// <inheritdoc cref="ConnectAsync"/>
    public static ButlerClient Open(string endpoints, ButlerClientOptions? options = null) => new(endpoints, options);

    /// <summary>Ends it: calls in flight may end within the drain time, new ones fail.</summary>
    public async ValueTask DisposeAsync()
    {
        await _platform.Scheduler.SwitchTo();
        Session? session;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            session = _session;
            _session = null;
            FailWaiting(Errors.Dropped("the client was disposed", handedOver: false, ButlerReason.Stopped));
        }

        _stopped.Cancel();
        if (session is not null)
            await session.DrainAsync(_options.DrainTimeout);
        _host.Clock.Dispose();
        _host.Batches.Dispose();
    }

    /// <inheritdoc/>
    protected internal override void Announce(string service, IReadOnlyList<Method> methods)
    {
        Session? session;
        lock (_gate)
        {
            _announced[service] = methods;
            session = _session;
        }

        session?.Announce(service, methods);
    }

    /// <inheritdoc/>
    protected internal override void Start(ClientCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var now = CallDeadline.Set(call, _host);
        var session = _session;
        if (session is not { State: < SessionState.Draining })
        {
            lock (_gate)
            {
                session = _session;
                if (session is not { State: < SessionState.Draining } && !_disposed)
                {
                    Wait(call);
                    return;
                }
            }
        }

        if (session is null)
            call.Fail(Errors.Dropped("the client was disposed", handedOver: false, ButlerReason.Stopped));
        else
            session.Submit(call, now);
    }

    // Under the gate.
    void Wait(ClientCall call)
    {
        var giveUp = _platform.Milliseconds + (long)_options.SessionTimeout.TotalMilliseconds;
        call.Tag = -1;
        _waiting.AddLast((call, giveUp));
        _host.Clock.Arm(Math.Min(giveUp, call.Deadline));
        call.Adopt(this);
        if (_dialling)
            return;
        _dialling = true;
        _platform.Scheduler.Start(DialLoopAsync);
    }

    void ICallOwner.OnCancelled(ClientCall call)
    {
        lock (_gate)
        {
            for (var node = _waiting.First; node is not null; node = node.Next)
            {
                if (!ReferenceEquals(node.Value.Call, call))
                    continue;
                _waiting.Remove(node);
                call.CancelLater(_platform.Scheduler);
                return;
            }
        }
    }

    long ITimed.OnTime(long now)
    {
        var next = long.MaxValue;
        lock (_gate)
        {
            for (var node = _waiting.First; node is not null;)
            {
                var following = node.Next;
                var (call, giveUp) = node.Value;
                if (call.Deadline <= now || giveUp <= now)
                {
                    _waiting.Remove(node);
                    call.FailLater(
                        call.Deadline <= now
                            ? Errors.DeadlineExceeded(call.Method.FullName, handedOver: false)
                            : NoSession(),
                        _platform.Scheduler);
                }
                else
                {
                    next = Math.Min(next, Math.Min(giveUp, call.Deadline));
                }

                node = following;
            }
        }

        return next;
    }

    ButlerException NoSession() => Errors.Dropped(
        $"no session with {string.Join(", ", _endpoints)} was ready within {_options.SessionTimeout.TotalSeconds:0.###} s" +
        (_lastFailure is { } failure ? $"; the last attempt said: {failure}" : ""),
        handedOver: false, ButlerReason.NoSession);

    void FailWaiting(ButlerException failure)
    {
        foreach (var (call, _) in _waiting)
            call.FailLater(failure, _platform.Scheduler);
        _waiting.Clear();
    }

    // Dials until there is a session, or nobody waits for one.
    async Task DialLoopAsync()
    {
        while (true)
        {
            try
            {
                await ConnectOnceAsync(_stopped.Token);
                if (EndDialling())
                    return;
            }
            catch (Exception e) when (e is ButlerException or OperationCanceledException)
            {
                _lastFailure = e.Message;
                await PauseAsync();
                if (EndDialling())
                    return;
            }
        }
    }

    // True, and nobody dials any more, unless calls wait.
    bool EndDialling()
    {
        lock (_gate)
        {
            if (_waiting.Count > 0 && !_disposed)
                return false;
            _dialling = false;
            return true;
        }
    }

    async Task PauseAsync()
    {
        var longest = Math.Min(
            _options.LongestBackoff.TotalMilliseconds, _options.ShortestBackoff.TotalMilliseconds * Math.Pow(2, Math.Min(_failures++, 30)));
        var pause = TimeSpan.FromMilliseconds(longest * _platform.Random.NextDouble());
        Log.DialFailed(_logger, string.Join(", ", _endpoints), _failures, (int)pause.TotalMilliseconds, _lastFailure ?? "");
        try
        {
            await Task.Delay(pause, _platform.Time, _stopped.Token);
        }
        catch (OperationCanceledException)
        {
            // Disposed: the loop sees it.
        }
    }

    // One attempt at each endpoint, in turn.
    async Task ConnectOnceAsync(CancellationToken cancellationToken)
    {
        ButlerException? last = null;
        for (var tries = 0; tries < _endpoints.Count; tries++)
        {
            var endpoint = _endpoints[(_nextEndpoint++ & int.MaxValue) % _endpoints.Count];
            try
            {
                await DialAsync(endpoint, cancellationToken);
                return;
            }
            catch (Exception e) when (e is IOException or ButlerException)
            {
                last = Errors.Dropped(e.Message, handedOver: false, ButlerReason.NoSession);
            }
        }

        throw last!;
    }

    async Task DialAsync(ButlerEndpoint endpoint, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.DialTimeout, _platform.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        Connection connection;
        try
        {
            connection = await _platform.TransportOf(endpoint).DialAsync(endpoint, _platform, either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"{endpoint} did not answer within {_options.DialTimeout.TotalSeconds:0.###} s");
        }

        var session = new Session(_host, connection, NativeFraming.Instance, Services, isAcceptor: false) { DrainStarted = OnSessionGoes };
        List<ClientCall> calls;
        lock (_gate)
        {
            if (_disposed)
            {
                session.Abort(ButlerReason.Stopped, "the client was disposed");
                throw Errors.Dropped("the client was disposed", handedOver: false, ButlerReason.Stopped);
            }

            foreach (var (service, methods) in _announced)
                session.Announce(service, methods);
            calls = _waiting.Select(w => w.Call).ToList();
            _waiting.Clear();
            _session = session;
        }

        // The first calls leave in one segment with the introduction.
        foreach (var call in calls)
            session.Submit(call, _platform.Milliseconds);
        session.Run();
        _platform.Scheduler.Start(() => WatchAsync(session));
        await session.Opened.WaitAsync(cancellationToken);
        _failures = 0;
        Log.Connected(_logger, endpoint.ToString());
    }

    async Task WatchAsync(Session session)
    {
        await session.Closed;
        OnSessionGoes(session);
    }

    void OnSessionGoes(Session session)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_session, session))
                _session = null;
        }
    }
}
