using ButlerRpc.Platform;
using Microsoft.Extensions.Configuration;

namespace ButlerRpc.Hosting;

/// <summary>What <c>AddButlerClient</c> configures: where a client dials, and its options.</summary>
public sealed class ButlerClientSetup
{
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
