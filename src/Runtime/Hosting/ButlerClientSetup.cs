using ButlerRpc.Calls;
using ButlerRpc.Platform;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ButlerRpc.Hosting;

/// <summary>What <c>AddButlerClient</c> configures: where a client dials, and its options.</summary>
public sealed class ButlerClientSetup
{
    readonly List<Func<IServiceCollection, ServiceRegistration>> _offers = [];

    /// <summary>The client's options. They are immutable: change one by <c>o.Options = o.Options with { … }</c>.</summary>
    public ButlerClientOptions Options { get; set; } = new();

    /// <summary>Where it dials.</summary>
    public IReadOnlyList<ButlerEndpoint> Endpoints { get; private set; } = [];

    /// <summary>Dials an endpoint, or one of several, separated by commas. Replaces what was said before.</summary>
    /// <exception cref="ArgumentException">One is malformed; the message names it and the accepted forms.</exception>
    public ButlerClientSetup Connect(string endpoints)
    {
        Endpoints = ButlerEndpoint.ParseList(endpoints);
        return this;
    }

    /// <summary>
    /// Offers a service to the server that is called, for its callbacks. What the container has for it takes them: a singleton, made at the first callback, or one
    /// for each callback, in a scope of its own.
    /// </summary>
    /// <typeparam name="T">The contract, as it is registered: <c>services.AddSingleton&lt;IOrderEvents, Screen&gt;()</c>.</typeparam>
    public ButlerClientSetup Offer<T>()
        where T : class, IButlerContract<T>
    {
        _offers.Add(static services => new ServiceRegistration<T, T>(services));
        return this;
    }

    /// <summary>What is offered, once everything has been registered.</summary>
    internal IEnumerable<ServiceRegistration> OffersIn(IServiceCollection services) => _offers.Select(offer => offer(services));

    /// <summary>
    /// Takes endpoints (the key <c>Connect</c>) and options from configuration. Options are named as the properties of <see cref="ButlerClientOptions"/>;
    /// times are written as <c>hh:mm:ss</c> or <c>infinite</c>.
    /// </summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">A key is no option or a value is malformed; the message names all of them.</exception>
    public ButlerClientSetup Bind(IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        Options = OptionNames.Client.Bind(Options, section, ("Connect", endpoints => Connect(endpoints)));
        return this;
    }
}
