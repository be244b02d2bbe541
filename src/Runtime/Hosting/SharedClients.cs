using ButlerRpc.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Hosting;

/// <summary>One use of <c>AddButlerClient</c>.</summary>
sealed record ClientRegistration(string Service, object? Key, Action<ButlerClientSetup> Configure, IServiceCollection Services);

/// <summary>The clients of a container: one for all registrations that have the same endpoints and equal options.</summary>
sealed class SharedClients(IServiceProvider provider, ILoggerFactory? loggers = null) : IAsyncDisposable, IDisposable
{
    readonly Lock _gate = new();
    readonly Dictionary<(string Endpoints, ButlerClientOptions Options), ButlerClient> _clients = [];
    readonly HashSet<ClientRegistration> _offered = new(ReferenceEqualityComparer.Instance);
    bool _disposed;

    /// <summary>The client of a registration. It dials when it is first used.</summary>
    /// <exception cref="InvalidOperationException">The registration has no endpoint.</exception>
    public ButlerClient Get(ClientRegistration registration)
    {
        var setup = new ButlerClientSetup();
        registration.Configure(setup);
        if (setup.Endpoints.Count == 0)
        {
            throw new InvalidOperationException(
                $"the client of {registration.Service} has no endpoint; say where it dials, such as tcp://orders:9000, in AddButlerClient, " +
                "or by the key Connect in the configuration it is bound to");
        }

        var endpoints = string.Join(',', setup.Endpoints);
        var options = setup.Options with { LoggerFactory = setup.Options.LoggerFactory ?? loggers };
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_clients.TryGetValue((endpoints, options), out var client))
                _clients.Add((endpoints, options), client = ButlerClient.Open(endpoints, options));
            if (_offered.Add(registration))
                Offer(client, setup.OffersIn(registration.Services));
            return client;
        }
    }

    void Offer(ButlerClient client, IEnumerable<ServiceRegistration> offers)
    {
        var logger = GuardedLogger.Of(loggers, "ButlerRpc.Client");
        foreach (var offer in offers)
            offer.OfferTo(client.Services, provider, logger);
    }

    public async ValueTask DisposeAsync()
    {
        ButlerClient[] clients;
        lock (_gate)
        {
            _disposed = true;
            clients = [.. _clients.Values];
            _clients.Clear();
        }

        foreach (var client in clients)
            await client.DisposeAsync().ConfigureAwait(false);
    }

    // A container that is disposed synchronously refuses what can only be disposed asynchronously.
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}

/// <summary>Makes every client when the host starts, so that a mistake in its options shows then and not at the first call.</summary>
sealed class ClientCheck(SharedClients clients, IEnumerable<ClientRegistration> registrations) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var registration in registrations)
            clients.Get(registration);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
