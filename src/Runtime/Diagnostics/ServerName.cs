using ButlerRpc.Platform;

namespace ButlerRpc.Diagnostics;

/// <summary>A server as measurements and spans name it: <c>server.address</c> and <c>server.port</c>. One object per session, so that the port is boxed once.</summary>
sealed class ServerName(ButlerEndpoint endpoint)
{
    /// <summary>The host, the path of a Unix socket, the name of an in-memory endpoint.</summary>
    public string Address { get; } = endpoint.Host.Length > 0 ? endpoint.Host : endpoint.Path;

    /// <summary>An <see cref="int"/>; null where the transport has none.</summary>
    public object? Port { get; } = endpoint.Port > 0 ? endpoint.Port : null;
}
