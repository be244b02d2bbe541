using ButlerRpc.Calls;
using ButlerRpc.Diagnostics;
using ButlerRpc.Platform;
using ButlerRpc.Transport;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ButlerRpc.Hosting;

/// <summary>Starts the server with its host and drains it when the host stops.</summary>
public sealed class ButlerServerHost : IHostedLifecycleService, IAsyncDisposable
{
    readonly IServiceProvider _provider;
    readonly IOptions<ButlerServerSetup> _setup;
    readonly IEnumerable<ServiceRegistration> _registrations;
    readonly ILoggerFactory? _loggers;
    readonly ILogger _logger;
    readonly TaskCompletionSource<ButlerServer> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly List<string> _elsewhere = [];
    ButlerServer? _server;

    internal ButlerServerHost(
        IServiceProvider provider, IOptions<ButlerServerSetup> setup, IEnumerable<ServiceRegistration> registrations, ILoggerFactory? loggers)
    {
        (_provider, _setup, _registrations, _loggers) = (provider, setup, registrations, loggers);
        _logger = GuardedLogger.Of(loggers, "ButlerRpc.Hosting");
    }

    /// <summary>The server; its <see cref="ButlerServer.Endpoints"/> tell the port that was given for port 0.</summary>
    /// <exception cref="InvalidOperationException">The host has not started.</exception>
    public ButlerServer Server => _server ?? throw new InvalidOperationException("the server starts with its host: await host.StartAsync() first");

    /// <summary>The server, as soon as there is one.</summary>
    internal Task<ButlerServer> Started => _started.Task;

    /// <summary>The server's options.</summary>
    internal ButlerServerOptions Options => _setup.Value.Options;

    ButlerScheduler Scheduler => (_setup.Value.Options.Platform ?? StandardPlatform.Shared).Scheduler;

    /// <summary>Says that somebody else listens and gives the connections to the server.</summary>
    internal void ListensAlso(string where)
    {
        lock (_elsewhere)
            _elsewhere.Add(where);
    }

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var setup = _setup.Value;
        await Scheduler.SwitchTo();
        var services = new ServiceTable();
        foreach (var registration in _registrations)
            registration.AddTo(services, _provider, _logger);
        setup.AddTo(services, _provider);
        var options = setup.Options with { LoggerFactory = setup.Options.LoggerFactory ?? _loggers };
        _server = await ButlerServer.StartAsync(setup.Endpoints, services, options, cancellationToken);
        _started.TrySetResult(_server);
    }

    // Only now everybody has spoken who may listen for it.
    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        string[] where;
        lock (_elsewhere)
            where = [.. Server.Endpoints.Select(e => e.ToString()), .. _elsewhere];
        if (where.Length == 0)
        {
            throw new InvalidOperationException(
                "the server has no endpoint; say where it listens: services.AddButlerServer(o => o.Listen(\"tcp://0.0.0.0:9000\")), " +
                "the key Listen in the configuration it is bound to, or kestrel.ListenAnyIP(9000, l => l.UseButler())");
        }

        var endpoints = string.Join(", ", where);
        if (Server.Services.Services.Count > 0)
            HostingLog.Serving(_logger, string.Join(", ", Server.Services.Services), endpoints);
        else
            HostingLog.NoService(_logger, endpoints);
        return Task.CompletedTask;
    }

    Task IHostedLifecycleService.StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

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
