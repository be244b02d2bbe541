using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Transport;

/// <summary>What every transport must do. A new one is a class with two members.</summary>
[CancelAfter(60_000)]
public abstract class TransportSuite
{
    /// <summary>The transport, with whatever it needs.</summary>
    protected abstract ITransport Transport { get; }

    /// <summary>Where to listen; a free place each time.</summary>
    protected abstract string ListenAt { get; }

    /// <summary>How to reach what listens there.</summary>
    protected virtual string DialTo(ButlerEndpoint listening) => listening.ToString();

    ButlerPlatform Platform => field ??= new SystemPlatform([Transport]);

    [Test]
    public async Task Bytes_arrive_whole_and_in_order_in_both_directions()
    {
        var (client, server, listener) = await ConnectAsync();
        var bytes = new byte[1 << 20];
        new Random(1).NextBytes(bytes);
        foreach (var (from, to) in new[] { (client, server), (server, client) })
        {
            var sending = from.SendAsync(bytes).AsTask();
            Assert.That(Bytes.FirstDifference(await ReadAsync(to, bytes.Length), bytes), Is.Null);
            await sending;
        }

        await CloseAsync(client, server, listener);
    }

    [Test]
    public async Task A_receive_without_a_buffer_takes_nothing_away()
    {
        var (client, server, listener) = await ConnectAsync();
        await client.SendAsync(new byte[] { 1, 2, 3 });
        Assert.That(await server.ReceiveAsync(default), Is.Zero);
        Assert.That(await ReadAsync(server, 3), Is.EqualTo(new byte[] { 1, 2, 3 }));
        await CloseAsync(client, server, listener);
    }

    [Test]
    public async Task What_was_sent_before_the_end_arrives_before_the_end()
    {
        var (client, server, listener) = await ConnectAsync();
        await client.SendAsync(new byte[1000]);
        client.CloseWrite();
        Assert.That(await ReadAsync(server, 1000), Has.Length.EqualTo(1000));
        Assert.That(await server.ReceiveAsync(new byte[10]), Is.Zero);
        await server.SendAsync(new byte[] { 7 });
        Assert.That(await ReadAsync(client, 1), Is.EqualTo(new byte[] { 7 }), "the other direction goes on");
        await CloseAsync(client, server, listener);
    }

    [Test]
    public async Task An_abort_ends_a_receive_at_both_ends()
    {
        var (client, server, listener) = await ConnectAsync();
        var there = EndAsync(server);
        var here = EndAsync(client);
        client.Abort();
        await there;
        await here;
        await CloseAsync(client, server, listener);
    }

    [Test]
    public async Task A_closed_listener_accepts_nobody_and_cannot_be_reached()
    {
        var listener = await ListenAsync();
        var accepting = listener.AcceptAsync().AsTask();
        var endpoint = ButlerEndpoint.Parse(DialTo(listener.Endpoint));
        await listener.DisposeAsync();
        Assert.That(await accepting, Is.Null);
        await Assert.ThrowsAsync<IOException>(async () => await Transport.DialAsync(endpoint, Platform, default));
    }

    [Test]
    public async Task A_place_that_is_taken_is_refused_with_a_reason()
    {
        var listener = await ListenAsync();
        var taken = listener.Endpoint;
        var refused = (await Assert.CatchAsync<IOException>(async () => await Transport.ListenAsync(taken, Platform, default)))!;
        Assert.That(refused.Message, Does.Contain(taken.Scheme + "://"));
        await listener.DisposeAsync();
    }

    [Test]
    public async Task A_dial_that_was_cancelled_before_it_began_does_not_connect()
    {
        var listener = await ListenAsync();
        var endpoint = ButlerEndpoint.Parse(DialTo(listener.Endpoint));
        await Assert.CatchAsync<OperationCanceledException>(async () => await Transport.DialAsync(endpoint, Platform, new CancellationToken(canceled: true)));
        await listener.DisposeAsync();
    }

    [Test]
    public async Task Calls_go_over_it_small_and_large_many_at_once()
    {
        var probe = new Probe();
        await using var server = await ButlerServer.StartAsync(ListenAt, s => s.Add(probe), Patient.Server with { Platform = Platform });
        await using var client = await ButlerClient.ConnectAsync(DialTo(server.Endpoints[0]), Patient.Client with { Platform = Platform });
        var large = client.CallAsync(Methods.Bytes, new byte[3_000_000]).AsTask();
        var small = Enumerable.Range(0, 500).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
        Assert.That(await Task.WhenAll(small), Is.EqualTo(Enumerable.Range(0, 500)));
        Assert.That(await large, Has.Length.EqualTo(3_000_000));
    }

    async Task<ConnectionListener> ListenAsync() => await Transport.ListenAsync(ButlerEndpoint.Parse(ListenAt), Platform, default);

    async Task<(Connection Client, Connection Server, ConnectionListener Listener)> ConnectAsync()
    {
        var listener = await ListenAsync();
        var accepting = AcceptAsync(listener);
        var client = await Transport.DialAsync(ButlerEndpoint.Parse(DialTo(listener.Endpoint)), Platform, default);
        return (client, await accepting, listener);
    }

    static async Task<Connection> AcceptAsync(ConnectionListener listener) => await (await listener.AcceptAsync())!.OpenAsync(default);

    static async Task CloseAsync(Connection client, Connection server, ConnectionListener listener)
    {
        await client.DisposeAsync();
        await server.DisposeAsync();
        await listener.DisposeAsync();
    }

    static async Task EndAsync(Connection connection)
    {
        try
        {
            Assert.That(await connection.ReceiveAsync(new byte[10]), Is.Zero);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // A reset is an end as well.
        }
    }

    internal static async Task<byte[]> ReadAsync(Connection connection, int count)
    {
        var bytes = new byte[count];
        for (var have = 0; have < count;)
        {
            var received = await connection.ReceiveAsync(bytes.AsMemory(have));
            Assert.That(received, Is.Positive, $"the connection ended after {have} of {count} bytes");
            have += received;
        }

        return bytes;
    }
}
