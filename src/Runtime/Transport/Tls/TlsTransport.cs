using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Authentication;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ButlerRpc.Platform;

namespace ButlerRpc.Transport.Tls;

/// <summary>
/// TLS 1.3, and 1.2 with authenticated encryption, over TCP, for <c>tls://host:port</c>. Everything is said by the endpoint's options, all of them PEM files:
/// <list type="bullet">
/// <item>server: <c>certificate</c> and <c>key</c> (required), <c>clients</c>: the authorities of client certificates, which are then required;</item>
/// <item>client: <c>authorities</c> in place of the system's, <c>certificate</c> and <c>key</c> to prove itself, <c>name</c> to expect in place of the host.</item>
/// </list>
/// A certificate is loaded again when its file changes. Both ends must agree on <c>butler/1</c>.
/// </summary>
public sealed class TlsTransport : ITransport
{
    const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    internal static readonly SslApplicationProtocol Protocol = new("butler/1");
    static readonly CipherSuitesPolicy? Suites = OperatingSystem.IsLinux() ? MakeSuites() : null;

    /// <inheritdoc/>
    public IReadOnlyList<string> Schemes { get; } = ["tls"];

    /// <inheritdoc/>
    public IReadOnlyList<string> Options { get; } = ["alpn", "authorities", "certificate", "clients", "key", "name", .. SocketSettings.Names];

    /// <inheritdoc/>
    public void EnsureDialable(ButlerEndpoint endpoint) => TcpTransport.EnsureSocketDialable(endpoint);

    /// <inheritdoc/>
    public async ValueTask<Connection> DialAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        string? fault = null;
        var needsNoAlpn = PortProtocols.NeedsNoAlpn(endpoint);
        var name = endpoint.Options.GetValueOrDefault("name") ?? endpoint.Host;
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = name,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = needsNoAlpn ? null : [Protocol],
            CipherSuitesPolicy = Suites,
            CertificateChainPolicy = PolicyOf(endpoint, "authorities", ServerAuthentication),
            RemoteCertificateValidationCallback = (_, _, chain, errors) => (fault = TlsFault.Of(errors, chain, endpoint.ToString(), name)) is null,
        };
        if (CertificateOf(endpoint, required: false) is { } file)
        {
            var certificate = file.Get(out var chain);
            options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }

        var connection = await TcpTransport.DialSocketAsync(endpoint, platform, cancellationToken);
        return await SecureAsync(connection, (stream, token) => stream.AuthenticateAsClientAsync(options, token), () => fault, cancellationToken, needsNoAlpn);
    }

    /// <inheritdoc/>
    public async ValueTask<ConnectionListener> ListenAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var terms = TlsTerms.Of(endpoint);
        return new TlsListener(await TcpTransport.ListenSocketAsync(endpoint, platform, cancellationToken), terms);
    }

    internal static async ValueTask<Connection> AcceptAsync(Connection connection, TlsTerms terms, CancellationToken cancellationToken)
    {
        string? fault = null;
        var clients = terms.Clients;
        var certificate = terms.Certificate.Get(out var chain);
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [Protocol],
            CipherSuitesPolicy = Suites,
            AllowRenegotiation = false,
            ClientCertificateRequired = clients is not null,
            CertificateChainPolicy = clients,
            RemoteCertificateValidationCallback = (_, _, remote, errors) =>
                clients is null || (fault = TlsFault.Of(errors, remote, "the client", null)) is null,
        };
        return await SecureAsync(
            connection, (stream, token) => stream.AuthenticateAsServerAsync(options, token), () => fault, cancellationToken, terms.NeedsNoAlpn);
    }

    static async ValueTask<Connection> SecureAsync(
        Connection connection, Func<SslStream, CancellationToken, Task> authenticate, Func<string?> fault, CancellationToken cancellationToken,
        bool needsNoAlpn = false)
    {
        using var registration = cancellationToken.UnsafeRegister(static state => ((Connection)state!).Abort(), connection);
        var turns = new TlsTurns();
        var stream = new SslStream(new ConnectionStream(new TlsInner(connection, turns)));
        try
        {
            await authenticate(stream, cancellationToken);
            if (stream.NegotiatedApplicationProtocol != Protocol && !(needsNoAlpn && stream.NegotiatedApplicationProtocol.Protocol.IsEmpty))
                throw new AuthenticationException("the other side does not speak butler/1 (ALPN)");
            return new TlsConnection(stream, turns, connection);
        }
        catch (Exception e)
        {
            connection.Abort();
            await stream.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested(); // whatever the abort of the connection has made of it
            if (e is not (AuthenticationException or IOException or SocketException))
                throw;
            throw new IOException($"the TLS handshake with {connection.RemoteAddress} failed: {fault() ?? Innermost(e)}", e);
        }
    }

    static string Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
            e = inner;

        // What the system's library says when the versions do not meet, at the end that chooses and at the other.
        if (Says("unsupported protocol") || Says("protocol version"))
            return $"the other side offers no version of TLS that is spoken here (1.2 and 1.3): {e.Message}";

        // What .NET says of bytes that are no record of TLS.
        return Says("corrupted frame") ? $"what the other side says is not TLS; an endpoint without it is tcp://host:port: {e.Message}" : e.Message;

        bool Says(string words) => e.Message.Contains(words, StringComparison.OrdinalIgnoreCase);
    }

    internal static CertificateFile? CertificateOf(ButlerEndpoint endpoint, bool required)
    {
        if (!endpoint.Options.TryGetValue("certificate", out var certificate))
        {
            return required
                ? throw new ArgumentException($"the endpoint '{endpoint}' names no certificate; add ?certificate=/path/to.pem&key=/path/to.key")
                : null;
        }

        return new CertificateFile(certificate, endpoint.Options.GetValueOrDefault("key") ?? certificate);
    }

    internal static X509ChainPolicy? ClientsOf(ButlerEndpoint endpoint) => PolicyOf(endpoint, "clients", ClientAuthentication);

    static X509ChainPolicy? PolicyOf(ButlerEndpoint endpoint, string option, string usage)
    {
        if (!endpoint.Options.TryGetValue(option, out var path))
            return null;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is CryptographicException or FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new IOException($"the authorities {path} ({option}) of the endpoint '{endpoint}' cannot be read: {e.Message}", e);
        }

        policy.ApplicationPolicy.Add(new Oid(usage));
        return policy;
    }

    [SupportedOSPlatform("linux")]
    static CipherSuitesPolicy MakeSuites() => new(
    [
        TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]);
}
