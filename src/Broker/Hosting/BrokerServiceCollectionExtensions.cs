using ButlerRpc.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ButlerRpc;

/// <summary>Registers a broker.</summary>
public static class BrokerServiceCollectionExtensions
{
    /// <summary>
    /// Adds a broker that starts and stops with the host: <c>services.AddButlerBroker(o => o.Listen("tcp://0.0.0.0:9100"))</c>. A host has one; called again, this
    /// configures it further.
    /// </summary>
    public static IServiceCollection AddButlerBroker(this IServiceCollection services, Action<ButlerBrokerSetup> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<ButlerBrokerSetup>().Configure(configure);
        if (services.Any(d => d.ServiceType == typeof(ButlerBrokerHost)))
            return services;
        services.AddSingleton(provider => new ButlerBrokerHost(provider.GetRequiredService<IOptions<ButlerBrokerSetup>>(), provider.GetService<ILoggerFactory>()));
        return services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<ButlerBrokerHost>());
    }
}
