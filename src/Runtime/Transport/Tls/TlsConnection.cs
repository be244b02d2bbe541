using System.Net.Security;
using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;
using ButlerRpc.Platform;

namespace ButlerRpc.Transport.Tls;

/// <summary>A connection under TLS. Who has shown a certificate is its principal: named by the subject, with its DNS names and thumbprint as claims.</summary>
sealed class TlsConnection : StreamConnection
{
    readonly SslStream _stream;

    public TlsConnection(SslStream stream, Connection inner)
        : base(stream, inner)
    {
        _stream = stream;
        if (stream is { IsServer: true, IsMutuallyAuthenticated: true, RemoteCertificate: { } remote })
            Principal = CertificatePrincipal.Of(new X509Certificate2(remote));
    }

    public override bool IsEncrypted => true;

    public override ClaimsPrincipal? Principal { get; }

    // The peer must be able to tell an end from a cut.
    public override void CloseWrite() => _ = ShutdownAsync();

    async Task ShutdownAsync()
    {
        try
        {
            await _stream.ShutdownAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Gone already, which is what closing wants.
        }

        base.CloseWrite();
    }
}
