using ButlerRpc.Calls;
using ButlerRpc.Client;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;
using ButlerRpc.Transport;
using Microsoft.Extensions.Logging;

namespace ButlerRpc;

/// <summary>
/// Calls the services of one or more servers. One object for the life of the process: it keeps its sessions, chooses one for each call, and dials again when
/// one has ended. The parts: <c>.Routing</c> (which session gets a call), <c>.Waiting</c> (calls that have none yet), <c>.Retry</c> (calls that failed).
/// </summary>
public sealed partial class ButlerClient : CallInvoker, IAsyncDisposable, ICallOwner, ITimed
{
    readonly Lock _gate = new();
    readonly ButlerClientOptions _options;
    readonly ButlerPlatform _platform;
    readonly SessionHost _host;
    readonly SessionWires _wires;
    readonly SessionPool<RoutedSession> _pool;
    readonly ILogger _logger;
    readonly IEndpointResolver _resolver;
    readonly ClientReadings _readings;
    readonly CancellationTokenSource _stopped = new();
    readonly Changes _changes;
    readonly Dictionary<string, IReadOnlyList<Method>> _announced = new(StringComparer.Ordinal);
    bool _started;
    bool _disposed;

    ButlerClient(IEndpointResolver resolver, ButlerClientOptions? options)
    {
        ArgumentNullException.ThrowIfNull(resolver);
        _options = options ?? new ButlerClientOptions();
        _options.Validate();
        _platform = _options.Platform ?? StandardPlatform.Shared;
        _changes = new Changes(_platform.Scheduler);
        _resolver = resolver;
        Services = _options.Serves ?? new ServiceTable();
        _logger = GuardedLogger.Of(_options.LoggerFactory, "ButlerRpc.Client");
        _host = new SessionHost(_platform, _options.Limits, _logger)
        {
            DefaultTimeout = _options.CallTimeout,
            InlineContinuations = _options.InlineContinuations,
            Attachment = _options.Attachment,
            SendBlocked = () => _pool!.OnSendBlocked(),
        };
        _wires = new SessionWires(_host, _options.Iproto);
        _pool = new SessionPool<RoutedSession>(_options, _platform, _host.Clock, _logger, OpenSessionAsync, OnPoolChanged);
        _budget = new RetryBudget(_options.Retry.Budget, _options.Retry.BudgetBurst);
        _takesDirectWay = _options is { RateLimiter: null, WaitForSlot: true, Retry.HedgeAfter: null };
        _host.Clock.Add(this);
        _readings = new ClientReadings(this);
        Readings.Add(_readings, _platform.Scheduler);
        if (_options.Interceptors.Count > 0)
            Pipeline = new ClientPipeline(null, _options.Interceptors);
        if (resolver is StaticEndpoints fixedOnes)
            Use(fixedOnes.Endpoints);
    }

    /// <summary>What the client offers to the server that it calls, for services with a callback.</summary>
    public ServiceTable Services { get; }

    /// <summary>Offers a service to the server that is called, for its callbacks. It stays offered when the client connects again.</summary>
    /// <exception cref="ArgumentException">A method's code is taken by another service; the message names both.</exception>
    public ButlerClient Add<T>(T implementation)
        where T : class, IButlerContract<T>
    {
        Services.Add(implementation);
        return this;
    }

    internal override TimeProvider Time => _platform.Time;

    /// <summary>A session in use; null: none at the moment.</summary>
    internal Session? Session => _pool.Ready is [var routed, ..] ? routed.Session : null;

    /// <summary>Connects, and returns when a session is ready.</summary>
    /// <param name="endpoints">One or more endpoints, separated by commas: <c>tcp://host:port</c>.</param>
    /// <param name="options">Default: see <see cref="ButlerClientOptions"/>.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <exception cref="ArgumentException">An endpoint or an option is malformed, or an endpoint is for listening.</exception>
    /// <exception cref="ButlerException">Unavailable: no endpoint could be reached. Unauthenticated: the server does not accept the token.</exception>
    public static Task<ButlerClient> ConnectAsync(
        string endpoints, ButlerClientOptions? options = null, CancellationToken cancellationToken = default) =>
        ConnectAsync(new StaticEndpoints(endpoints), options, cancellationToken);

