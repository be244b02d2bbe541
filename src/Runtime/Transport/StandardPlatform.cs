using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>The platform that clients and servers use unless they are given another.</summary>
public static class StandardPlatform
{
    /// <summary>The real clock, pool, randomness and names, with the transports of this library.</summary>
    public static ButlerPlatform Shared { get; } = new SystemPlatform([new TcpTransport(), new Tls.TlsTransport(), new UnixTransport(), new SystemdTransport(), new MemoryTransport()]);
}
