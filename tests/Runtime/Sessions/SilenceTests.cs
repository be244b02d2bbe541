using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>Pings, and peers that have gone without a word or do not read.</summary>
public class SilenceTests
{
    static readonly TimeSpan ClockStep = TimeSpan.FromMilliseconds(120);

    [Test]
    public void Ping_is_answered_with_its_own_bytes()
    {
        Simulation.RunMany(20, async sim =>
        {
            var raw = await RawSession.AcceptsAsync(sim);
            byte[] body = [1, 2, 3, 4, 5, 6, 7, 8];
            await raw.Peer.SendAsync(Wire.Frame(Wire.Ping, 0, 0, 0, body));
            var pong = await raw.Peer.ReadFrameAsync();
            Assert.That((pong!.Kind, pong.Flags, pong.Code, pong.Call), Is.EqualTo((Wire.Pong, (byte)0, 0u, 0u)));
            Assert.That(pong.Payload, Is.EqualTo(body));
            Assert.That(sim.Time.Elapsed, Is.EqualTo(TimeSpan.Zero));
        });
    }

    [Test]
    public void Silent_peer_is_pinged_after_fifteen_seconds_and_given_up_ten_later()
    {
        foreach (var dials in new[] { true, false })
        {
            Simulation.RunMany(10, async sim =>
            {
                var raw = dials ? await RawSession.DialsAsync(sim) : await RawSession.AcceptsAsync(sim);
                var begun = sim.Time.Elapsed;
                var ping = await raw.Peer.ExpectFrameAsync(Wire.Ping);
                Assert.That(ping.Payload, Has.Length.EqualTo(8));
                Assert.That(sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(15) + ClockStep));
                await raw.Session.Closed;
                Assert.That(sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(25), TimeSpan.FromSeconds(25) + ClockStep));
            });
        }
    }

    [Test]
    public void Peer_that_answers_pings_is_kept()
    {
        Simulation.RunMany(5, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            for (var i = 0; i < 20; i++)
            {
                var ping = await raw.Peer.ExpectFrameAsync(Wire.Ping);
                await raw.Peer.SendAsync(Wire.Frame(Wire.Pong, 0, 0, 0, ping.Payload));
            }

            Assert.That(raw.Session.State, Is.EqualTo(SessionState.Open));
            Assert.That(sim.Time.Elapsed, Is.GreaterThan(TimeSpan.FromMinutes(4)));
        });
    }

    [Test]
    public void Any_byte_counts_as_life()
    {
        Simulation.RunMany(5, async sim =>
        {
            var raw = await RawSession.AcceptsAsync(sim);
            for (var i = 1; i <= 12; i++)
            {
                await sim.DelayAsync(TimeSpan.FromSeconds(10));
                await raw.Peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0, i), 1));
                await raw.Peer.ExpectFrameAsync(Wire.Reply); // and no ping in between
            }
        });
    }

    [Test]
    public void Two_idle_ends_keep_their_session_for_ever()
    {
        Simulation.RunMany(5, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            await client.CallAsync(Methods.Work, 1);
            await sim.DelayAsync(TimeSpan.FromMinutes(30));
            Assert.That(await client.CallAsync(Methods.Work, 2), Is.EqualTo(2));
            Assert.That(sim.Network.Links, Has.Count.EqualTo(1));
        });
    }

    [Test]
    public void Half_open_connection_is_found_within_twenty_five_seconds_and_its_calls_fail()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            var client = await world.ConnectAsync(o => o with { CallTimeout = Timeout.InfiniteTimeSpan });
            await client.CallAsync(Methods.Work, 1);
            var begun = sim.Time.Elapsed;
            sim.Network.Links[0].Stall();
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Work, 2));
            failure.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
            Assert.That(sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(25), TimeSpan.FromSeconds(25) + ClockStep));
            Assert.That(await client.CallAsync(Methods.Work, 3), Is.EqualTo(3), "over a new session");
            await sim.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.That(world.Server.SessionCount, Is.EqualTo(1));
            await client.DisposeAsync();
        });
    }

    [Test]
    public void Peer_that_does_not_read_is_given_up_after_ten_seconds()
    {
        Simulation.RunMany(5, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.AcceptsAsync(sim);
            raw.Probe.Bytes = (_, _) => new(new byte[200_000]);
            var begun = sim.Time.Elapsed;
            await raw.Peer.SendAsync(Wire.Frame(Wire.Request, 0, 6, Wire.CallId(0), 0xC4, 0));
            await raw.Session.Closed;
            Assert.That(raw.Session.CloseReason!.Reason, Is.EqualTo(ButlerReason.SlowPeer));
            Assert.That(sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10) + ClockStep));
        });
    }

    [Test]
    public void Peer_that_reads_slowly_is_kept()
    {
        Simulation.RunMany(3, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.AcceptsAsync(sim);
            raw.Probe.Bytes = (_, _) => new(new byte[400_000]);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Request, 0, 6, Wire.CallId(0), 0xC4, 0));
            var left = 400_000 + 5 + (7 * 16) + 4; // seven frames
            while (left > 0)
            {
                var part = Math.Min(left, 50_000);
                await raw.Peer.ReadAsync(part);
                left -= part;
                await sim.DelayAsync(TimeSpan.FromSeconds(4));
            }

            Assert.That(raw.Session.State, Is.EqualTo(SessionState.Open));
            Assert.That(sim.Time.Elapsed, Is.GreaterThan(TimeSpan.FromSeconds(30)));
        });
    }

    [Test]
    public void Callers_wait_while_a_mebibyte_is_queued()
    {
        Simulation.RunMany(5, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.DialsAsync(sim);
            raw.Link.ToServer.Hold();
            var calls = Enumerable.Range(0, 40).Select(_ => Failing.OfAsync(raw.Session.CallAsync(Methods.Bytes, new byte[100_000]))).ToArray();
            await sim.SettleAsync();
            Assert.That(raw.Session.QueuedBytes, Is.InRange(900_000, (1 << 20) + 101_000));
            Assert.That(raw.Session.Waiting, Is.GreaterThan(20));
            raw.Link.Reset();
            foreach (var call in calls)
                await call;
        });
    }
}
