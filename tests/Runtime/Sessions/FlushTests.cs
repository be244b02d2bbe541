using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>How many frames leave with one send: what decides the speed more than all else together.</summary>
public class FlushTests
{
    const int Callers = 64;
    const int Rounds = 50;
    const int Request = 16 + 4 + 1; // header, deadline, a small number
    const int Reply = 16 + 1;

    [Test]
    public void Sixty_four_callers_put_at_least_thirty_two_frames_into_a_send_on_both_sides()
    {
        Simulation.RunMany(5, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var link = sim.Network.Links[0];
            var done = 0;
            var callers = Enumerable.Range(0, Callers).Select(CallAsync).ToArray();

            // A send is let go only when nothing else can happen any more: the slowest socket there is, and the fairest measure.
            link.ToServer.Hold();
            link.ToClient.Hold();
            while (done < Callers)
            {
                await sim.SettleAsync();
                link.ToServer.Release(link.ToServer.HasPendingSend ? 1 : 0);
                link.ToClient.Release(link.ToClient.HasPendingSend ? 1 : 0);
            }

            link.ToServer.Open();
            link.ToClient.Open();
            foreach (var caller in callers)
                await caller;
            Assert.That(FramesPerSendInTheLongRun(link.ToServer, Request), Is.GreaterThanOrEqualTo(32));
            Assert.That(FramesPerSendInTheLongRun(link.ToClient, Reply), Is.GreaterThanOrEqualTo(32));

            async Task CallAsync(int caller)
            {
                for (var i = 0; i < Rounds; i++)
                    Assert.That(await client.CallAsync(Methods.Work, 1).ConfigureAwait(false), Is.EqualTo(1));
                done++;
            }
        });
    }

    // No help from a slow socket: every send completes at once, so whatever is put together was put together by the policy.
    [Test]
    public void Batches_stay_together_when_every_send_completes_at_once()
    {
        Simulation.RunMany(5, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            sim.Network.AtOnce = 1;
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var callers = Enumerable.Range(0, Callers).Select(CallAsync).ToArray();
            foreach (var caller in callers)
                await caller;
            var link = sim.Network.Links[0];
            Assert.That(FramesPerSend(link.ToServer, Wire.Request), Is.GreaterThanOrEqualTo(32));
            Assert.That(FramesPerSend(link.ToClient, Wire.Reply), Is.GreaterThanOrEqualTo(32));

            async Task CallAsync(int caller)
            {
                for (var i = 0; i < Rounds; i++)
                    Assert.That(await client.CallAsync(Methods.Work, i).ConfigureAwait(false), Is.EqualTo(i));
            }
        });
    }

    // What the transport is asked for, on both sides together: a send and a receive on either for a batch, and for each receive at most one more, to hear that there is something
    // to receive. Looks at a busy socket come on top; PollPolicy bounds them.
    [Test]
    public void Sixty_four_callers_cost_less_than_a_fifth_of_a_send_or_receive_per_call()
    {
        Simulation.Run(1, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            sim.Network.AtOnce = 1;
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var link = sim.Network.Links[0];
            var before = Asked();
            foreach (var caller in Enumerable.Range(0, Callers).Select(_ => CallAsync()).ToArray())
                await caller;
            Assert.That((Asked() - before) / (double)(Callers * Rounds), Is.LessThan(0.2));

            int Asked() => link.ToServer.Sends + link.ToServer.ReceivesAsked + link.ToClient.Sends + link.ToClient.ReceivesAsked;

            async Task CallAsync()
            {
                for (var i = 0; i < Rounds; i++)
                    Assert.That(await client.CallAsync(Methods.Work, i).ConfigureAwait(false), Is.EqualTo(i));
            }
        });
    }

    [Test]
    public void Single_call_leaves_at_once_on_its_callers_thread()
    {
        Simulation.RunMany(10, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            await sim.SettleAsync();
            var before = raw.Link.ToServer.Sends;
            var call = raw.CallAsync(1);
            Assert.That(raw.Link.ToServer.Sends, Is.EqualTo(before + 1), "sent before the call has returned");
            await raw.ReplyAsync(await raw.Peer.ExpectFrameAsync(Wire.Request), 1);
            await call;
        });
    }

    [Test]
    public void Large_message_lets_small_calls_pass_between_its_frames()
    {
        Simulation.RunMany(10, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.DialsAsync(sim);
            raw.Link.ToServer.Hold();
            var large = Failing.OfAsync(raw.Session.CallAsync(Methods.Bytes, new byte[1 << 20]));
            await sim.SettleAsync();
            var small = raw.CallAsync(1);
            raw.Link.ToServer.Release(2);
            await sim.SettleAsync();
            var frames = WireFrame.ParseAll(raw.Link.ToServer.Recorded).Where(f => f.Kind == Wire.Request).ToList();
            Assert.That(frames.FindIndex(f => f.Code == 2), Is.InRange(0, 2), "behind at most one frame that was on its way and one more");
            raw.Link.Reset();
            await large;
            await Failing.OfAsync(small);
        });
    }

    // The first call leaves alone, so the callers go round in two groups for ever: one on the wire, one in the buffer. Over whole rounds, without beginning and end.
    static double FramesPerSendInTheLongRun(SimPipe pipe, int frame)
    {
        const int Settling = 10;
        var sizes = pipe.SendSizes.Skip(Settling).SkipLast(Settling).ToList();
        var whole = sizes.Count - (sizes.Count % 2);
        return sizes.Take(whole).Sum() / (double)(frame * whole);
    }

    static double FramesPerSend(SimPipe pipe, byte kind) => (double)WireFrame.ParseAll(pipe.Recorded).Count(f => f.Kind == kind) / pipe.Sends;
}
