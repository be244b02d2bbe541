using System.Net;
using System.Net.Sockets;
using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>TCP, for <c>tcp://host:port</c> and <c>iproto://host:port</c>. A host name is resolved at each dial and its addresses are tried in turn.</summary>
public sealed class TcpTransport : ITransport
{
    const int Backlog = 512;

    /// <inheritdoc/>
    public IReadOnlyList<string> Schemes { get; } = ["tcp", "iproto"];

    /// <inheritdoc/>
    public async ValueTask<Connection> DialAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(platform);
        IOException? last = null;
        foreach (var address in await platform.Names.ResolveAsync(endpoint.Host, cancellationToken))
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, endpoint.Port), cancellationToken);
                return new SocketConnection(socket);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                last = new IOException($"{endpoint} ({address}) cannot be reached: {e.Message}", e);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last!;
    }

    /// <inheritdoc/>
    public async ValueTask<ConnectionListener> ListenAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(platform);
        var address = endpoint.Host is "*" or "+" ? IPAddress.IPv6Any : (await platform.Names.ResolveAsync(endpoint.Host, cancellationToken))[0];
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(new IPEndPoint(address, endpoint.Port));
            socket.Listen(Backlog);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException(
                $"cannot listen on {endpoint}: {e.Message}" + (e.SocketErrorCode == SocketError.AddressAlreadyInUse ? "; choose another port, or 0 for a free one" : ""), e);
        }

        return new SocketListener(socket, endpoint with { Port = ((IPEndPoint)socket.LocalEndPoint!).Port });
    }
}

sealed class SocketListener(Socket socket, ButlerEndpoint endpoint) : ConnectionListener
{
    public override ButlerEndpoint Endpoint => endpoint;

    public override async ValueTask<Connection?> AcceptAsync()
    {
        try
        {
            return new SocketConnection(await socket.AcceptAsync());
        }
        catch (Exception e) when (e is ObjectDisposedException || e is SocketException { SocketErrorCode: SocketError.OperationAborted })
        {
            return null;
        }
        catch (SocketException e)
        {
            throw new IOException($"{endpoint} could not accept a connection: {e.Message}", e);
        }
    }

    public override ValueTask DisposeAsync()
    {
        socket.Dispose();
        return default;
    }
}
