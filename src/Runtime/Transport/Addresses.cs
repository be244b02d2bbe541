using System.Net;
using System.Net.Sockets;
using ButlerRpc.Diagnostics;

namespace ButlerRpc.Transport;

/// <summary>Addresses of sockets, for people.</summary>
static class Addresses
{
    /// <summary>Of this end.</summary>
    public static string Local(EndPoint? address) => address switch
    {
        null => "?",
        UnixDomainSocketEndPoint unix => unix.ToString() is { Length: > 0 } path ? $"unix://{path}" : "unix",
        _ => address.ToString() ?? "?",
    };

    /// <summary>Of the other end, which may have bound its Unix socket to a path of its choice.</summary>
    public static string Remote(EndPoint? address) => PeerText.Of(Local(address));
}
