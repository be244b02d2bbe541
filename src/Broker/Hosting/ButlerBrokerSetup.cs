using ButlerRpc.Platform;

namespace ButlerRpc.Hosting;

/// <summary>What <c>AddButlerBroker</c> configures: where the broker of a host listens, and its options.</summary>
public sealed class ButlerBrokerSetup
{
    readonly List<ButlerEndpoint> _endpoints = [];

    /// <summary>The broker's options. They are immutable: change one by <c>o.Options = o.Options with { … }</c>.</summary>
    public ButlerBrokerOptions Options { get; set; } = new();

    /// <summary>Where it listens.</summary>
    public IReadOnlyList<ButlerEndpoint> Endpoints => _endpoints;

    /// <summary>Listens on an endpoint as well, or on several, separated by commas. Port 0 binds a free one.</summary>
    /// <exception cref="ArgumentException">One is malformed; the message names it and the accepted forms.</exception>
    public ButlerBrokerSetup Listen(string endpoints)
    {
        _endpoints.AddRange(ButlerEndpoint.ParseList(endpoints));
        return this;
    }
}
