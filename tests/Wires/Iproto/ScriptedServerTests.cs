using System.Collections.Concurrent;
using ButlerRpc.Iproto;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;
using ButlerRpc.Wires.Tests.Support;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Wires.Tests.Iproto;

/// <summary>Our server against peers that are scripted on raw sockets. Its clock is moved by the tests.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class ScriptedServerTests
{
    const uint Ping = 0xFF00;
    const uint Shutdown = 0xFF01;

    readonly Sums _sums = new();
    readonly ConcurrentQueue<IprotoChannel> _channels = new();
    readonly LogLines _log = new();
    readonly HandPlatform _platform = new();

    async Task<(ButlerServer Server, RawPeer Peer)> StartAsync(IprotoMux? mux = null, IprotoOptions? options = null)
    {
        mux ??= new IprotoMux();
        mux.Handle(70, async (channel, packet, ct) =>
        {
            _channels.Enqueue(channel);
            await channel.SendAsync(IprotoPacket.ResponseTo(packet, packet.Body), ct);
        });
        var server = await ButlerServer.StartAsync(
            "iproto://127.0.0.1:0",
            s => s.Add<ISums>(_sums).AddPackets(mux),
            new ButlerServerOptions { Platform = _platform, Iproto = options ?? new IprotoOptions(), LoggerFactory = _log });
        return (server, await RawPeer.DialAsync(server.Endpoints[0]));
    }

    async Task<IprotoChannel> ChannelAsync(RawPeer peer)
    {
        await peer.SendAsync(70, 1000, []);
        await peer.ExpectAsync(70, 1000, []);
        return _channels.TryDequeue(out var channel) ? channel : throw new AssertionException("the handler was not called");
    }

    // A little more than the limit: timers are coarse, and never early.
    void Pass(int minutes = 0, int seconds = 0) => _platform.Time.Advance(new TimeSpan(0, minutes, seconds) + TimeSpan.FromMilliseconds(100));

    [Test]
    public async Task A_typed_method_answers_a_packet_of_its_code_with_the_same_Msg_and_Sync()
    {
        var (server, peer) = await StartAsync();
        await peer.SendAsync(7, 1, Vectors.Hex("02000000 03000000"));
        await peer.ExpectAsync(7, 1, Vectors.Hex("05000000"));
        peer.Dispose();
        await server.DisposeAsync();
    }

    [Test]
    public async Task A_notice_reaches_a_one_way_method_and_is_not_answered()
    {
        var (server, peer) = await StartAsync();
        await peer.SendAsync(9, 0, Vectors.Hex("2a000000"));
        await _sums.ToldOne.Task;
        Assert.That(_sums.Told, Is.EqualTo(new[] { 42 }));
        await peer.SendAsync(7, 0, Vectors.Hex("02000000 03000000")); // a notice to a method that has a reply: the reply goes nowhere
        await peer.SendAsync(7, 5, Vectors.Hex("02000000 03000000"));
        await peer.ExpectAsync(7, 5, Vectors.Hex("05000000"));
        peer.Dispose();
        await server.DisposeAsync();
    }

    [Test]
    public async Task A_ping_is_answered_with_its_own_Sync()
    {
        var (server, peer) = await StartAsync();
        await peer.SendAsync(Ping, 0x1234, []);
        await peer.ExpectAsync(Ping, 0x1234, []);
        await peer.SendAsync(Ping, 0, []);
        await peer.ExpectAsync(Ping, 0, []);
        peer.Dispose();
        await server.DisposeAsync();
    }

    [Test]
    public async Task The_server_pings_a_silent_peer_once_and_takes_Sync_0_for_the_answer()
    {
        var (server, peer) = await StartAsync();
        await ChannelAsync(peer);
        Pass(minutes: 1);
        await peer.ExpectAsync(Ping, 0, []);
        await peer.SendAsync(Ping, 0, []);
        await ChannelAsync(peer); // the answer was not answered
        Pass(minutes: 1);
        await peer.ExpectAsync(Ping, 0, []); // the next one, after the interval
        peer.Dispose();
        await server.DisposeAsync();
    }

    [Test]
    public async Task A_peer_that_does_not_answer_a_ping_is_given_up()
    {
        var (server, peer) = await StartAsync();
        await ChannelAsync(peer);
        Pass(minutes: 1);
        await peer.ExpectAsync(Ping, 0, []);
        Pass(seconds: 10);
        await peer.ExpectEndAsync();
        await server.DisposeAsync();
    }

    [Test]
    public async Task A_shutdown_of_the_peer_is_acknowledged_once_and_ends_the_connection()
    {
        var (server, peer) = await StartAsync();
        await peer.SendAsync(Shutdown, 0, []);
        await peer.ExpectAsync(Shutdown, 0, []);
        await peer.ExpectEndAsync();
        await server.DisposeAsync();
    }

    [Test]
    public async Task A_shutdown_of_the_server_waits_for_the_consent_of_the_peer()
    {
        var (server, peer) = await StartAsync();
        var channel = await ChannelAsync(peer);
        var stop = server.StopAsync();
        await peer.ExpectAsync(Shutdown, 0, []);
        await peer.SendAsync(7, 6, Vectors.Hex("02000000 03000000")); // its own calls are still served
        await peer.ExpectAsync(7, 6, Vectors.Hex("05000000"));
        Assert.That(channel.Done.IsCompleted, Is.False);
        await peer.SendAsync(Shutdown, 0, []);
        await peer.ExpectEndAsync();
        await stop;
        await server.DisposeAsync();
    }

    [Test]
    public async Task A_peer_that_is_silent_at_shutdown_is_left_after_the_shutdown_time()
    {
        var (server, peer) = await StartAsync();
        await ChannelAsync(peer);
        var stop = server.StopAsync();
        await peer.ExpectAsync(Shutdown, 0, []);
        Pass(seconds: 5);
        await peer.ExpectEndAsync();
        await stop;
        await server.DisposeAsync();
    }

    [Test]
    public async Task A_body_of_the_size_limit_is_taken_and_one_byte_more_ends_the_connection()
    {
        var (server, peer) = await StartAsync(options: new IprotoOptions { SizeLimit = 1000 });
        await peer.SendAsync(70, 1, new byte[1000]);
        await peer.ExpectAsync(70, 1, new byte[1000]);
        await peer.SendAsync(70, 2, new byte[1001]);
        await peer.ExpectEndAsync();
        await server.DisposeAsync();
    }

    [Test]
    public async Task A_length_of_0xFFFFFFFF_ends_the_connection()
    {
        var (server, peer) = await StartAsync();
        await peer.SendAsync(Vectors.Hex("07000000 ffffffff 01000000"));
        await peer.ExpectEndAsync();
        await server.DisposeAsync();
    }

    [Test]
    public async Task Dribbled_bytes_make_a_packet()
    {
        var (server, peer) = await StartAsync();
        foreach (var b in RawPeer.Packet(7, 1, Vectors.Hex("02000000 03000000")))
            await peer.SendAsync([b]);
        await peer.ExpectAsync(7, 1, Vectors.Hex("05000000"));
        peer.Dispose();
        await server.DisposeAsync();
    }

    [Test]
    public async Task An_unknown_Msg_is_counted_logged_and_goes_unanswered()
    {
        var (server, peer) = await StartAsync();
        await peer.SendAsync(0x5555, 3, [1]);
        var channel = await ChannelAsync(peer); // the first answer is to this one
        Assert.That(channel.Statistics.UnknownPackets, Is.EqualTo(1));
        Assert.That(channel.Statistics.PacketsDropped, Is.EqualTo(1));
        Assert.That(
            _log.Lines.Where(l => l.Level == LogLevel.Warning).Select(l => l.Text),
            Has.One.EqualTo($"A packet of Msg 0x5555 from {channel.RemoteAddress} has no handler; further ones from there are only counted"));
        peer.Dispose();
        await server.DisposeAsync();
    }

    [Test]
    public async Task An_unknown_Msg_can_be_answered()
    {
        var mux = new IprotoMux().HandleUnknown((channel, packet, ct) => channel.SendAsync(IprotoPacket.ResponseTo(packet, new byte[] { 0xEE }), ct));
        var (server, peer) = await StartAsync(mux);
        await peer.SendAsync(0x5555, 3, [1]);
        await peer.ExpectAsync(0x5555, 3, [0xEE]);
        peer.Dispose();
        await server.DisposeAsync();
    }

    [Test]
    public async Task A_handler_may_call_back_on_its_own_connection_and_wait()
    {
        var mux = new IprotoMux().Handle(80, async (channel, packet, ct) =>
        {
            var answer = await channel.CallAsync(81, packet.Body, ct);
            await channel.SendAsync(IprotoPacket.ResponseTo(packet, answer), ct);
        });
        var (server, peer) = await StartAsync(mux);
        await peer.SendAsync(80, 1, [1, 2]);
        var (message, sync, body) = await peer.ReadPacketAsync();
        Assert.That((message, sync & 0xC000_0000), Is.EqualTo((81u, 0x8000_0000u)), "the acceptor's Syncs carry bit 31");
        Assert.That(body, Is.EqualTo(new byte[] { 1, 2 }));
        await peer.SendAsync(81, sync, [3]);
        await peer.ExpectAsync(80, 1, [3]);
        peer.Dispose();
        await server.DisposeAsync();
    }

    [Test]
    public async Task A_handler_that_fails_sends_nothing()
    {
        _sums.OnAdd = (_, _) => throw new InvalidOperationException("boom");
        var (server, peer) = await StartAsync();
        await peer.SendAsync(7, 1, Vectors.Hex("02000000 03000000"));
        var channel = await ChannelAsync(peer);
        await peer.SendAsync(Shutdown, 0, []);
        await peer.ExpectAsync(Shutdown, 0, []); // which waits for what is being served
        await peer.ExpectEndAsync();
        Assert.That(channel.Statistics.CallsUnanswered, Is.EqualTo(1));
        await server.DisposeAsync();
    }

    [Test]
    public async Task A_handler_that_fails_is_answered_as_the_error_encoder_says()
    {
        _sums.OnAdd = (_, _) => throw new ButlerException(ButlerStatus.NotFound, "no such number");
        var (server, peer) = await StartAsync(options: new IprotoOptions { ErrorEncoder = new StatusByte() });
        await peer.SendAsync(7, 1, Vectors.Hex("02000000 03000000"));
        await peer.ExpectAsync(7, 1, [(byte)ButlerStatus.NotFound]);
        await peer.SendAsync(0x5555, 2, []);
        await peer.ExpectAsync(0x5555, 2, [(byte)ButlerStatus.Unimplemented]);
        await peer.SendAsync(11, 3, Vectors.Hex("02000000"));
        await peer.ExpectAsync(11, 3, [(byte)ButlerStatus.Unimplemented]); // a stream
        peer.Dispose();
        await server.DisposeAsync();
    }

    [Test]
    public async Task What_a_handler_hijacks_has_every_byte_behind_its_packet()
    {
        var taken = new TaskCompletionSource<ButlerRpc.Platform.Connection>(TaskCreationOptions.RunContinuationsAsynchronously);
        var mux = new IprotoMux().Handle(90, async (channel, packet, ct) =>
        {
            await channel.SendAsync(IprotoPacket.ResponseTo(packet, packet.Body), ct);
            try
            {
                taken.SetResult(await channel.HijackAsync());
            }
            catch (Exception e)
            {
                taken.SetException(e);
            }
        });
        var (server, peer) = await StartAsync(mux);
        byte[] behind = [.. RawPeer.Packet(7, 2, [1, 2, 3]), .. RawPeer.Packet(70, 3, [9]), 5, 6, 7];
        await peer.SendAsync([.. RawPeer.Packet(90, 1, []), .. behind]);
        await peer.ExpectAsync(90, 1, []);
        var connection = await taken.Task;
        await peer.SendAsync([8, 9]);
        var all = new List<byte>();
        var buffer = new byte[100];
        while (all.Count < behind.Length + 2)
            all.AddRange(buffer.AsSpan(0, await connection.ReceiveAsync(buffer)));
        Assert.That(Vectors.Hex([.. all]), Is.EqualTo(Vectors.Hex([.. behind, 8, 9])));
        await connection.SendAsync(new byte[] { 42 });
        await peer.ExpectAsync([42]);
        await connection.DisposeAsync();
        await peer.ExpectEndAsync();
        await server.DisposeAsync();
    }

    sealed class StatusByte : IprotoErrorEncoder
    {
        public override bool TryEncode(uint message, ButlerException error, System.Buffers.IBufferWriter<byte> body)
        {
            body.GetSpan(1)[0] = (byte)error.Status;
            body.Advance(1);
            return true;
        }
    }
}
