using System.Net;
using System.Net.Sockets;

namespace ButlerRpc.Transport;

/// <summary>
/// The address to bind a listening Unix socket to, with room for the longest path. The runtime copies the address of whoever connects into a buffer of the size of
/// the listener's own: somebody who had bound his socket to a longer path would end the process (.NET 10.0.12).
/// </summary>
sealed class UnixListenAddress(UnixDomainSocketEndPoint address) : EndPoint
{
    const int FamilyBytes = 2;
    const int PathBytes = 108;

    public override AddressFamily AddressFamily => AddressFamily.Unix;

    public override SocketAddress Serialize()
    {
        var exact = address.Serialize();
        var padded = new SocketAddress(AddressFamily.Unix, Math.Max(exact.Size, FamilyBytes + PathBytes)); // a path ends at its first zero
        exact.Buffer.Span[..exact.Size].CopyTo(padded.Buffer.Span);
        return padded;
    }

    public override EndPoint Create(SocketAddress socketAddress) => address.Create(socketAddress);

    public override string ToString() => address.ToString();
}