    /// <summary>Connects to the endpoints that a resolver names, and returns when a session is ready.</summary>
    /// <inheritdoc cref="ConnectAsync(string, ButlerClientOptions?, CancellationToken)"/>
    public static async Task<ButlerClient> ConnectAsync(
        IEndpointResolver endpoints, ButlerClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        var client = new ButlerClient(endpoints, options);
        await client._platform.Scheduler.SwitchTo();
        try
        {
            await client.BecomeReadyAsync(client.IsOpen, orFail: true, cancellationToken);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connects it if it has not, and returns when a session is ready.</summary>
    /// <exception cref="ButlerException">Unavailable: no endpoint could be reached.</exception>
    internal async Task ConnectAsync(CancellationToken cancellationToken)
    {
        await _platform.Scheduler.SwitchTo();
        await BecomeReadyAsync(IsOpen, orFail: true, cancellationToken);
    }

    /// <summary>A client that connects when it is first called, or told to be ready.</summary>
    /// <param name="endpoints">One or more endpoints, separated by commas: <c>tcp://host:port</c>.</param>
    /// <param name="options">Default: see <see cref="ButlerClientOptions"/>.</param>
    /// <exception cref="ArgumentException">An endpoint or an option is malformed, or an endpoint is for listening.</exception>
    public static ButlerClient Open(string endpoints, ButlerClientOptions? options = null) => new(new StaticEndpoints(endpoints), options);

    /// <inheritdoc cref="Open(string, ButlerClientOptions?)"/>
    public static ButlerClient Open(IEndpointResolver endpoints, ButlerClientOptions? options = null) => new(endpoints, options);

    /// <summary>Connects if it has not, and waits until a session is ready, however long that takes.</summary>
    /// <param name="cancellationToken">Gives the wait up; the client goes on dialling.</param>
    /// <exception cref="ButlerException">Unavailable, Stopped: the client was disposed.</exception>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken = default)
    {
        await _platform.Scheduler.SwitchTo();
        await BecomeReadyAsync(IsOpen, orFail: false, cancellationToken);
    }

    /// <summary>Ends it: calls in flight may end within the drain time, new ones fail.</summary>
    public async ValueTask DisposeAsync()
    {
        await _platform.Scheduler.SwitchTo();
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            _direct = null;
            FailWaiting(Disposed());
        }

        _stopped.Cancel();
        _changes.Happened();
        await _pool.StopAsync(_options.DrainTimeout);
        _wires.Dispose();
        _host.Clock.Remove(this);
        _host.Clock.Dispose();
        Readings.Remove(_readings);
        _host.Batches.Dispose();
    }

    /// <inheritdoc/>
    protected internal override void Announce(string service, IReadOnlyList<Method> methods)
    {
        lock (_gate)
            _announced[service] = methods;
        foreach (var session in _pool.Sessions)
            session.Session.Announce(service, methods);
    }

    /// <summary>Announces what is called: again when the session has become known to <see cref="Announce"/>, for what came in between.</summary>
    internal void AnnounceAll(Session session)
    {
        Dictionary<string, IReadOnlyList<Method>> announced;
        lock (_gate)
            announced = new(_announced);
        foreach (var (service, methods) in announced)
            session.Announce(service, methods);
    }

    static ButlerException Disposed() => Errors.Dropped("the client was disposed", handedOver: false, ButlerReason.Stopped);

    async Task BecomeReadyAsync(Func<bool> isReady, bool orFail, CancellationToken cancellationToken)
    {
        EnsureStarted();
        while (true)
        {
            Signal changed;
            lock (_gate)
            {
                if (_disposed)
                    throw Disposed();
                if (isReady())
                    return;
                if (orFail && _pool.HasFailed)
                    throw Errors.Dropped(_pool.LastFailure ?? "no endpoint could be reached", handedOver: false, _pool.LastReason);
                changed = _changes.Next();
            }

            await _changes.WaitAsync(changed, cancellationToken);
        }
    }

    // Begins to dial, once; later it only reminds the pool of endpoints that were given up.
    void EnsureStarted()
    {
        bool first;
        lock (_gate)
        {
            first = !_started;
            _started = true;
        }

        if (first && _resolver is not StaticEndpoints)
            _platform.Scheduler.Start(WatchEndpointsAsync);
        _pool.Start();
    }

    async Task WatchEndpointsAsync()
    {
        var backoff = new Backoff(_options.ShortestBackoff, _options.LongestBackoff, _platform.Random);
        while (!_stopped.IsCancellationRequested)
        {
            try
            {
                await foreach (var endpoints in _resolver.WatchAsync(_platform, _stopped.Token))
                {
                    Use(endpoints);
                    backoff.Reset();
                }

                return;
            }
            catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                backoff.Failed();
                Log.ResolverFailed(_logger, e, _resolver.GetType().Name);
                _pool.OnUnresolved(e.Message);
            }

            try
            {
                await Task.Delay(backoff.Next(), _platform.Time, _stopped.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    void Use(IReadOnlyList<ButlerEndpoint> endpoints)
    {
        if (endpoints.Count == 0)
            throw new ArgumentException("a client needs at least one endpoint");
        foreach (var endpoint in endpoints)
            _platform.DiallingTransportOf(endpoint);
        _pool.SetMembers(endpoints);
    }

    async ValueTask<RoutedSession> OpenSessionAsync(ButlerEndpoint endpoint, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.DialTimeout, _platform.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        Connection connection;
        ReadOnlyMemory<byte> token;
        try
        {
            connection = await _platform.TransportOf(endpoint).DialAsync(endpoint, _platform, either.Token);
            token = _options.Token is null ? default : await TokenForAsync(endpoint, connection, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"{endpoint} did not answer within {_options.DialTimeout.TotalSeconds:0.###} s");
        }

        var session = _wires.Create(connection, PortProtocols.IsIproto(endpoint), Services, isAcceptor: false, _ => _pool.Refresh(), token, endpoint);
        AnnounceAll(session);
        var routed = new RoutedSession(this, endpoint, session, _options.Init);
        if (session.HasInit)
        {
            routed.Run();
            await session.InitAsync();
        }

        return routed;
    }

    // Asked for anew at each dial, so that one that has expired is replaced.
    async ValueTask<ReadOnlyMemory<byte>> TokenForAsync(ButlerEndpoint endpoint, Connection connection, CancellationToken cancellationToken)
    {
        if (_options.Token is not { } provider)
            return default;
        try
        {
            if (!connection.IsEncrypted && !connection.IsLocal && !_options.AllowTokenInClear)
            {
                throw new IOException(
                    $"the token is not sent to {endpoint}, because anybody on the way could read it; use tls://, or set {nameof(ButlerClientOptions.AllowTokenInClear)}");
            }

            var token = await provider(cancellationToken);
            return token.Length <= Hello.MostToken
                ? token
                : throw new IOException($"the token is {token.Length} bytes; at most {Hello.MostToken} are allowed");
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
