using System.Globalization;
using ButlerRpc.Calls;
using ButlerRpc.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ButlerRpc;

/// <summary>Health checks of what is registered in the container, to be added in one line: <c>services.AddHealthChecks().Add(ButlerHealth.Server())</c>.</summary>
public static class ButlerHealth
{
    /// <summary>Healthy while the host's server takes calls; not before it has started, while it drains, and after.</summary>
    /// <param name="name">What the check is called. Default: <c>butler-server</c>.</param>
    /// <param name="failureStatus">What it reports when it is not healthy. Default: Unhealthy, because a server that drains must get no new work.</param>
    /// <param name="tags">For choosing among checks. Default: none.</param>
    public static HealthCheckRegistration Server(string name = "butler-server", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null) =>
        new(name, static provider => new ServerHealth(provider), failureStatus, tags);

    /// <summary>
    /// Healthy while the client of <typeparamref name="T"/> has a session that is ready. Without one it dials, and waits as long as a call would
    /// (<see cref="ButlerClientOptions.SessionTimeout"/>).
    /// </summary>
    /// <typeparam name="T">A contract, as it was given to <c>AddButlerClient</c>.</typeparam>
    /// <param name="key">The key, if it was registered with <c>AddKeyedButlerClient</c>.</param>
    /// <param name="name">What the check is called. Default: <c>butler-client:</c> and the name of the contract, and the key if there is one.</param>
    /// <param name="failureStatus">What it reports when it is not healthy. Default: Unhealthy.</param>
    /// <param name="tags">For choosing among checks. Default: none.</param>
    public static HealthCheckRegistration Client<T>(
        object? key = null, string? name = null, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
        where T : class, IButlerContract<T>
    {
        var service = T.Contract.Name;
        name ??= key is null ? $"butler-client:{service}" : string.Create(CultureInfo.InvariantCulture, $"butler-client:{service}:{key}");
        return new HealthCheckRegistration(name, provider => new ClientHealth(provider, service, key), failureStatus, tags);
    }
}

/// <summary>Asks the host's server.</summary>
sealed class ServerHealth(IServiceProvider provider) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var host = provider.GetService<ButlerServerHost>()
            ?? throw new InvalidOperationException("the health of a server is asked for, but there is none; add one with services.AddButlerServer(…)");
        return Task.FromResult(Judge(host.Started, context.Registration.FailureStatus));
    }

    static HealthCheckResult Judge(Task<ButlerServer> started, HealthStatus failureStatus)
    {
        if (!started.IsCompletedSuccessfully)
            return new HealthCheckResult(failureStatus, "the server has not started");
        var status = started.Result.Status;
        var numbers = new Dictionary<string, object>
        {
            ["state"] = status.State.ToString(),
            ["connections"] = status.Connections,
            ["sessions"] = status.Sessions,
            ["callsInFlight"] = status.CallsInFlight,
            ["queuedBytes"] = status.QueuedBytes,
            ["refusedConnections"] = status.RefusedConnections,
        };
        return status.State switch
        {
            ButlerServerState.Serving => HealthCheckResult.Healthy("the server takes calls", numbers),
            ButlerServerState.Draining => new HealthCheckResult(failureStatus, "the server drains: it takes no new calls", null, numbers),
            _ => new HealthCheckResult(failureStatus, "the server has stopped", null, numbers),
        };
    }
}

/// <summary>Asks the client of a contract for a session.</summary>
sealed class ClientHealth(IServiceProvider provider, string service, object? key) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        // The last one counts, as for the container.
        var registration = provider.GetServices<ClientRegistration>().LastOrDefault(r => r.Service == service && Equals(r.Key, key))
            ?? throw new InvalidOperationException(
                $"the health of the client of {service}{(key is null ? "" : $" with the key {key}")} is asked for, but there is none; add it with services.AddButlerClient");
        try
        {
            await provider.GetRequiredService<SharedClients>().Get(registration).NextSessionAsync(cancellationToken);
            return HealthCheckResult.Healthy("a session is ready");
        }
        catch (ButlerException e)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, e.Message, e);
        }
    }
}
