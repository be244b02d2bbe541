using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Limits;

/// <summary>Peers that ask and do not read what they are answered.</summary>
public sealed class SlowReaderTests
{
    const int Mebibyte = 1 << 20;
    const int Control = 256 * 1024;
    static readonly TimeSpan ClockStep = TimeSpan.FromMilliseconds(100);

    [Test]
    public void Replies_of_a_mebibyte_that_nobody_reads_wait_at_a_mebibyte_and_end_the_session_after_ten_seconds()
    {
        Canary.Guards(3, async world =>
        {
            world.Sim.Network.Chunks = SimChunks.Whole;
            var asked = 0;
            world.Probe.Bytes = (_, _) =>
            {
                asked++;
                return new(new byte[Mebibyte]);
            };
            var peer = await world.OpenRawAsync();
            var session = world.Server.Sessions[^1];
            var begun = world.Sim.Time.Elapsed;
            long most = 0;
            for (var i = 0; i < 100; i++)
            {
                await peer.SendAsync(Wire.Frame(Wire.Request, 0, 6, Wire.CallId(i), 0xC4, 0));
                await world.Sim.SettleAsync();
                most = Math.Max(most, session.QueuedBytes);
            }

            Assert.That(asked, Is.EqualTo(100));
            Assert.That(session.Statistics.Serving, Is.GreaterThan(90), "handlers wait with their results");
            Assert.That(most, Is.InRange(Mebibyte, (2 * Mebibyte) + Control));
            await session.Closed;
            Assert.That(session.CloseReason!.Reason, Is.EqualTo(ButlerReason.SlowPeer));
            Assert.That(world.Sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10) + ClockStep));
            await world.Sim.SettleAsync();
            Assert.That(session.Statistics.Serving, Is.Zero, "and are let go");
            await peer.DisposeAsync();
        });
    }

    [Test]
    public void Replies_that_waited_arrive_when_the_peer_reads_again()
    {
        Simulation.RunMany(5, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.AcceptsAsync(sim);
            raw.Probe.Bytes = (value, _) => new(new byte[Mebibyte]);
            for (var i = 0; i < 20; i++)
                await raw.Peer.SendAsync(Wire.Frame(Wire.Request, 0, 6, Wire.CallId(i), 0xC4, 0));
            await sim.DelayAsync(TimeSpan.FromSeconds(5));
            var whole = new Dictionary<uint, int>();
            while (whole.Count < 20 || whole.Values.Any(v => v < Mebibyte))
            {
                var frame = await raw.Peer.ExpectFrameAsync(Wire.Reply);
                whole[frame.Call] = whole.GetValueOrDefault(frame.Call) + frame.Payload.Length;
            }

            await sim.SettleAsync();
            Assert.That(raw.Session.Statistics.Serving, Is.Zero);
            Assert.That(raw.Session.QueuedBytes, Is.Zero);
        });
    }

    [Test]
    public void Small_replies_pass_large_ones_that_fill_the_queue()
    {
        Simulation.RunMany(5, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.AcceptsAsync(sim);
            raw.Probe.Bytes = (_, _) => new(new byte[2 * Mebibyte]);
            for (var i = 0; i < 10; i++)
                await raw.Peer.SendAsync(Wire.Frame(Wire.Request, 0, 6, Wire.CallId(i), 0xC4, 0));
            await sim.SettleAsync();
            Assert.That(raw.Session.QueuedBytes, Is.GreaterThan(Mebibyte));
            await raw.Peer.SendAsync(Wire.Frame(Wire.Request, 0, 2, Wire.CallId(10), 42));
            await sim.SettleAsync();
            var chunks = 0;
            while (await raw.Peer.ExpectFrameAsync(Wire.Reply) is { Payload: not [42] })
                chunks++;
            Assert.That(chunks, Is.LessThan(6));
        });
    }

    [Test]
    public void Small_replies_and_errors_that_nobody_reads_are_bounded_too()
    {
        Canary.Guards(3, async world =>
        {
            world.Sim.Network.Chunks = SimChunks.Whole;
            world.Probe.Bytes = (value, _) => value.Length % 2 == 0
                ? new(new byte[30_000])
                : throw new ButlerException(ButlerStatus.NotFound, new string('x', 4000));
            var peer = await world.OpenRawAsync();
            var session = world.Server.Sessions[^1];
            long most = 0;
            for (var i = 0; i < 500; i++)
            {
                await peer.SendAsync(Wire.Frame(Wire.Request, 0, 6, Wire.CallId(i), i % 2 == 0 ? [0xC4, 0] : [0xC4, 1, 7]));
                await world.Sim.SettleAsync();
                most = Math.Max(most, session.QueuedBytes);
            }

            Assert.That(most, Is.InRange(Mebibyte, Mebibyte + Control));
            await session.Closed;
            Assert.That(session.CloseReason!.Reason, Is.EqualTo(ButlerReason.SlowPeer));
            await peer.DisposeAsync();
        });
    }

    [Test]
    public void Pings_of_a_server_that_does_not_read_the_answers_end_the_session()
    {
        Simulation.RunMany(2, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.DialsAsync(sim, new ButlerLimits { MessageBytes = 16_384, ReassemblyWindowBytes = 16_384, QueuedBytes = 65_536, SendStallTimeout = TimeSpan.FromDays(1) });
            raw.Link.ToServer.Hold();
            var pings = Enumerable.Repeat(Wire.Frame(Wire.Ping, 0, 0, 0, new byte[8]), 1000).SelectMany(p => p).ToArray();
            long most = 0;
            while (raw.Session.State == SessionState.Open)
            {
                await raw.Peer.OfferAsync(pings);
                await sim.SettleAsync();
                most = Math.Max(most, raw.Session.QueuedBytes);
            }

            Assert.That(raw.Session.CloseReason!.Reason, Is.EqualTo(ButlerReason.SlowPeer));
            Assert.That(most, Is.LessThan(65_536 + 16_384 + Control + 30_000));
            raw.Link.Reset();
        });
    }
}
