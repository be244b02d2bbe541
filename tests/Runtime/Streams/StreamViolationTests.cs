using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Streams;

/// <summary>Frames of streams that no honest peer sends. The canary watches each of them.</summary>
public class StreamViolationTests
{
    const uint Violation = 18;
    const byte Nil = 0xC0;

    static readonly byte[] One = [1];

    [TestCase(Wire.Item)]
    [TestCase(Wire.End)]
    [TestCase(Wire.Credit)]
    [TestCase(Wire.Stop)]
    public void Frame_of_a_call_that_was_never_started_is_a_violation(byte kind)
    {
        foreach (var call in new[] { Wire.CallId(0), Wire.CallId(5), Wire.CallId(0, byAcceptor: true) })
        {
            Guards(async (world, _) =>
            {
                var peer = await world.OpenRawAsync();
                await AssertClosedAsync(peer, Wire.Frame(kind, 0, 1, call, Payload(kind)));
            });
        }
    }

    [TestCase(Wire.Item)]
    [TestCase(Wire.End)]
    [TestCase(Wire.Credit)]
    [TestCase(Wire.Stop)]
    public void Frame_of_a_stream_that_the_call_does_not_have_is_a_violation(byte kind)
    {
        foreach (var stream in new uint[] { 0, 2, 65_536, 0xFFFF_FFFF })
        {
            Guards(async (world, _) =>
            {
                var peer = await world.OpenRawAsync();
                await AssertClosedAsync(peer, Start(StreamMethods.Sum.Code, 0), Wire.Frame(kind, 0, stream, Wire.CallId(0), Payload(kind)));
            });
        }
    }

    [TestCase(Wire.Item)]
    [TestCase(Wire.End)]
    [TestCase(Wire.Credit)]
    [TestCase(Wire.Stop)]
    public void Stream_frame_of_a_call_without_streams_is_a_violation(byte kind)
    {
        Guards(async (world, _) =>
        {
            world.Probe.Run = static async (_, context) => await context.CancellationToken.CancelledAsync();
            var peer = await world.OpenRawAsync();
            await AssertClosedAsync(peer, Start(Methods.Run.Code, 0), Wire.Frame(kind, 0, 1, Wire.CallId(0), Payload(kind)));
        });
    }

    [TestCase(Wire.Item)]
    [TestCase(Wire.End)]
    [TestCase(Wire.Credit)]
    [TestCase(Wire.Stop)]
    public void Late_frame_of_an_ended_call_is_ignored_and_counted(byte kind)
    {
        Guards(async (world, streams) =>
        {
            streams.Sum = static (_, _) => new(7);
            var peer = await world.OpenRawAsync();
            await peer.SendAsync(Start(StreamMethods.Sum.Code, 0));
            await peer.ExpectFrameAsync(Wire.Reply);
            var session = world.Server.Sessions.Single(s => s.Statistics.LateFrames == 0 && s.RemoteAddress.EndsWith("50001", StringComparison.Ordinal));
            await peer.SendAsync(Wire.Frame(kind, 0, 1, Wire.CallId(0), Payload(kind)));
            await peer.SendAsync(Start(StreamMethods.Sum.Code, 0, generation: 2));
            await peer.ExpectFrameAsync(Wire.Reply);
            Assert.That(session.Statistics.LateFrames, Is.EqualTo(1));
            peer.Connection.CloseWrite();
            await peer.ReadToEndAsync();
        });
    }

