using System.Security.Cryptography.X509Certificates;
using ButlerRpc.Platform;

namespace ButlerRpc.Transport.Tls;

/// <summary>What a listener's endpoint says of TLS.</summary>
/// <param name="Certificate">Its certificate.</param>
/// <param name="Clients">What the certificates of clients must fulfil; null: none is asked for.</param>
/// <param name="AllowsPlain">Connections without TLS are let in.</param>
/// <param name="NeedsNoAlpn">A client may leave the name of its protocol out.</param>
sealed record TlsTerms(CertificateFile Certificate, X509ChainPolicy? Clients, bool AllowsPlain, bool NeedsNoAlpn)
{
    public static TlsTerms Of(ButlerEndpoint endpoint) => new(
        TlsTransport.CertificateOf(endpoint, required: true)!, TlsTransport.ClientsOf(endpoint), PortProtocols.AllowsPlain(endpoint), PortProtocols.NeedsNoAlpn(endpoint));
}

sealed class TlsListener(ConnectionListener inner, TlsTerms terms) : ConnectionListener
{
    public override ButlerEndpoint Endpoint => inner.Endpoint;

    // The handshake is made later, beside other connections: one that does not get on must not keep others out.
    public override async ValueTask<Connection?> AcceptAsync() => await inner.AcceptAsync() is { } connection ? new UnopenedTlsConnection(connection, terms) : null;

    public override ValueTask DisposeAsync() => inner.DisposeAsync();
}

/// <summary>A connection whose TLS handshake is still to be made.</summary>
sealed class UnopenedTlsConnection(Connection inner, TlsTerms terms) : UnopenedConnection(inner)
{
    const byte Handshake = 0x16;
    const byte MajorVersion = 0x03;

    public override async ValueTask<Connection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = await Inner.OpenAsync(cancellationToken);
        if (terms.AllowsPlain)
        {
            using var registration = cancellationToken.UnsafeRegister(static state => ((Connection)state!).Abort(), connection);
            var first = new byte[2];
            var have = 0;
            while (have < first.Length && await connection.ReceiveAsync(first.AsMemory(have)) is > 0 and var received)
                have += received;
            connection = new PrefixedConnection(connection, first.AsMemory(0, have));
            if (first is not [Handshake, MajorVersion])
                return connection;
        }

        return await TlsTransport.AcceptAsync(connection, terms, cancellationToken);
    }
}
