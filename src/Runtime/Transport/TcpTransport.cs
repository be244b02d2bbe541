using System.Net;
using System.Net.Sockets;
using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>
/// TCP, for <c>tcp://host:port</c> and <c>iproto://host:port</c>. A host name is resolved at each dial. All its addresses are tried, the next one 250 ms after the one before or as soon as
/// that has failed; the first that answers wins.
/// </summary>
public sealed class TcpTransport : ITransport
{
    static readonly TimeSpan NextAddressAfter = TimeSpan.FromMilliseconds(250);

    /// <inheritdoc/>
    public IReadOnlyList<string> Schemes { get; } = ["tcp", "iproto"];

    /// <inheritdoc/>
    public IReadOnlyList<string> Options { get; } = SocketSettings.Names;

    /// <inheritdoc/>
    public void EnsureDialable(ButlerEndpoint endpoint) => EnsureSocketDialable(endpoint);

    /// <inheritdoc/>
    public ValueTask<Connection> DialAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken) =>
        DialSocketAsync(endpoint, platform, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ConnectionListener> ListenAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken) =>
        ListenSocketAsync(endpoint, platform, cancellationToken);

    internal static void EnsureSocketDialable(ButlerEndpoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        SocketSettings.Of(endpoint);
        if (endpoint.Port == 0)
            throw new ArgumentException($"'{endpoint}' is for listening: port 0 takes a free one; dial the port that the server says (server.Endpoints)");
        if (IsEveryAddress(endpoint))
            throw new ArgumentException($"'{endpoint}' is for listening, on every address; dial the name or the address of one server");
    }

    static bool IsEveryAddress(ButlerEndpoint endpoint) => endpoint.Host is "*" or "+";

    internal static async ValueTask<Connection> DialSocketAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(platform);
        var settings = SocketSettings.Of(endpoint);
        var addresses = await platform.Names.ResolveAsync(endpoint.Host, cancellationToken);
        if (addresses.Count == 1)
            return new SocketConnection(await ConnectAsync(endpoint, addresses[0], settings, cancellationToken));
        return new SocketConnection(await RaceAsync(endpoint, addresses, settings, platform, cancellationToken));
    }

    internal static async ValueTask<ConnectionListener> ListenSocketAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(platform);
        var settings = SocketSettings.Of(endpoint);
        var proxies = ProxyNetworks.Of(endpoint);
        var address = IsEveryAddress(endpoint) ? IPAddress.IPv6Any : (await platform.Names.ResolveAsync(endpoint.Host, cancellationToken))[0];
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            settings.Apply(socket);
            socket.Bind(new IPEndPoint(address, endpoint.Port));
            socket.Listen(SocketListener.Backlog);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException(
                $"cannot listen on {endpoint}: {e.Message}" + (e.SocketErrorCode == SocketError.AddressAlreadyInUse ? "; choose another port, or 0 for a free one" : ""), e);
        }

        return new SocketListener(socket, endpoint with { Port = ((IPEndPoint)socket.LocalEndPoint!).Port }, settings, proxies);
    }

    static async Task<Socket> ConnectAsync(ButlerEndpoint endpoint, IPAddress address, SocketSettings settings, CancellationToken cancellationToken)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp); // a family that the system does not have is one address that fails
            settings.Apply(socket);
            await socket.ConnectAsync(new IPEndPoint(address, endpoint.Port), cancellationToken);
            return socket;
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new IOException($"{endpoint} ({address}) cannot be reached: {e.Message}", e);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    static async Task<Socket> RaceAsync(
        ButlerEndpoint endpoint, IReadOnlyList<IPAddress> addresses, SocketSettings settings, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var attempts = new List<Task<Socket>>();
        IOException? last = null;
        try
        {
            for (var next = 0; ;)
            {
                if (next < addresses.Count)
                    attempts.Add(ConnectAsync(endpoint, addresses[next++], settings, lost.Token));
                else if (attempts.Count == 0)
                    throw last!;
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var wait = next < addresses.Count ? Task.Delay(NextAddressAfter, platform.Time, patience.Token) : null;
                var first = await Task.WhenAny(wait is null ? attempts : [.. attempts, wait]);
                patience.Cancel();
                if (first is not Task<Socket> ended)
                    continue;
                attempts.Remove(ended);
                try
                {
                    return await ended;
                }
                catch (IOException e)
                {
                    last = e;
                }
            }
        }
        finally
        {
            // However the race has ended: won, lost or cancelled.
            lost.Cancel();
            foreach (var attempt in attempts)
                _ = DropAsync(attempt);
        }
    }

    // A slower attempt that succeeds all the same must not leave its socket behind.
    static async Task DropAsync(Task<Socket> attempt)
    {
        try
        {
            (await attempt).Dispose();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // It has lost, which is all there is to say about it.
        }
    }
}
