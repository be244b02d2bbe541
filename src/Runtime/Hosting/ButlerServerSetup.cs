using ButlerRpc.Platform;
using Microsoft.Extensions.Configuration;

namespace ButlerRpc.Hosting;

/// <summary>What <c>AddButlerServer</c> configures: where the server of a host listens, and its options.</summary>
public sealed class ButlerServerSetup
{
    readonly List<ButlerEndpoint> _endpoints = [];

    /// <summary>The server's options. They are immutable: change one by <c>o.Options = o.Options with { … }</c>.</summary>
    public ButlerServerOptions Options { get; set; } = new();

    /// <summary>Where it listens.</summary>
    public IReadOnlyList<ButlerEndpoint> Endpoints => _endpoints;

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
