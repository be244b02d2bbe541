using ButlerRpc.Calls;
using ButlerRpc.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace ButlerRpc;

/// <summary>Registers services that other processes serve.</summary>
public static class ButlerClientServiceCollectionExtensions
{
    /// <summary>
    /// Makes <typeparamref name="T"/> injectable; its calls go to <paramref name="endpoints"/>. Nothing is dialled before the first call.
    /// Registrations with the same endpoints and options share one client.
    /// </summary>
    /// <exception cref="ArgumentException">An endpoint is malformed; the message names it and the accepted forms.</exception>
    public static IServiceCollection AddButlerClient<T>(this IServiceCollection services, string endpoints, Action<ButlerClientSetup>? configure = null)
        where T : class, IButlerContract<T> =>
        services.AddClient<T>(null, Checked(endpoints) + configure);

    /// <summary>Makes <typeparamref name="T"/> injectable, with endpoints and options from a configuration section; see <see cref="ButlerClientSetup.Bind"/>.</summary>
    public static IServiceCollection AddButlerClient<T>(this IServiceCollection services, IConfigurationSection section)
        where T : class, IButlerContract<T> =>
        services.AddClient<T>(null, setup => setup.Bind(section));

    /// <summary>Makes <typeparamref name="T"/> injectable under a key, by <c>[FromKeyedServices(key)]</c>; otherwise as without one.</summary>
    /// <exception cref="ArgumentException">An endpoint is malformed; the message names it and the accepted forms.</exception>
    public static IServiceCollection AddKeyedButlerClient<T>(
        this IServiceCollection services, object key, string endpoints, Action<ButlerClientSetup>? configure = null)
        where T : class, IButlerContract<T> =>
        services.AddClient<T>(key ?? throw new ArgumentNullException(nameof(key)), Checked(endpoints) + configure);

    /// <summary>Makes <typeparamref name="T"/> injectable under a key, with endpoints and options from configuration.</summary>
    public static IServiceCollection AddKeyedButlerClient<T>(this IServiceCollection services, object key, IConfigurationSection section)
        where T : class, IButlerContract<T> =>
        services.AddClient<T>(key ?? throw new ArgumentNullException(nameof(key)), setup => setup.Bind(section));

    // A literal that is malformed is refused where it stands, not when the host starts.
    static Action<ButlerClientSetup> Checked(string endpoints)
    {
        _ = new ButlerClientSetup().Connect(endpoints);
        return setup => setup.Connect(endpoints);
    }

    static IServiceCollection AddClient<T>(this IServiceCollection services, object? key, Action<ButlerClientSetup> configure)
        where T : class, IButlerContract<T>
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<SharedClients>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ClientCheck>());
        var registration = new ClientRegistration(T.Contract.Name, key, configure, services);
        services.AddSingleton(registration);
        return key is null
            ? services.AddSingleton(provider => provider.GetRequiredService<SharedClients>().Get(registration).Create<T>())
            : services.AddKeyedSingleton(key, (provider, _) => provider.GetRequiredService<SharedClients>().Get(registration).Create<T>());
    }
}
