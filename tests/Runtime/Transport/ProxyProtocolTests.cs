using System.Net.Sockets;
using System.Text;
using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;
using ButlerRpc.Transport;

namespace ButlerRpc.Runtime.Tests.Transport;

[CancelAfter(60_000)]
public sealed class ProxyProtocolTests
{
    static readonly byte[] Version2 =
    [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x21, 0x11, 0, 12, 203, 0, 113, 7, 10, 0, 0, 1, 0x15, 0xB3, 0x23, 0x28,
    ];

    static byte[] Version1 => Encoding.ASCII.GetBytes("PROXY TCP4 203.0.113.7 10.0.0.1 5555 9000\r\n");

    [Test]
    public async Task A_trusted_header_says_who_is_there([Values(1, 2)] int version, [Values] bool inPieces)
    {
        var header = version == 1 ? Version1 : Version2;
        var opened = await OpenAsync("127.0.0.1", [.. header, .. "rest"u8], inPieces);
        Assert.That((opened.RemoteHost, opened.RemoteAddress), Is.EqualTo(("203.0.113.7", "203.0.113.7:5555")));
        Assert.That(await TransportSuite.ReadAsync(opened, 4), Is.EqualTo("rest"u8.ToArray()));
        await opened.DisposeAsync();
    }

    [Test]
    public async Task Somebody_who_is_not_trusted_is_what_his_socket_says()
    {
        var opened = await OpenAsync("10.0.0.0/8", Version1, false);
        Assert.That(opened.RemoteHost, Is.EqualTo("127.0.0.1"));
        Assert.That(await TransportSuite.ReadAsync(opened, Version1.Length), Is.EqualTo(Version1));
        await opened.DisposeAsync();
    }

    [TestCase("GET / HTTP/1.1\r\n")]
    [TestCase("PROXY TCP4 not-an-address 10.0.0.1 5555 9000\r\n")]
    [TestCase("PROXY TCP6 203.0.113.7 10.0.0.1 5555 9000\r\n")]
    [TestCase("PROXY TCP4 203.0.113.7 10.0.0.1 99999 9000\r\n")]
    public void A_trusted_source_that_sends_no_header_is_refused(string bytes) => Assert.That(
        async () => await OpenAsync("127.0.0.1", Encoding.ASCII.GetBytes(bytes), false), Throws.InstanceOf<IOException>().With.Message.Contain("PROXY header"));

    [Test]
    public void A_header_without_an_end_is_refused() => Assert.That(
        async () => await OpenAsync("127.0.0.1", Encoding.ASCII.GetBytes("PROXY TCP4 " + new string('1', 200)), false), Throws.InstanceOf<IOException>());

    [Test]
    public async Task Calls_come_through_a_proxy()
    {
        await using var server = await ButlerServer.StartAsync("tcp://127.0.0.1:0?proxy=127.0.0.1", s => s.Add(new Probe()));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", server.Endpoints[0].Port);
        await socket.SendAsync(Version1);
        await using var peer = new SimPeer(new SocketConnection(socket));
        await peer.OpenAsync();
    }

    [Test]
    public void A_network_that_is_none_is_refused_by_name() => Assert.That(
        async () => await ButlerServer.StartAsync("tcp://127.0.0.1:0?proxy=everybody", _ => { }), Throws.ArgumentException.With.Message.Contain("everybody"));

    static async Task<Connection> OpenAsync(string trusted, byte[] bytes, bool inPieces)
    {
        await using var listener = await new TcpTransport().ListenAsync(ButlerEndpoint.Parse($"tcp://127.0.0.1:0?proxy={trusted}"), StandardPlatform.Shared, default);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", listener.Endpoint.Port);
        var opening = (await listener.AcceptAsync())!.OpenAsync(default).AsTask();
        foreach (var piece in inPieces ? bytes.Chunk(1) : [bytes])
            await socket.SendAsync(piece);
        return await opening;
    }
}
