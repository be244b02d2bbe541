using System.Net.Sockets;
using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

sealed class SocketListener(Socket socket, ButlerEndpoint endpoint, SocketSettings settings, ProxyNetworks? proxies, SocketFile? file = null) : ConnectionListener
{
    public const int Backlog = 512;

    public override ButlerEndpoint Endpoint => endpoint;

    public override async ValueTask<Connection?> AcceptAsync()
    {
        try
        {
            while (true)
            {
                var accepted = await socket.AcceptAsync();
                try
                {
                    settings.Apply(accepted);
                    var connection = new SocketConnection(accepted);
                    return proxies?.Trusts(connection) == true ? new ProxiedConnection(connection) : connection;
                }
                catch (SocketException)
                {
                    accepted.Dispose(); // who connected has gone already; the settings as such were tried on the listening socket
                }
            }
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
        file?.Delete();
        socket.Dispose();
        return default;
    }
}
