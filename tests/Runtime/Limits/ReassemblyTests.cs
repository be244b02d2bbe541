using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Limits;

/// <summary>Messages in several frames: begun, never finished, too many, empty.</summary>
public sealed class ReassemblyTests
{
    const int Mebibyte = 1 << 20;
    static readonly byte[] One = [1];

    [Test]
    public void Process_puts_together_256_MiB_and_a_call_beyond_that_fails_alone()
    {
        Simulation.RunMany(3, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var budget = sim.Platform.Reassembling;
            Assert.That(budget.TryTake((256 * Mebibyte) - 100_000, long.MaxValue)); // as other sessions would
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Bytes, new byte[200_000]));
            failure.AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.QueueFull);
            Assert.That(failure.Message, Does.Contain("ReassemblyBudgetBytes").And.Contains("268435456"));
            Assert.That(world.Probe.Started, Is.Zero);
            Assert.That(await client.CallAsync(Methods.Bytes, new byte[60_000]), Has.Length.EqualTo(60_000), "a frame is no message to be put together");
            budget.Return(400_000); // it grows by copying, so for a moment it has its memory twice
            Assert.That(await client.CallAsync(Methods.Bytes, new byte[200_000]), Has.Length.EqualTo(200_000), "and the session goes on");
            Assert.That(budget.Bytes, Is.EqualTo((256 * Mebibyte) - 500_000));
        });
    }

    [Test]
    public void Reply_beyond_the_budget_fails_its_call_which_was_executed()
    {
        Simulation.RunMany(3, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var world = await World.StartAsync(sim);
            world.Probe.Bytes = (_, _) => new(new byte[200_000]);
            await using var client = await world.ConnectAsync();
            Assert.That(sim.Platform.Reassembling.TryTake((256 * Mebibyte) - 100_000, long.MaxValue));
            (await Failing.OfAsync(client.CallAsync(Methods.Bytes, One))).AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.Executed, ButlerReason.QueueFull);
            sim.Platform.Reassembling.Return(100_000);
            sim.Platform.Reassembling.Return(400_000);
            Assert.That(await client.CallAsync(Methods.Bytes, One), Has.Length.EqualTo(200_000));
        });
    }

    [TestCase(SimCut.Fin)]
    [TestCase(SimCut.Reset)]
    public void What_was_begun_and_never_finished_is_given_back_when_the_session_ends(SimCut end)
    {
        Canary.Guards(5, async world =>
        {
            world.Sim.Network.Chunks = SimChunks.Whole;
            var peer = await world.OpenRawAsync();
            var session = world.Server.Sessions[^1];
            await peer.SendAsync(
                Begun(Wire.Request, Wire.CallId(0), 3 * Mebibyte, 60_000), Begun(Wire.Request, Wire.CallId(1), Mebibyte, 1), Begun(Wire.Notify, 7, 2 * Mebibyte, 60_000));
            await world.Sim.SettleAsync();
            Assert.That(session.ReassemblingBytes, Is.EqualTo(6 * Mebibyte));
            Assert.That(world.Sim.Platform.Reassembling.Bytes, Is.InRange(120_001, 3 * 65_536), "memory is taken only for what has come");
            if (end == SimCut.Reset)
                world.Sim.Network.Links[^1].Reset();
            await peer.DisposeAsync();
            await world.Sim.SettleAsync();
            Assert.That((session.ReassemblingBytes, world.Sim.Platform.Reassembling.Bytes, session.Statistics.Serving), Is.EqualTo((0, 0, 0)));
        });
    }

    [Test]
    public void Endless_parts_end_at_the_size_that_was_announced()
    {
        Canary.Guards(3, async world =>
        {
            world.Sim.Network.Chunks = SimChunks.Whole;
            var peer = await world.OpenRawAsync();
            await peer.SendAsync(Begun(Wire.Request, Wire.CallId(0), 4 * Mebibyte, 65_000));
            for (var i = 0; i < 80; i++)
            {
                try
                {
                    await peer.SendAsync(Wire.Frame(Wire.Request, Wire.More, 6, Wire.CallId(0), new byte[65_000]));
                }
                catch (IOException)
                {
                    break;
                }
            }

            AssertViolation(await peer.ReadToEndAsync());
            Assert.That(world.Probe.Ran, Is.Zero);
        });
    }

    [TestCase(Wire.Request)]
    [TestCase(Wire.Notify)]
    public void Empty_part_ends_the_session(byte kind)
    {
        Canary.Guards(5, async world =>
        {
            var peer = await world.OpenRawAsync();
            var call = kind == Wire.Request ? Wire.CallId(0) : 7;
            await peer.SendAsync(Begun(kind, call, 1000, 10), Wire.Frame(kind, Wire.More, 6, call, []));
            AssertViolation(await peer.ReadToEndAsync());
        });
    }

    [Test]
    public void Reply_in_empty_parts_ends_the_session_of_the_caller_too()
    {
        Simulation.RunMany(5, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var call = Failing.OfAsync(raw.CallAsync(1));
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            await raw.Peer.SendAsync(Begun(Wire.Reply, request.Call, 1000, 10), Wire.Frame(Wire.Reply, Wire.More, 0, request.Call, []));
            (await call).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ProtocolViolation);
            Assert.That(sim.Platform.Reassembling.Bytes, Is.Zero);
        });
    }

    [Test]
    public void One_way_messages_that_are_begun_and_never_finished_end_at_the_window()
    {
        Canary.Guards(3, async world =>
        {
            var peer = await world.OpenRawAsync();
            for (uint i = 0; i < 8; i++)
                await peer.SendAsync(Begun(Wire.Notify, i, Mebibyte, 1));
            await world.Sim.SettleAsync();
            Assert.That(world.Server.Sessions[^1].State, Is.EqualTo(SessionState.Open));
            await peer.SendAsync(Begun(Wire.Notify, 8, Mebibyte, 1));
            AssertViolation(await peer.ReadToEndAsync());
        });
    }

    [Test]
    public void One_way_messages_that_are_begun_end_at_their_number()
    {
        Canary.Guards(2, async world =>
        {
            var peer = await world.OpenRawAsync();
            for (uint i = 0; i < 1024; i += 128)
                await peer.SendAsync([.. Enumerable.Range((int)i, 128).Select(n => Begun(Wire.Notify, (uint)n, 10, 1))]);
            await world.Sim.SettleAsync();
            Assert.That(world.Server.Sessions[^1].State, Is.EqualTo(SessionState.Open));
            await peer.SendAsync(Begun(Wire.Notify, 1024, 10, 1));
            AssertViolation(await peer.ReadToEndAsync());
        });
    }

    [Test]
    public void Sender_keeps_what_it_has_begun_within_the_window_of_its_peer()
    {
        Simulation.RunMany(5, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.DialsAsync(sim, welcome: Wire.WelcomeFrame(window: 300_000), limits: new ButlerLimits { QueuedBytes = 8 * Mebibyte });
            var calls = Enumerable.Range(0, 6).Select(_ => Failing.OfAsync(raw.Session.CallAsync(Methods.Bytes, new byte[140_000]))).ToArray();
            var begun = new HashSet<uint>();
            for (var left = 6; left > 0;)
            {
                var frame = await raw.Peer.ExpectFrameAsync(Wire.Request);
                begun.Add(frame.Call);
                Assert.That(begun, Has.Count.LessThanOrEqualTo(2), "300 000 bytes hold two of them");
                if ((frame.Flags & Wire.More) == 0)
                {
                    begun.Remove(frame.Call);
                    left--;
                }
            }

            raw.Link.Reset();
            foreach (var call in calls)
                await call;
        });
    }

    [Test]
    public void Large_request_that_blocks_its_thread_holds_up_no_small_call_that_came_with_its_last_part()
    {
        Simulation.RunMany(10, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.AcceptsAsync(sim);
            var released = false;
            raw.Probe.Bytes = (bytes, _) =>
            {
                sim.Block(() => released);
                return new(bytes);
            };
            const int Size = 100_000, First = 60_000;
            byte[] body = [0xC6, .. BitConverter.GetBytes(Size - 5).Reverse(), .. new byte[Size - 5]];
            await raw.Peer.SendAsync(Wire.Frame(Wire.Request, Wire.Total | Wire.More, 6, Wire.CallId(0), [.. Wire.U32(Size), .. body[..First]]));
            await sim.SettleAsync();
            var begun = sim.Time.Elapsed;
            byte[] last = [.. Wire.Frame(Wire.Request, 0, 6, Wire.CallId(0), body[First..]), .. Wire.Frame(Wire.Request, 0, 2, Wire.CallId(1), One)];
            await raw.Peer.SendAsync(last);
            Assert.That((await raw.Peer.ExpectFrameAsync(Wire.Reply)).Call, Is.EqualTo(Wire.CallId(1)));
            Assert.That(sim.Time.Elapsed - begun, Is.LessThan(TimeSpan.FromMilliseconds(10)), "not even until the batch is looked at");
            released = true;
            Assert.That((await raw.Peer.ExpectFrameAsync(Wire.Reply)).Call, Is.EqualTo(Wire.CallId(0)));
        });
    }

    static byte[] Begun(byte kind, uint call, int total, int part) =>
        Wire.Frame(kind, Wire.Total | Wire.More, kind == Wire.Reply ? 0u : 6, call, [.. Wire.U32((uint)total), .. new byte[part]]);

    static void AssertViolation(byte[] answer) =>
        Assert.That(WireFrame.ParseAll(answer).Single(f => f.Kind == Wire.Goaway).Code, Is.EqualTo((uint)ButlerReason.ProtocolViolation));
}
