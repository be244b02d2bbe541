using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>A connection from a trusted proxy: its header is read first and says who is really there.</summary>
sealed class ProxiedConnection(Connection inner) : UnopenedConnection(inner)
{
    // Not counted: the address that counts is in the header, and is counted once it is known.
    public override string? RemoteHost => null;

    public override async ValueTask<Connection> OpenAsync(CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static state => ((Connection)state!).Abort(), Inner);
        var buffer = new byte[ProxyHeader.Longest];
        var have = 0;
        while (true)
        {
            if (ProxyHeader.TryParse(buffer.AsSpan(0, have), Inner.RemoteAddress, out var source, out var used))
            {
                var rest = buffer.AsMemory(used, have - used);
                return source is null
                    ? new PrefixedConnection(Inner, rest)
                    : new PrefixedConnection(Inner, rest, source.ToString(), source.Address.ToString());
            }

            var received = have < buffer.Length ? await Inner.ReceiveAsync(buffer.AsMemory(have)) : 0;
            if (received == 0)
                throw ProxyHeader.Bad(Inner.RemoteAddress, "it ends too early");
            have += received;
        }
    }
}
