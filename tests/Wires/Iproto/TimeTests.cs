using System.Buffers.Binary;
using ButlerRpc.Iproto;
using ButlerRpc.Testing;
using ButlerRpc.Wires.Tests.Support;

namespace ButlerRpc.Wires.Tests.Iproto;

/// <summary>What time does to iproto connections, in virtual time.</summary>
public class TimeTests
{
    const string Endpoint = "tcp://127.0.0.1:3301?framing=iproto";
    const uint Ping = 0xFF00;
    const uint Shutdown = 0xFF01;

    [Test]
    public void The_Sync_of_a_call_that_timed_out_is_not_used_again_for_30_s() => Simulation.Run(1, async sim =>
    {
        await using var listener = await SimPeer.ListenAsync(sim.Platform, Endpoint);
        await using var client = await ButlerClient.ConnectAsync(Endpoint, new ButlerClientOptions { Platform = sim.Platform, MaxSessionsPerEndpoint = 1 });
        await using var peer = await SimPeer.AcceptAsync(listener);
        var failure = await Failing.OfAsync(client.CallPacketAsync(1, default));
        Assert.That(failure.Status, Is.EqualTo(ButlerStatus.DeadlineExceeded));
        var timedOut = await SlotAsync(peer);

        for (var i = 0; i < 5; i++)
        {
            var call = client.CallPacketAsync(1, default);
            Assert.That(await SlotAsync(peer, answer: true), Is.Not.EqualTo(timedOut));
            await call;
        }

        await sim.DelayAsync(TimeSpan.FromSeconds(31));
        var first = client.CallPacketAsync(1, default);
        var second = client.CallPacketAsync(1, default);
        Assert.That(new[] { await SlotAsync(peer, answer: true), await SlotAsync(peer, answer: true) }, Does.Contain(timedOut));
        await first;
        await second;
    });

    [Test]
    public void A_peer_that_is_silent_is_pinged_after_a_minute_by_default() => Simulation.Run(1, async sim =>
    {
        await using var server = await ButlerServer.StartAsync(Endpoint, s => s.AddPackets(new IprotoMux()), new ButlerServerOptions { Platform = sim.Platform });
        await using var peer = await SimPeer.DialAsync(sim.Platform, Endpoint);
        await peer.ExpectAsync(RawPeer.Packet(Ping, 0, []));
        Assert.That(sim.Time.Elapsed.TotalSeconds, Is.EqualTo(60).Within(0.2));
    });

    [Test]
    public void A_connection_that_is_not_used_is_shut_down_after_the_idle_time() => Simulation.Run(1, async sim =>
    {
        await using var server = await ButlerServer.StartAsync(
            Endpoint, s => s.AddPackets(new IprotoMux()),
            new ButlerServerOptions { Platform = sim.Platform, Iproto = new IprotoOptions { IdleTimeout = TimeSpan.FromSeconds(10) } });
        await using var peer = await SimPeer.DialAsync(sim.Platform, Endpoint);
        await peer.ExpectAsync(RawPeer.Packet(Shutdown, 0, []));
        Assert.That(sim.Time.Elapsed.TotalSeconds, Is.EqualTo(10).Within(0.2));
        await peer.SendAsync(RawPeer.Packet(Shutdown, 0, []));
        Assert.That(await peer.ReadToEndAsync(), Is.Empty);
    });

    // The slot of the next packet's Sync.
    static async Task<uint> SlotAsync(SimPeer peer, bool answer = false)
    {
        var packet = await peer.ReadAsync(12);
        if (answer)
            await peer.SendAsync(packet);
        return BinaryPrimitives.ReadUInt32LittleEndian(packet.AsSpan(8)) & 0xFFFF;
    }
}
