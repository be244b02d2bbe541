using ButlerRpc.Transport;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ButlerRpc.Hosting;

/// <summary>Starts the broker with its host and drains it when the host stops.</summary>
public sealed class ButlerBrokerHost : IHostedService, IAsyncDisposable
{
    readonly IOptions<ButlerBrokerSetup> _setup;
    readonly ILoggerFactory? _loggers;
    ButlerBroker? _broker;

    internal ButlerBrokerHost(IOptions<ButlerBrokerSetup> setup, ILoggerFactory? loggers) => (_setup, _loggers) = (setup, loggers);

    /// <summary>The broker; its <see cref="ButlerBroker.Endpoints"/> tell the port that was given for port 0.</summary>
    /// <exception cref="InvalidOperationException">The host has not started.</exception>
    public ButlerBroker Broker => _broker ?? throw new InvalidOperationException("the broker starts with its host: await host.StartAsync() first");

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var setup = _setup.Value;
        await (setup.Options.Platform ?? StandardPlatform.Shared).Scheduler.SwitchTo();
        if (setup.Endpoints.Count == 0)
            throw new InvalidOperationException("the broker has no endpoint; say where it listens: services.AddButlerBroker(o => o.Listen(\"tcp://0.0.0.0:9100\"))");
        _broker = await ButlerBroker.StartAsync(
            string.Join(',', setup.Endpoints), setup.Options with { LoggerFactory = setup.Options.LoggerFactory ?? _loggers }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => _broker?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _broker?.DisposeAsync() ?? ValueTask.CompletedTask;
}
