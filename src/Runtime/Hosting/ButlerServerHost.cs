using ButlerRpc.Calls;
using ButlerRpc.Platform;
using ButlerRpc.Transport;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ButlerRpc.Hosting;

/// <summary>Starts the server with its host and drains it when the host stops.</summary>
public sealed class ButlerServerHost : IHostedService, IAsyncDisposable
{
    readonly IServiceProvider _provider;
    readonly IOptions<ButlerServerSetup> _setup;
    readonly IEnumerable<ServiceRegistration> _registrations;
    readonly ILoggerFactory? _loggers;
    readonly ILogger _logger;
    ButlerServer? _server;

    internal ButlerServerHost(
        IServiceProvider provider, IOptions<ButlerServerSetup> setup, IEnumerable<ServiceRegistration> registrations, ILoggerFactory? loggers)
    {
        (_provider, _setup, _registrations, _loggers) = (provider, setup, registrations, loggers);
        _logger = loggers?.CreateLogger("ButlerRpc.Hosting") ?? NullLogger.Instance;
    }

    /// <summary>The server; its <see cref="ButlerServer.Endpoints"/> tell the port that was given for port 0.</summary>
    /// <exception cref="InvalidOperationException">The host has not started.</exception>
    public ButlerServer Server => _server ?? throw new InvalidOperationException("the server starts with its host: await host.StartAsync() first");

    ButlerScheduler Scheduler => (_setup.Value.Options.Platform ?? StandardPlatform.Shared).Scheduler;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var setup = _setup.Value;
        await Scheduler.SwitchTo();
        if (setup.Endpoints.Count == 0)
        {
            throw new InvalidOperationException(
                "the server has no endpoint; say where it listens: services.AddButlerServer(o => o.Listen(\"tcp://0.0.0.0:9000\")), " +
                "or the key Listen in the configuration it is bound to");
        }

        var services = new ServiceTable();
        foreach (var registration in _registrations)
            registration.AddTo(services, _provider, _logger);
        var options = setup.Options with { LoggerFactory = setup.Options.LoggerFactory ?? _loggers };
        _server = await ButlerServer.StartAsync(string.Join(',', setup.Endpoints), services, options, cancellationToken);
        var endpoints = string.Join(", ", _server.Endpoints);
        if (services.Services.Count > 0)
            HostingLog.Serving(_logger, string.Join(", ", services.Services), endpoints);
        else
            HostingLog.NoService(_logger, endpoints);
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_server is null)
            return;
        await Scheduler.SwitchTo();
        HostingLog.Draining(_logger);
        await _server.StopAsync(cancellationToken);
        HostingLog.Stopped(_logger);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
