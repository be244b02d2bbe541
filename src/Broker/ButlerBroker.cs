using System.Security.Claims;
using ButlerRpc.Broker;
using ButlerRpc.Broker.Channels;
using ButlerRpc.Broker.Native;
using ButlerRpc.Broker.Version1;
using ButlerRpc.Calls;
using ButlerRpc.Diagnostics;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;
using ButlerRpc.Transport;
using Microsoft.Extensions.Logging;

namespace ButlerRpc;

/// <summary>
/// Carries the calls of consumers to providers that they cannot reach directly, through channels named by UUID. It passes bodies on as they are and knows no contract.
/// </summary>
public sealed class ButlerBroker : IAsyncDisposable
{
    readonly ButlerBrokerOptions _options;
    readonly ILogger _logger;
    readonly ButlerScheduler _scheduler;
    ButlerServer _server = null!;
    BrokerMeter? _meter;

    ButlerBroker(ButlerBrokerOptions options)
    {
        _options = options;
        var platform = options.Platform ?? StandardPlatform.Shared;
        _scheduler = platform.Scheduler;
        Id = platform.Random.NextGuid();
        _logger = GuardedLogger.Of(options.LoggerFactory, "ButlerRpc.Broker");
        Channels = new ChannelTable(new ChannelLimits(
            options.QueuedCallsPerChannel, options.QueuedBytesPerChannel, options.QueuedBytesPerPeer, (long)options.LongestProviderWait.TotalMilliseconds), _logger);
    }

    /// <summary>Where it listens; with the ports it was given when 0 was asked for.</summary>
    public IReadOnlyList<ButlerEndpoint> Endpoints => [.. _server.Endpoints.Select(BrokerListening.Shown)];

    /// <summary>What goes on in it.</summary>
    public BrokerStatistics Statistics => BrokerStatistics.Of(Channels);

    /// <summary>What its sessions share.</summary>
    internal SessionHost Host => _server.Host;

    internal ChannelTable Channels { get; }

    /// <summary>Who the broker is to providers of version 1, where a consumer has no id of theirs.</summary>
    internal Guid Id { get; }

    /// <summary>Starts a broker.</summary>
    /// <param name="endpoints">One or more endpoints, separated by commas: <c>tcp://host:port</c>; port 0 for a free one.</param>
    /// <param name="options">Default: see <see cref="ButlerBrokerOptions"/>.</param>
    /// <param name="cancellationToken">Gives the start up.</param>
    /// <exception cref="ArgumentException">An endpoint or an option is malformed.</exception>
    /// <exception cref="System.IO.IOException">An endpoint cannot be listened on.</exception>
    public static async Task<ButlerBroker> StartAsync(string endpoints, ButlerBrokerOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ButlerBrokerOptions();
        options.Validate();
        var broker = new ButlerBroker(options);
        await broker._scheduler.SwitchTo();
        var listening = options.AllowsVersion1 ? BrokerListening.WithVersion1(endpoints) : endpoints;
        broker._server = await ButlerServer.StartAsync(listening, new ServiceTable(), broker.ServerOptions(), cancellationToken);
        broker._meter = new BrokerMeter(broker);
        return broker;
    }

    /// <summary>Stops: no new connections, no new calls; those in flight may end within the drain time.</summary>
    /// <param name="cancellationToken">Cuts off what has not ended.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await _scheduler.SwitchTo();
        var stopping = _server.StopAsync(cancellationToken);
        Channels.Stop();
        await stopping;
    }

    /// <summary>Stops it; see <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await _scheduler.SwitchTo();
        await StopAsync();
        await _server.DisposeAsync();
        _meter?.Dispose();
    }

    internal async ValueTask<bool> MayAttachAsync(BrokerRole role, Guid channel, ClaimsPrincipal? principal, string remote, CancellationToken cancellationToken)
    {
        if (_options.Authorizer is not { } authorizer)
            return true;
        try
        {
            if (await authorizer(new BrokerAttachment(role, channel, principal, remote), cancellationToken))
                return true;
            BrokerLog.Forbidden(_logger, remote, role, channel);
        }
        catch (Exception e)
        {
            BrokerLog.AuthorizerFailed(_logger, e, remote, role, channel);
        }

        return false;
    }

    ButlerServerOptions ServerOptions() => new()
    {
        MaxConnections = _options.MaxConnections,
        MaxConnectionsPerAddress = _options.MaxConnectionsPerAddress,
        DrainTimeout = _options.DrainTimeout,
        Authenticator = _options.Authenticator,
        Limits = _options.Limits,
        LoggerFactory = _options.LoggerFactory,
        Platform = _options.Platform,
        Relay = new NativeRelay(this),
        Protocols = _options.AllowsVersion1 ? [new Version1Protocol(this, _options.Version1, _options.QueuedBytesPerPeer, _logger)] : [],
    };
}
