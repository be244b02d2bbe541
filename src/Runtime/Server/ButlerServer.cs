using ButlerRpc.Calls;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;
using ButlerRpc.Platform;
using ButlerRpc.Server;
using ButlerRpc.Sessions;
using ButlerRpc.Transport;
using Microsoft.Extensions.Logging;

namespace ButlerRpc;

/// <summary>Serves calls on one or more endpoints.</summary>
public sealed partial class ButlerServer : IAsyncDisposable
{
    readonly Lock _gate = new();
    readonly ButlerServerOptions _options;
    readonly ButlerPlatform _platform;
    readonly SessionHost _host;
    readonly SessionWires _wires;
    readonly ILogger _logger;
    readonly HashSet<Session> _sessions = [];
    readonly ServerReadings _readings;
    Signal? _stop;

    ButlerServer(ButlerServerOptions options, ServiceTable services)
    {
        options.Validate();
        _options = options;
        _platform = options.Platform ?? StandardPlatform.Shared;
        _logger = GuardedLogger.Of(options.LoggerFactory, "ButlerRpc.Server");
        _host = new SessionHost(_platform, options.Limits, _logger)
        {
            IncludeExceptionDetails = options.IncludeExceptionDetails,
            Authenticator = options.Authenticator,
            Relay = options.Relay,
        };
        _wires = new SessionWires(_host, options.Iproto);
        _acceptor = new Acceptor(
            _platform, _logger, new Admission(options.MaxConnections, options.MaxConnectionsPerAddress, options.MaxOpeningPerAddress),
            options.Limits.HandshakeTimeout);
        Services = services;
        _readings = new ServerReadings(this);
        Readings.Add(_readings, _platform.Scheduler);
    }

    /// <summary>Where it listens; with the ports it was given when 0 was asked for.</summary>
    public IReadOnlyList<ButlerEndpoint> Endpoints => _acceptor.Endpoints;

    /// <summary>What it offers. Services may be added while it runs.</summary>
    public ServiceTable Services { get; }

    /// <summary>What its sessions share.</summary>
    internal SessionHost Host => _host;

    /// <summary>The sessions whose clients may call, and be called, at the moment.</summary>
    public IReadOnlyList<ButlerSession> Online => [.. Sessions.Where(s => s.State == SessionState.Open).Select(s => s.Face())];

    /// <summary>The sessions that are open.</summary>
    public int SessionCount
    {
        get
        {
            lock (_gate)
                return _sessions.Count;
        }
    }

    /// <summary>The open sessions.</summary>
    internal IReadOnlyList<Session> Sessions
    {
        get
        {
            lock (_gate)
                return [.. _sessions];
        }
    }

    /// <summary>Starts to serve.</summary>
    /// <param name="endpoints">One or more endpoints, separated by commas: <c>tcp://host:port</c>; port 0 for a free one.</param>
    /// <param name="configure">Adds the services.</param>
    /// <param name="options">Default: see <see cref="ButlerServerOptions"/>.</param>
    /// <param name="cancellationToken">Gives the start up.</param>
    /// <exception cref="ArgumentException">An endpoint or an option is malformed, two methods have one code, or a method asks for a policy that is not defined.</exception>
    /// <exception cref="System.IO.IOException">An endpoint cannot be listened on.</exception>
    public static Task<ButlerServer> StartAsync(
        string endpoints, Action<ServiceTable> configure, ButlerServerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var services = new ServiceTable();
        configure(services);
        return StartAsync(endpoints, services, options, cancellationToken);
    }

    /// <summary>Starts to serve a table of services.</summary>
    /// <inheritdoc cref="StartAsync(string, Action{ServiceTable}, ButlerServerOptions?, CancellationToken)"/>
    public static Task<ButlerServer> StartAsync(
        string endpoints, ServiceTable services, ButlerServerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(services);
        return StartAsync(ButlerEndpoint.ParseList(endpoints), services, options ?? new ButlerServerOptions(), cancellationToken);
    }

    // Without endpoints it serves what is given to Accept.
    internal static async Task<ButlerServer> StartAsync(
        IReadOnlyList<ButlerEndpoint> endpoints, ServiceTable services, ButlerServerOptions options, CancellationToken cancellationToken)
    {
        var server = new ButlerServer(options, services);
        if (services.UndefinedPolicies() is { Count: > 0 } undefined)
        {
            throw new ArgumentException(
                $"a method asks for the policy '{undefined[0]}', which is not defined; add it with services.AddPolicy(\"{undefined[0]}\", …), in a host with AddButlerServer(o => o.Configure((services, _) => services.AddPolicy(…)))",
                nameof(services));
        }

        var planned = endpoints.Select(e => (Endpoint: e, Transport: server._platform.TransportOf(e), Protocols: PortProtocols.Of(e, options.Protocols))).ToArray();
        await server._platform.Scheduler.SwitchTo();
        var listeners = new List<ConnectionListener>();
        try
        {
            foreach (var (endpoint, transport, protocols) in planned)
            {
                var listener = protocols.Over(await transport.ListenAsync(endpoint, server._platform, cancellationToken));
                server._acceptor.Add(listener);
                listeners.Add(listener);
            }
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        foreach (var listener in listeners)
        {
            Log.Listening(server._logger, listener.Endpoint.ToString());
            server._acceptor.Run(listener, server.Serve);
        }

        return server;
    }

    /// <summary>Stops: no new connections, no new calls; those in flight may end within the drain time.</summary>
    /// <param name="cancellationToken">Cuts off what has not ended.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await _platform.Scheduler.SwitchTo();
        var stop = BeginStop();
        if (!cancellationToken.CanBeCanceled)
        {
            await stop;
            return;
        }

        using var registration = cancellationToken.UnsafeRegister(static server => ((ButlerServer)server!).AbortSessions(), this);
        await stop;
    }

    /// <summary>Stops it; see <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await _platform.Scheduler.SwitchTo();
        await StopAsync();
        Readings.Remove(_readings);
        _wires.Dispose();
        _host.Clock.Dispose();
        _host.Batches.Dispose();
    }

    // Begun once, and outside the gate: closing a listener is its transport's code.
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
        Session[] sessions;
        lock (_gate)
            sessions = [.. _sessions];

        var guests = StopGuestsAsync();

        // One after the other awaited: WhenAll would leave the scheduler.
        foreach (var draining in sessions.Select(s => s.DrainAsync(_options.DrainTimeout)).ToArray())
            await draining;
        await guests;
    }

    void AbortSessions()
    {
        Session[] sessions;
        lock (_gate)
            sessions = [.. _sessions];
        foreach (var session in sessions)
            session.Abort(ButlerReason.Stopped, "the server was stopped");
        AbortGuests();
    }
}
