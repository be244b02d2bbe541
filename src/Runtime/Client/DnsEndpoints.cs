using System.Runtime.CompilerServices;
using ButlerRpc.Platform;

namespace ButlerRpc.Client;

/// <summary>One endpoint per address of a host name, which is looked up again and again: for names behind which servers come and go.</summary>
/// <remarks>Plain TCP only: a certificate names the host, which an endpoint made of an address does not have.</remarks>
public sealed class DnsEndpoints : IEndpointResolver
{
    readonly ButlerEndpoint _endpoint;
    readonly TimeSpan _interval;

    /// <summary>Watches the host of an endpoint such as <c>tcp://orders.internal:9000</c>.</summary>
    /// <param name="endpoint">Where to connect, <c>tcp://</c> or <c>iproto://</c>; its host is replaced by each of its addresses, its options stay.</param>
    /// <param name="interval">The time between two look-ups. Default 30 s.</param>
    /// <exception cref="ArgumentException">The endpoint is malformed, or of another scheme.</exception>
    public DnsEndpoints(string endpoint, TimeSpan? interval = null)
    {
        _endpoint = ButlerEndpoint.Parse(endpoint);
        if (_endpoint.Scheme is not ("tcp" or "iproto"))
            throw new ArgumentException($"'{endpoint}' cannot be expanded into its addresses; {nameof(DnsEndpoints)} takes tcp://host:port and iproto://host:port", nameof(endpoint));
        _interval = interval ?? TimeSpan.FromSeconds(30);
        OptionRange.Positive(nameof(DnsEndpoints), nameof(interval), _interval);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<IReadOnlyList<ButlerEndpoint>> WatchAsync(
        ButlerPlatform platform, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(platform);
        string? known = null;
        while (true)
        {
            var addresses = await platform.Names.ResolveAsync(_endpoint.Host, cancellationToken);
            var endpoints = addresses.Select(_endpoint.At).OrderBy(e => e.Host, StringComparer.Ordinal).ToArray();
            var now = string.Join(',', endpoints.Select(e => e.Host));
            if (now != known)
            {
                known = now;
                yield return endpoints;
            }

            await Task.Delay(_interval, platform.Time, cancellationToken);
        }
    }
}
