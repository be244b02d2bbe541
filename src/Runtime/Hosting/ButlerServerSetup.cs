using ButlerRpc.Calls;
using ButlerRpc.Platform;
using Microsoft.Extensions.Configuration;

namespace ButlerRpc.Hosting;

/// <summary>What <c>AddButlerServer</c> configures: where the server of a host listens, and its options.</summary>
public sealed class ButlerServerSetup
{
    readonly List<ButlerEndpoint> _endpoints = [];
    readonly List<Action<ServiceTable, IServiceProvider>> _configure = [];

    /// <summary>The server's options. They are immutable: change one by <c>o.Options = o.Options with { … }</c>.</summary>
    public ButlerServerOptions Options { get; set; } = new();

    /// <summary>Where it listens.</summary>
    public IReadOnlyList<ButlerEndpoint> Endpoints => _endpoints;

    /// <summary>
    /// Adds what stands around the services, when the server starts: policies, interceptors, statuses of exceptions, handlers of codes. May be called several times.
    /// <c>o.Configure((services, provider) => services.AddPolicy("admin", p => p?.IsInRole("admin") == true).Use(provider.GetRequiredService&lt;Timing>()))</c>
    /// </summary>
    /// <param name="configure">Is given the server's table and the host's container.</param>
    public ButlerServerSetup Configure(Action<ServiceTable, IServiceProvider> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        _configure.Add(configure);
        return this;
    }

    internal void AddTo(ServiceTable services, IServiceProvider provider)
    {
        foreach (var configure in _configure)
            configure(services, provider);
    }

    /// <summary>Listens on an endpoint as well, or on several, separated by commas. Port 0 binds a free one.</summary>
    /// <exception cref="ArgumentException">One is malformed; the message names it and the accepted forms.</exception>
    public ButlerServerSetup Listen(string endpoints)
    {
        _endpoints.AddRange(ButlerEndpoint.ParseList(endpoints));
        return this;
    }

    /// <summary>
    /// Takes endpoints (the key <c>Listen</c>) and options from configuration. Options are named as the properties of <see cref="ButlerServerOptions"/>;
    /// times are written as <c>hh:mm:ss</c> or <c>infinite</c>.
    /// </summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">A key is no option or a value is malformed; the message names all of them.</exception>
    public ButlerServerSetup Bind(IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        Options = OptionNames.Server.Bind(Options, section, ("Listen", endpoints => Listen(endpoints)));
        return this;
    }
}
