using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ButlerRpc.Platform;
using ButlerRpc.Transport.Tls;

namespace ButlerRpc.Transport;

/// <summary>
/// Sockets that systemd listens on and hands over (<c>LISTEN_FDS</c>), for <c>systemd://name</c>, the name being the socket unit's <c>FileDescriptorName=</c>, by
/// default the unit's own, such as <c>orders.socket</c>. Of several sockets with one name, <c>?index=</c> chooses, from 0 in the order of the unit's lines.
/// TCP and Unix sockets; with the options <c>certificate</c> and <c>key</c>, and the others of <c>tls://</c>, TLS is spoken. It cannot be dialled.
/// </summary>
public sealed class SystemdTransport : ITransport
{
    readonly PassedSockets? _sockets; // null: those of the process, which are not looked at before one is asked for

    /// <summary>The sockets that this process was given.</summary>
    public SystemdTransport()
    {
    }

    internal SystemdTransport(PassedSockets sockets) => _sockets = sockets;

    /// <inheritdoc/>
    public IReadOnlyList<string> Schemes { get; } = ["systemd"];

    /// <inheritdoc/>
    public IReadOnlyList<string> Options { get; } = ["alpn", "certificate", "clients", "index", "key", .. SocketSettings.Names];

    /// <inheritdoc/>
    public void EnsureDialable(ButlerEndpoint endpoint) => throw new ArgumentException(NotDialable(endpoint));

    /// <inheritdoc/>
    public ValueTask<Connection> DialAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken) =>
        ValueTask.FromException<Connection>(new IOException(NotDialable(endpoint)));

    /// <inheritdoc/>
    public ValueTask<ConnectionListener> ListenAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var settings = SocketSettings.Of(endpoint);
        var proxies = ProxyNetworks.Of(endpoint);
        var terms = endpoint.Options.ContainsKey("certificate") ? TlsTerms.Of(endpoint) : null;
        var socket = (_sockets ?? PassedSockets.OfProcess).Take(endpoint, IndexOf(endpoint));
        var port = (socket.LocalEndPoint as IPEndPoint)?.Port ?? 0;
        var listener = new SocketListener(socket, endpoint with { Port = port }, settings, proxies);
        return new(terms is null ? listener : new TlsListener(listener, terms));
    }

    static string NotDialable(ButlerEndpoint endpoint) => $"'{endpoint}' is for listening; dial the address of the socket unit, such as tcp://host:port";

    static int? IndexOf(ButlerEndpoint endpoint)
    {
        if (!endpoint.Options.TryGetValue("index", out var text))
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? index
            : throw new ArgumentException($"index={text} of the endpoint '{endpoint}' must be a number, from 0");
    }
}
