using ButlerRpc.Iproto;
using ButlerRpc.Testing;
using ButlerRpc.Wires.Tests.Support;

namespace ButlerRpc.Wires.Tests.Iproto;

/// <summary>Our client against servers that are scripted on raw sockets.</summary>
public class ScriptedClientTests
{
    const uint Ping = 0xFF00;
    const uint Shutdown = 0xFF01;

    static async Task<(ButlerClient Client, RawPeer Peer)> ConnectAsync(HandPlatform? platform = null)
    {
        var (listener, endpoint) = RawPeer.Listen();
        var connecting = ButlerClient.ConnectAsync(endpoint, Patient.Client with { Platform = platform });
        var peer = await RawPeer.AcceptAsync(listener);
        listener.Stop();
        return (await connecting, peer);
    }

    [Test]
    public async Task A_typed_call_is_a_packet_of_its_method_code_and_takes_the_reply_with_its_Sync()
    {
        var (client, peer) = await ConnectAsync();
        var call = client.Create<ISums>().AddAsync(new Add(2, 3)).AsTask();
        var (message, sync, body) = await peer.ReadPacketAsync();
        Assert.That((message, sync & 0xC000_0000), Is.EqualTo((7u, 0x4000_0000u)), "the dialler's Syncs carry bit 30");
        Assert.That(Vectors.Hex(body), Is.EqualTo("0200000003000000"));
        await peer.SendAsync(7, sync, Vectors.Hex("05000000"));
        Assert.That(await call, Is.EqualTo(new Sum(5)));
        peer.Dispose();
        await client.DisposeAsync();
    }

    [Test]
    public async Task A_one_way_call_is_a_packet_with_Sync_0()
    {
        var (client, peer) = await ConnectAsync();
        await client.Create<ISums>().TellAsync(new Sum(42));
        await peer.ExpectAsync(9, 0, Vectors.Hex("2a000000"));
        peer.Dispose();
        await client.DisposeAsync();
    }

    [Test]
    public async Task An_untyped_call_and_notice_carry_the_bytes_as_they_are()
    {
        var (client, peer) = await ConnectAsync();
        var call = client.CallPacketAsync(0x2A, new byte[] { 1, 2, 3 }).AsTask();
        var (message, sync, body) = await peer.ReadPacketAsync();
        Assert.That((message, Vectors.Hex(body)), Is.EqualTo((0x2Au, "010203")));
        await peer.SendAsync(0x2A, sync, [4]);
        Assert.That(await call, Is.EqualTo(new byte[] { 4 }));
        await client.NotifyPacketAsync(0x2B, new byte[] { 5 });
        await peer.ExpectAsync(0x2B, 0, [5]);
        peer.Dispose();
        await client.DisposeAsync();
    }

    [Test]
    public async Task A_message_without_an_iproto_form_is_refused_before_anything_is_sent()
    {
        var (client, peer) = await ConnectAsync();
        var failure = await Failing.OfAsync(client.Create<ISums>().PlainAsync(new Plain("x")));
        Assert.That((failure.Status, failure.Certainty), Is.EqualTo((ButlerStatus.Unimplemented, ButlerCertainty.NotExecuted)));
        Assert.That(failure.Message, Does.Contain("Formats"));
        await client.NotifyPacketAsync(1, default);
        await peer.ExpectAsync(1, 0, []);
        peer.Dispose();
        await client.DisposeAsync();
    }

    [Test]
    public async Task A_stream_is_refused_with_a_clear_error()
    {
        var (client, peer) = await ConnectAsync();
        ButlerException? failure = null;
        try
        {
            await foreach (var _ in client.Create<ISums>().CountAsync(new Sum(3)))
                Assert.Fail("an item came");
        }
        catch (ButlerException e)
        {
            failure = e;
        }

        Assert.That(failure, Is.Not.Null);
        Assert.That((failure!.Status, failure.Certainty), Is.EqualTo((ButlerStatus.Unimplemented, ButlerCertainty.NotExecuted)));
        Assert.That(failure.Message, Does.Contain("iproto cannot carry"));
        peer.Dispose();
        await client.DisposeAsync();
    }

    [Test]
    public async Task Two_ends_that_call_each_other_at_once_are_not_mixed_up()
    {
        var sums = new Sums();
        var (client, peer) = await ConnectAsync();
        client.Services.Add<ISums>(sums);
        var call = client.Create<ISums>().AddAsync(new Add(2, 3)).AsTask();
        var (_, sync, _) = await peer.ReadPacketAsync();

        // The same Msg, and a Sync as the reference would have chosen it: a request, though a call of this Msg is pending.
        await peer.SendAsync(7, 1, Vectors.Hex("0a000000 0a000000"));
        await peer.ExpectAsync(7, 1, Vectors.Hex("14000000"));
        await peer.SendAsync(7, sync, Vectors.Hex("05000000"));
        Assert.That(await call, Is.EqualTo(new Sum(5)));
        peer.Dispose();
        await client.DisposeAsync();
    }

