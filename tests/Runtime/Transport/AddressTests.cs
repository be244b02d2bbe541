using System.Net;
using System.Net.Sockets;
using ButlerRpc.Platform;
using ButlerRpc.Testing;
using ButlerRpc.Transport;

namespace ButlerRpc.Runtime.Tests.Transport;

/// <summary>A host with several addresses, on real sockets, under a clock that the test moves.</summary>
[CancelAfter(60_000)]
public sealed class AddressTests
{
    static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    // Addresses that neither answer nor refuse are listeners with a full queue, which Linux lets wait.
    [Test]
    [Platform("Linux")]
    public async Task All_addresses_of_a_host_are_tried_250_ms_apart_and_the_first_that_answers_wins()
    {
        using var there = Listen("127.0.0.1", 0, backlog: 10);
        var port = ((IPEndPoint)there.LocalEndPoint!).Port;
        using var full = new FullListener("127.0.0.2", port);
        using var alsoFull = new FullListener("127.0.0.3", port);
        var platform = new HandPlatform(new Addresses("127.0.0.2", "127.0.0.3", "127.0.0.1"));
        var dial = DialAsync(platform, port);
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            await platform.UntilAsync(() => platform.Time.UntilNext is not null);
            Assert.That(platform.Time.UntilNext, Is.EqualTo(Step));
            platform.Time.Advance(Step - TimeSpan.FromTicks(1));
            Assert.That((dial.IsCompleted, platform.Time.UntilNext), Is.EqualTo((false, (TimeSpan?)TimeSpan.FromTicks(1))), $"attempt {attempt} is waited for");
            platform.Time.Advance(TimeSpan.FromTicks(1));
        }

        await using var connection = await dial;
        Assert.That(connection.RemoteAddress, Is.EqualTo($"127.0.0.1:{port}"));
        Assert.That((platform.Time.Elapsed, platform.Time.ArmedTimers), Is.EqualTo((2 * Step, 0)));
    }

    [Test]
    public async Task An_address_that_refuses_is_not_waited_for()
    {
        using var there = Listen("127.0.0.1", 0, backlog: 10);
        var port = ((IPEndPoint)there.LocalEndPoint!).Port;
        var platform = new HandPlatform(new Addresses("127.0.0.2", "127.0.0.3", "127.0.0.1"));
        await using var connection = await DialAsync(platform, port);
        Assert.That(connection.RemoteAddress, Is.EqualTo($"127.0.0.1:{port}"));
        Assert.That((platform.Time.Elapsed, platform.Time.ArmedTimers), Is.EqualTo((TimeSpan.Zero, 0)));
    }

    static Task<Connection> DialAsync(HandPlatform platform, int port) =>
        new TcpTransport().DialAsync(ButlerEndpoint.Parse($"tcp://several:{port}"), platform, default).AsTask();

    static Socket Listen(string address, int port, int backlog)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), port));
        socket.Listen(backlog);
        return socket;
    }

    sealed class Addresses(params string[] addresses) : INameResolver
    {
        public ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken) => new([.. addresses.Select(IPAddress.Parse)]);
    }

    /// <summary>Nobody accepts, and its queue of one is taken.</summary>
    sealed class FullListener : IDisposable
    {
        readonly Socket _listener;
        readonly Socket _queued = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public FullListener(string address, int port)
        {
            _listener = Listen(address, port, backlog: 0);
            _queued.Connect(IPAddress.Parse(address), port);
        }

        public void Dispose()
        {
            _queued.Dispose();
            _listener.Dispose();
        }
    }
}
