using System.Diagnostics.CodeAnalysis;
using ButlerRpc.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ButlerRpc;

/// <summary>Registers a server and what it serves.</summary>
public static class ButlerServerServiceCollectionExtensions
{
    /// <summary>
    /// Adds a server that starts and stops with the host: <c>services.AddButlerServer(o => o.Listen("tcp://0.0.0.0:9000"))</c>.
    /// A host has one server; called again, this configures it further.
    /// </summary>
    public static IServiceCollection AddButlerServer(this IServiceCollection services, Action<ButlerServerSetup> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<ButlerServerSetup>().Configure(configure);
        return services.AddServerHost();
    }

    /// <summary>Adds a server with endpoints and options from a configuration section; see <see cref="ButlerServerSetup.Bind"/>.</summary>
    public static IServiceCollection AddButlerServer(this IServiceCollection services, IConfigurationSection section) =>
        services.AddButlerServer(setup => setup.Bind(section));

    /// <summary>
    /// Serves every contract that <typeparamref name="TImplementation"/> implements. One object serves all calls, unless the type is registered as scoped
    /// or transient: then every call has a scope of its own, which ends with the call.
    /// </summary>
    /// <typeparam name="TImplementation">A class that implements at least one service interface; or such an interface, served by what is registered for it.</typeparam>
    /// <exception cref="ArgumentException"><typeparamref name="TImplementation"/> implements no contract.</exception>
    public static IServiceCollection AddButlerService<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.Interfaces | DynamicallyAccessedMemberTypes.PublicConstructors)] TImplementation>(
        this IServiceCollection services)
        where TImplementation : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ContractFinder<TImplementation>.Register(services, typeof(TImplementation));
        if (!typeof(TImplementation).IsAbstract)
            services.TryAddSingleton<TImplementation>();
        return services.AddServerHost();
    }

    static IServiceCollection AddServerHost(this IServiceCollection services)
    {
        if (services.Any(d => d.ServiceType == typeof(ButlerServerHost)))
            return services;
        services.AddOptions();
        services.AddSingleton(provider => new ButlerServerHost(
            provider,
            provider.GetRequiredService<IOptions<ButlerServerSetup>>(),
            provider.GetServices<ServiceRegistration>(),
            provider.GetService<ILoggerFactory>()));
        return services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<ButlerServerHost>());
    }
}