    [Test]
    public async Task A_late_reply_is_dropped_and_counted_and_reaches_no_handler()
    {
        var sums = new Sums { OnAdd = (_, _) => throw new AssertionException("a late reply was served as a request") };
        var platform = new HandPlatform();
        var (client, peer) = await ConnectAsync(platform);
        client.Services.Add<ISums>(sums);
        var call = Failing.OfAsync(client.Create<ISums>().AddAsync(new Add(2, 3), new CallContext(new CallOptions { Timeout = TimeSpan.FromSeconds(1) })));
        var (_, sync, _) = await peer.ReadPacketAsync();
        platform.Time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.That((await call).Status, Is.EqualTo(ButlerStatus.DeadlineExceeded));
        await peer.SendAsync(7, sync, Vectors.Hex("05000000")); // late
        await peer.SendAsync(7, sync, Vectors.Hex("05000000")); // and once more
        await peer.SendAsync(Ping, 3, []);
        await peer.ExpectAsync(Ping, 3, []); // nothing else was answered
        var counted = client.PoolStatistics().Channels;
        Assert.That((counted.LateReplies, counted.PacketsDropped, counted.CallsServed), Is.EqualTo((2L, 2L, 0L)));
        peer.Dispose();
        await client.DisposeAsync();
    }

    [Test]
    public async Task A_reply_with_another_Msg_is_no_reply()
    {
        var (client, peer) = await ConnectAsync();
        var call = client.Create<ISums>().AddAsync(new Add(2, 3)).AsTask();
        var (_, sync, _) = await peer.ReadPacketAsync();
        await peer.SendAsync(8, sync, Vectors.Hex("09000000"));
        await peer.SendAsync(7, sync, Vectors.Hex("05000000"));
        Assert.That(await call, Is.EqualTo(new Sum(5)));
        peer.Dispose();
        await client.DisposeAsync();
    }

    [Test]
    public async Task Syncs_wrap_around_and_are_never_0()
    {
        var (client, peer) = await ConnectAsync();
        var seen = new HashSet<uint>();
        for (var i = 0; i < 40_000; i++)
        {
            var call = client.CallPacketAsync(5, default);
            var (_, sync, _) = await peer.ReadPacketAsync();
            Assert.That(sync & 0xC000_0000, Is.EqualTo(0x4000_0000));
            seen.Add(sync);
            await peer.SendAsync(5, sync, []);
            await call;
        }

        Assert.That(seen, Has.Count.EqualTo(0x4000), "the generations of one slot, all of them and again");
        peer.Dispose();
        await client.DisposeAsync();
    }

    [Test]
    public async Task A_shutdown_of_the_client_waits_for_its_calls_and_for_the_peer()
    {
        var (client, peer) = await ConnectAsync();
        var call = client.Create<ISums>().AddAsync(new Add(2, 3)).AsTask();
        var (_, sync, _) = await peer.ReadPacketAsync();
        var stopping = client.DisposeAsync().AsTask();
        await peer.SendAsync(7, sync, Vectors.Hex("05000000"));
        await peer.ExpectAsync(Shutdown, 0, []);
        Assert.That(await call, Is.EqualTo(new Sum(5)));
        await peer.SendAsync(Shutdown, 0, []);
        await peer.ExpectEndAsync();
        await stopping;
    }

    [Test]
    public async Task A_shutdown_of_the_peer_ends_the_session_and_the_next_call_dials_again()
    {
        var (listener, endpoint) = RawPeer.Listen();
        await using var client = ButlerClient.Open(endpoint, Patient.Client);
        var first = client.CallPacketAsync(5, default).AsTask();
        using var peer = await RawPeer.AcceptAsync(listener);
        var (_, sync, _) = await peer.ReadPacketAsync();
        await peer.SendAsync(5, sync, [1]);
        await first;
        await peer.SendAsync(Shutdown, 0, []);
        await peer.ExpectAsync(Shutdown, 0, []);
        await peer.ExpectEndAsync();
        var second = client.CallPacketAsync(5, default).AsTask();
        using var again = await RawPeer.AcceptAsync(listener);
        (_, sync, _) = await again.ReadPacketAsync();
        await again.SendAsync(5, sync, [2]);
        Assert.That(await second, Is.EqualTo(new byte[] { 2 }));
        listener.Stop();
    }
}
