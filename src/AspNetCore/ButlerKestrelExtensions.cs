using System.Net.Security;
using ButlerRpc.AspNetCore;
using ButlerRpc.Diagnostics;
using ButlerRpc.Hosting;
using ButlerRpc.Transport;
using ButlerRpc.Transport.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ButlerRpc;

/// <summary>Kestrel's listeners for the server of the host.</summary>
public static class ButlerKestrelExtensions
{
    /// <summary>
    /// Gives the connections of a listener to the server that <c>AddButlerServer</c> and <c>AddButlerService</c> have registered:
    /// <c>kestrel.ListenAnyIP(9000, l => l.UseButler())</c>. Its limits, its drain and its protocols hold for them. After <c>UseHttps</c>, calls are under TLS,
    /// and the client's certificate is <see cref="CallContext.Principal"/>; see <see cref="AllowButler"/>.
    /// </summary>
    /// <param name="listen">The listener.</param>
    /// <param name="protocols">
    /// What is spoken there, joined by <c>+</c>: <c>native</c>, <c>http</c> (the web application), <c>iproto</c>, or a name of
    /// <see cref="ButlerServerOptions.Protocols"/>. The first bytes tell them apart; a connection that speaks none of them is closed. Default: the native protocol alone.
    /// </param>
    /// <exception cref="InvalidOperationException">The host has no server.</exception>
    /// <exception cref="ArgumentException">A protocol is unknown, or two of them cannot be told apart.</exception>
    public static ListenOptions UseButler(this ListenOptions listen, string protocols = "native")
    {
        ArgumentNullException.ThrowIfNull(listen);
        ArgumentNullException.ThrowIfNull(protocols);
        var host = listen.ApplicationServices.GetService<ButlerServerHost>() ?? throw new InvalidOperationException(
            $"UseButler on {listen} has no server to give connections to; register what it serves: builder.Services.AddButlerService<Orders>()");
        var names = protocols.Split('+', StringSplitOptions.TrimEntries);
        var parsed = PortProtocols.Parse($"UseButler on {listen}", names, host.Options.Protocols, web: true);
        host.ListensAlso($"{listen} (Kestrel)");
        listen.Use(next => new ButlerMiddleware(host, parsed, next).OnConnectionAsync);
        return listen;
    }

    /// <summary>
    /// Lets clients of the native protocol through the TLS handshake of a listener, whose ALPN name is <c>butler/1</c>:
    /// <c>l.UseHttps(certificate, h => h.AllowButler()); l.UseButler();</c>
    /// </summary>
    public static HttpsConnectionAdapterOptions AllowButler(this HttpsConnectionAdapterOptions https)
    {
        ArgumentNullException.ThrowIfNull(https);
        var others = https.OnAuthenticate;
        https.OnAuthenticate = (connection, options) =>
        {
            others?.Invoke(connection, options);
            options.ApplicationProtocols = [TlsTransport.Protocol, .. options.ApplicationProtocols ?? []];
        };
        return https;
    }

    /// <summary>
    /// Reads the PROXY protocol's header (version 1 or 2) that trusted proxies send first: the address in it becomes the connection's remote address, for the
    /// limits per address and for HTTP. Stands before <c>UseHttps</c> and <see cref="UseButler"/>. Everybody else is what his socket says.
    /// </summary>
    /// <param name="listen">The listener.</param>
    /// <param name="proxies">The addresses or networks of the proxies, joined by <c>+</c>, such as <c>10.0.0.0/8+192.168.1.7</c>.</param>
    /// <exception cref="ArgumentException">An address or a network is malformed.</exception>
    public static ListenOptions UseProxyProtocol(this ListenOptions listen, string proxies)
    {
        ArgumentNullException.ThrowIfNull(listen);
        ArgumentNullException.ThrowIfNull(proxies);
        var trusted = ProxyNetworks.Parse(proxies, $"UseProxyProtocol on {listen}");
        var options = listen.ApplicationServices.GetService<ButlerServerHost>()?.Options ?? new ButlerServerOptions();
        var time = (options.Platform ?? StandardPlatform.Shared).Time;
        var logger = GuardedLogger.Of(listen.ApplicationServices.GetRequiredService<ILoggerFactory>(), "ButlerRpc.AspNetCore");
        listen.Use(next => new ProxyMiddleware(trusted, options.Limits.HandshakeTimeout, time, logger, next).OnConnectionAsync);
        return listen;
    }
}
