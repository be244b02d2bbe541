using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Streams;

public class NotifyTests
{
    [Test]
    public void Flood_of_one_way_messages_never_runs_more_handlers_than_are_granted_and_loses_none()
    {
        StreamWorld.RunMany(3, async world =>
        {
            var running = 0;
            var most = 0;
            var noted = 0;
            world.Probe.Note = async (_, _) =>
            {
                most = Math.Max(most, ++running);
                noted++;
                await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(1));
                running--;
            };
            for (var i = 0; i < 5000; i++)
                await world.Client.SendAsync(Methods.Note, i);
            await world.Sim.UntilAsync(() => noted == 5000);
            Assert.That(most, Is.InRange(100, 1024));
        });
    }

    [Test]
    public void Calls_do_not_wait_for_the_credit_of_one_way_messages()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim, o => o with { Limits = o.Limits with { NotifiesInFlight = 64 } });
            world.Probe.Note = static async (_, context) => await context.CancellationToken.CancelledAsync();
            await using var client = await world.ConnectAsync(o => o with { DrainTimeout = TimeSpan.FromMilliseconds(1) });
            for (var i = 0; i < 64; i++)
                await client.SendAsync(Methods.Note, i);
            var waiting = Failing.OfAsync(client.SendAsync(Methods.Note, 64));
            var begun = sim.Time.Elapsed;
            for (var i = 0; i < 100; i++)
                Assert.That(await client.CallAsync(Methods.Work, i), Is.EqualTo(i));
            Assert.That(sim.Time.Elapsed - begun, Is.LessThan(TimeSpan.FromMilliseconds(500)));
            Assert.That((await waiting).Reason, Is.EqualTo(ButlerReason.QueueFull));
        });
    }

    [Test]
    public void Sender_waits_a_second_for_a_peer_that_takes_no_more_and_is_told_that_nothing_was_sent()
    {
        StreamWorld.RunMany(5, async world =>
        {
            var release = new TaskCompletionSource();
            world.Probe.Note = async (_, _) => await release.Task;
            for (var i = 0; i < 1024; i++)
                await world.Client.SendAsync(Methods.Note, i);
            var begun = world.Sim.Time.Elapsed;
            var failure = await Failing.OfAsync(world.Client.SendAsync(Methods.Note, 1024));
            failure.AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.QueueFull);
            Assert.That(world.Sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.1)));
            Assert.That(await world.Client.CallAsync(Methods.Work, 5), Is.EqualTo(5), "calls need no credit of one-way messages");
            var waiting = world.Client.SendAsync(Methods.Note, 1025).AsTask();
            release.SetResult();
            await waiting;
        });
    }

    [Test]
    public void Peer_that_sends_more_than_it_is_granted_is_closed()
    {
        Canary.Guards(3, async world =>
        {
            world.Probe.Note = static async (_, context) => await context.CancellationToken.CancelledAsync();
            var peer = await world.OpenRawAsync();
            var note = Wire.Frame(Wire.Notify, 0, Methods.Note.Code, 0, 1);
            for (var i = 0; i < 1024; i += 128)
                await peer.SendAsync([.. Enumerable.Repeat(note, 128)]);
            await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(10));
            Assert.That(world.Server.SessionCount, Is.EqualTo(2));
            await peer.SendAsync(note);
            Assert.That(WireFrame.ParseAll(await peer.ReadToEndAsync())[^1].Kind, Is.EqualTo(Wire.Goaway));
        });
    }

    [Test]
    public void Message_that_is_put_together_and_dropped_gives_its_credit_back()
    {
        Simulation.RunMany(3, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.AcceptsAsync(sim, new ButlerLimits { NotifiesInFlight = 64 });
            Assert.That(sim.Platform.Reassembling.TryTake(256 << 20, long.MaxValue)); // as other sessions would
            for (uint i = 0; i < 32; i++)
            {
                await raw.Peer.SendAsync(
                    Wire.Frame(Wire.Notify, Wire.Total | Wire.More, Methods.Note.Code, i, [.. Wire.U32(20), .. new byte[10]]),
                    Wire.Frame(Wire.Notify, 0, Methods.Note.Code, i, new byte[10]));
            }

            await raw.Peer.SendAsync(Wire.Frame(Wire.Ping, 0, 0, 0, new byte[8])); // is answered behind the credit
            var credit = await raw.Peer.ExpectFrameAsync(Wire.Credit);
            Assert.That((credit.Call, BitConverter.ToUInt32(credit.Payload)), Is.EqualTo((0u, 32u)));
        });
    }

    [Test]
    public void Peer_that_returns_more_than_was_sent_is_closed()
    {
        Simulation.RunMany(5, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            await raw.Session.SendAsync(Methods.Note, 1);
            await raw.Peer.ExpectFrameAsync(Wire.Notify);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Credit, 0, 0, 0, [.. Wire.U32(1), .. Wire.U32(0)]));
            await sim.SettleAsync();
            Assert.That(raw.Session.State, Is.EqualTo(ButlerRpc.Sessions.SessionState.Open));
            await raw.Peer.SendAsync(Wire.Frame(Wire.Credit, 0, 0, 0, [.. Wire.U32(1), .. Wire.U32(0)]));
            await raw.Session.Closed;
        });
    }
}
