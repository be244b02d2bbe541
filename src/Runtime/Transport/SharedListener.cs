using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>A listener on which several protocols are spoken.</summary>
sealed class SharedListener(ConnectionListener inner, PortProtocols protocols) : ConnectionListener
{
    public override ButlerEndpoint Endpoint => inner.Endpoint;

    // What it speaks is found out later, beside other connections: one that says nothing must not keep others out.
    public override async ValueTask<Connection?> AcceptAsync() => await inner.AcceptAsync() is { } connection ? protocols.Over(connection) : null;

    public override ValueTask DisposeAsync() => inner.DisposeAsync();
}

/// <summary>A connection that has not said yet what it speaks.</summary>
sealed class UntoldConnection(Connection inner, PortProtocols protocols) : UnopenedConnection(inner)
{
    public override ValueTask<Connection> OpenAsync(CancellationToken cancellationToken) => protocols.OpenAsync(Inner, cancellationToken);
}

/// <summary>A connection that has said what it speaks.</summary>
sealed class SpokenConnection(Connection inner, ReadOnlyMemory<byte> prefix, ButlerProtocol protocol) : PrefixedConnection(inner, prefix)
{
    public ButlerProtocol Protocol => protocol;
}
