using System.Net;
using System.Net.Sockets;
using ButlerRpc.Testing;

namespace ButlerRpc.RabbitMq.Tests.Support;

/// <summary>
/// A wire between a client and a node that a test can cut, hold, and speak on in the node's place.
/// </summary>
sealed class Cuttable : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly List<(Socket Client, Socket Node)> _pairs = [];
    readonly IPEndPoint _node;
    readonly Uri _uri;
    TaskCompletionSource _open = Opened();
    volatile bool _refuses;
    readonly Happenings _connected = new();
    int _connections;

    public Cuttable(string node)
    {
        _uri = new Uri(node);
        _node = new IPEndPoint(IPAddress.Parse(_uri.Host), _uri.Port);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>How many have been let through.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Ends when so many have been let through.</summary>
    public Task ConnectedAsync(int times) => _connected.UntilAsync(() => Connections >= times).WaitAsync(Place.Patience);

    public string Of(Guid channel) => $"amqp://{_uri.UserInfo}@127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/?channel={channel}";

    /// <summary>Nothing that the node says arrives until the wire is cut or released.</summary>
    public void HoldAnswers() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void ReleaseAnswers() => _open.TrySetResult();

    /// <summary>Cuts what there is; new connections are let through unless it <paramref name="refuses"/>.</summary>
    public void Cut(bool refuses = false)
    {
        _refuses = refuses;
        lock (_pairs)
        {
            foreach (var (client, node) in _pairs)
            {
                client.Close(0);
                node.Close(0);
            }

            _pairs.Clear();
        }

        _open.TrySetResult();
        _open = Opened();
    }

    public void Allow() => _refuses = false;

    /// <summary>Says something to the client as if the node did; between the node's own frames, so when that is silent.</summary>
    public async Task SayAsync(byte[] frame)
    {
        Socket[] clients;
        lock (_pairs)
            clients = [.. _pairs.Select(p => p.Client)];
        foreach (var client in clients)
            await client.SendAsync(frame);
    }

    public ValueTask DisposeAsync()
    {
        _listener.Stop();
        Cut(refuses: true);
        return default;
    }

    static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync();
                if (_refuses)
                {
                    client.Close(0);
                    continue;
                }

                var node = new Socket(_node.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                client.NoDelay = true;
                await node.ConnectAsync(_node);
                lock (_pairs)
                    _pairs.Add((client, node));
                Interlocked.Increment(ref _connections);
                _connected.Happened();
                _ = CopyAsync(client, node, held: false);
                _ = CopyAsync(node, client, held: true);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // It was disposed.
        }
    }

    async Task CopyAsync(Socket from, Socket to, bool held)
    {
        var buffer = new byte[65_536];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                if (held)
                    await _open.Task;
                await to.SendAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }

        from.Close();
        to.Close();
    }
}