    [Test]
    public void Items_up_to_the_first_grant_are_taken_and_one_more_is_a_violation()
    {
        Guards(async (world, streams) =>
        {
            streams.Sum = static async (_, context) =>
            {
                await context.CancellationToken.CancelledAsync();
                return 0;
            };
            var peer = await world.OpenRawAsync();
            await peer.SendAsync(Start(StreamMethods.Sum.Code, 0));
            for (var i = 0; i < InboundStream.FirstItems; i++)
                await peer.SendAsync(Wire.Frame(Wire.Item, 0, 1, Wire.CallId(0), One));
            await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(10));
            Assert.That(world.Server.SessionCount, Is.EqualTo(2));
            await AssertClosedAsync(peer, Wire.Frame(Wire.Item, 0, 1, Wire.CallId(0), One));
        });
    }

    [Test]
    public void Bytes_may_pass_their_grant_by_one_item_only()
    {
        Guards(async (world, streams) =>
        {
            streams.Upload = static async (_, context) =>
            {
                await context.CancellationToken.CancelledAsync();
                return 0;
            };
            var peer = await world.OpenRawAsync();
            await peer.SendAsync(Start(StreamMethods.Upload.Code, 0));
            await peer.SendAsync(Wire.Frame(Wire.Item, 0, 1, Wire.CallId(0), new byte[16_383]), Wire.Frame(Wire.Item, 0, 1, Wire.CallId(0), new byte[60_000]));
            await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(10));
            Assert.That(world.Server.SessionCount, Is.EqualTo(2));
            await AssertClosedAsync(peer, Wire.Frame(Wire.Item, 0, 1, Wire.CallId(0), One));
        });
    }

    [TestCase(Wire.Item)]
    [TestCase(Wire.End)]
    public void Item_or_end_behind_the_end_is_a_violation(byte kind)
    {
        Guards(async (world, streams) =>
        {
            streams.Sum = static async (_, context) =>
            {
                await context.CancellationToken.CancelledAsync();
                return 0;
            };
            var peer = await world.OpenRawAsync();
            await AssertClosedAsync(peer, Start(StreamMethods.Sum.Code, 0), Wire.Frame(Wire.End, 0, 1, Wire.CallId(0)), Wire.Frame(kind, 0, 1, Wire.CallId(0), Payload(kind)));
        });
    }

    [Test]
    public void End_in_the_middle_of_a_chunked_item_is_a_violation()
    {
        Guards(async (world, _) =>
        {
            var peer = await world.OpenRawAsync();
            await AssertClosedAsync(
                peer, Start(StreamMethods.Upload.Code, 0), Wire.Frame(Wire.Item, Wire.More | Wire.Total, 1, Wire.CallId(0), [.. Wire.U32(100), 1, 2, 3]),
                Wire.Frame(Wire.End, 0, 1, Wire.CallId(0)));
        });
    }

    [Test]
    public void Item_of_endless_or_empty_parts_is_a_violation()
    {
        byte[][] parts = [[], new byte[98]];
        foreach (var part in parts)
        {
            Guards(async (world, _) =>
            {
                var peer = await world.OpenRawAsync();
                await AssertClosedAsync(
                    peer, Start(StreamMethods.Upload.Code, 0), Wire.Frame(Wire.Item, Wire.More | Wire.Total, 1, Wire.CallId(0), [.. Wire.U32(100), 1, 2, 3]),
                    Wire.Frame(Wire.Item, Wire.More, 1, Wire.CallId(0), part));
            });
        }
    }

    [Test]
    public void Credit_of_another_size_is_a_violation()
    {
        Guards(async (world, streams) =>
        {
            streams.Count = static (_, context) => new Tracker().EventsAsync(1, context.CancellationToken);
            var peer = await world.OpenRawAsync();
            await AssertClosedAsync(peer, Start(StreamMethods.Count.Code, 0), Wire.Frame(Wire.Credit, 0, 0, Wire.CallId(0), 1, 0, 0, 0));
        });
    }

    [Test]
    public void Cut_inside_a_chunked_item_leaves_nothing_behind()
    {
        Guards(async (world, streams) =>
        {
            var seen = 0;
            streams.Upload = async (parts, _) =>
            {
                try
                {
                    return (await parts.ToListAsync()).Count;
                }
                catch (OperationCanceledException)
                {
                    seen++;
                    throw;
                }
            };
            var peer = await world.OpenRawAsync();
            var session = world.Server.Sessions.Single(s => s.RemoteAddress.EndsWith("50001", StringComparison.Ordinal));
            await peer.SendAsync(
                Start(StreamMethods.Upload.Code, 0), Wire.Frame(Wire.Item, Wire.More | Wire.Total, 1, Wire.CallId(0), [.. Wire.U32(1_000_000), 1, 2, 3]));
            await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(10));
            Assert.That(session.ReassemblingBytes, Is.EqualTo(1_000_000));
            peer.Connection.Abort();
            await world.Sim.UntilAsync(() => seen == 1);
            await world.Sim.SettleAsync();
            Assert.That((session.ReassemblingBytes, session.Statistics.Serving), Is.EqualTo((0L, 0)));
        });
    }

    [Test]
    public void Reply_to_a_call_that_gives_a_stream_fails_that_call()
    {
        Simulation.RunMany(10, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var reading = raw.Session.CountAsync(1).ToListAsync();
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Reply, 0, 0, request.Call, 5));
            var failure = await Thrown.OfAsync<ButlerException>(() => reading);
            failure.AssertIs(ButlerStatus.InvalidArgument, ButlerCertainty.Executed, ButlerReason.BadMessage);
            Assert.That(raw.Session.State, Is.EqualTo(SessionState.Open));
        });
    }

    [Test]
    public void End_of_a_result_in_the_middle_of_an_item_is_a_violation_for_the_caller_too()
    {
        Simulation.RunMany(10, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var reading = raw.Session.CountAsync(1).ToListAsync();
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Item, Wire.More | Wire.Total, 0, request.Call, [.. Wire.U32(10), 1, 2, 3]), Wire.Frame(Wire.End, 0, 0, request.Call));
            await Thrown.OfAsync<ButlerException>(() => reading);
            Assert.That(raw.Session.CloseReason!.Reason, Is.EqualTo(ButlerReason.ProtocolViolation));
        });
    }

    [Test]
    public void End_of_a_call_that_was_given_up_frees_its_slot()
    {
        Simulation.RunMany(20, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var reading = raw.Session.CountAsync(1).GetAsyncEnumerator();
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            await reading.DisposeAsync();
            Assert.That(raw.Session.InFlight, Is.EqualTo(1));
            await raw.Peer.SendAsync(Wire.Frame(Wire.End, 0, 0, request.Call));
            await sim.UntilAsync(() => raw.Session.InFlight == 0);
        });
    }

    [Test]
    public void Over_credit_of_a_result_is_a_violation_for_the_caller_too()
    {
        Simulation.RunMany(10, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            await using var reading = raw.Session.CountAsync(1).GetAsyncEnumerator();
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            for (var i = 0; i < 17; i++)
                await raw.Peer.SendAsync(Wire.Frame(Wire.Item, 0, 0, request.Call, 5));
            await raw.Session.Closed;
            Assert.That(raw.Session.CloseReason!.Reason, Is.EqualTo(ButlerReason.ProtocolViolation));
        });
    }

    [Test]
    public void Items_of_a_call_that_was_given_up_are_ignored_and_counted()
    {
        Simulation.RunMany(20, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var reading = raw.Session.CountAsync(1).GetAsyncEnumerator();
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Item, Wire.More | Wire.Total, 0, request.Call, [.. Wire.U32(10), 1, 2, 3]));
            await sim.SettleAsync();
            await reading.DisposeAsync();
            await raw.Peer.ExpectFrameAsync(Wire.Cancel);
            await raw.Peer.SendAsync(
                Wire.Frame(Wire.Item, Wire.More, 0, request.Call, 4, 5, 6), Wire.Frame(Wire.Item, 0, 0, request.Call, 7, 8, 9, 10),
                Wire.ErrorFrame(request.Call, 1, 2, 0, "cancelled"));
            await sim.UntilAsync(() => raw.Session.InFlight == 0);
            Assert.That((raw.Session.State, raw.Session.ReassemblingBytes), Is.EqualTo((SessionState.Open, 0L)));
            Assert.That(raw.Session.Statistics.LateFrames, Is.EqualTo(3));
        });
    }

    [Test]
    public void Flood_of_idle_streams_is_stopped_at_the_slots()
    {
        Guards(async (world, streams) =>
        {
            streams.Count = static (_, context) => new Tracker().EventsAsync(0, context.CancellationToken);
            var peer = await world.OpenRawAsync();
            for (var i = 0; i < 1024; i += 64)
                await peer.SendAsync([.. Enumerable.Range(i, 64).Select(slot => Start(StreamMethods.Count.Code, slot))]);
            await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(10));
            Assert.That(world.Server.SessionCount, Is.EqualTo(2));
            await AssertClosedAsync(peer, Start(StreamMethods.Count.Code, 1024));
        }, seeds: 2);
    }

    static byte[] Start(uint method, int slot, int generation = 1) => Wire.Frame(Wire.Request, 0, method, Wire.CallId(slot, generation), One);

    static byte[] Payload(byte kind) => kind switch
    {
        Wire.Credit => [1, 0, 0, 0, 0, 1, 0, 0],
        Wire.Item => [Nil],
        _ => [],
    };

    static void Guards(Func<World, StreamProbe, Task> attack, int seeds = 10) => Canary.Guards(seeds, async world =>
    {
        var streams = new StreamProbe();
        world.Server.Services.Add(streams);
        await attack(world, streams);
    });

    static async Task AssertClosedAsync(SimPeer peer, params byte[][] attack)
    {
        try
        {
            await peer.SendAsync(attack);
        }
        catch (IOException)
        {
            // It may be closed before all of it was taken.
        }

        var frames = WireFrame.ParseAll(await peer.ReadToEndAsync());
        Assert.That(frames, Is.Not.Empty);
        Assert.That((frames[^1].Kind, frames[^1].Code), Is.EqualTo((Wire.Goaway, Violation)));
    }
}
