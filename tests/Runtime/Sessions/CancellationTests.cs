using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

public class CancellationTests
{
    [Test]
    public void Cancelled_call_ends_at_once_with_the_callers_token_and_tells_the_peer()
    {
        Simulation.RunMany(50, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            using var source = new CancellationTokenSource();
            var call = raw.CallAsync(1, source.Token);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            var before = sim.Time.Elapsed;
            source.Cancel();
            await AssertCancelledAsync(call, source.Token);
            Assert.That(sim.Time.Elapsed, Is.EqualTo(before));
            var cancel = await raw.Peer.ExpectFrameAsync(Wire.Cancel);
            Assert.That((cancel.Call, cancel.Code, cancel.Payload.Length), Is.EqualTo((request.Call, 0u, 0)));
        });
    }

    [Test]
    public void Token_of_many_calls_one_after_the_other_cancels_the_one_in_flight_and_none_of_another_token()
    {
        Simulation.RunMany(50, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            using var source = new CancellationTokenSource();
            using var other = new CancellationTokenSource();
            await EchoAsync(raw, source.Token, times: 4);
            var cancelled = raw.CallAsync(1, source.Token);
            await raw.Peer.ExpectFrameAsync(Wire.Request);
            var kept = raw.CallAsync(2, other.Token);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            source.Cancel();
            await AssertCancelledAsync(cancelled, source.Token);
            await raw.Peer.ExpectFrameAsync(Wire.Cancel);
            await raw.ReplyAsync(request, 9);
            Assert.That(await kept, Is.EqualTo(9));
        });
    }

    [Test]
    public void Token_that_is_cancelled_between_two_calls_ends_the_next_before_it_is_sent_and_none_of_another_token()
    {
        Simulation.RunMany(50, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            using var source = new CancellationTokenSource();
            await EchoAsync(raw, source.Token, times: 4);
            source.Cancel();
            await AssertCancelledAsync(raw.CallAsync(1, source.Token), source.Token);
            using var other = new CancellationTokenSource();
            await EchoAsync(raw, other.Token, times: 4);
            await EchoAsync(raw, default, times: 1);
            var cancelled = raw.CallAsync(1, other.Token);
            await raw.Peer.ExpectFrameAsync(Wire.Request);
            other.Cancel();
            await AssertCancelledAsync(cancelled, other.Token);
        });
    }

    static async Task EchoAsync(RawSession raw, CancellationToken token, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var call = raw.CallAsync(i, token);
            await raw.ReplyAsync(await raw.Peer.ExpectFrameAsync(Wire.Request), (byte)i);
            Assert.That(await call, Is.EqualTo(i));
        }
    }

    [Test]
    public void Slot_of_a_cancelled_call_is_used_again_only_after_its_final_frame()
    {
        Simulation.RunMany(50, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            using var source = new CancellationTokenSource();
            var cancelled = raw.CallAsync(1, source.Token);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            source.Cancel();
            await AssertCancelledAsync(cancelled, source.Token);
            await raw.Peer.ExpectFrameAsync(Wire.Cancel);
            Assert.That(raw.Session.InFlight, Is.EqualTo(1), "an abandoned call still counts as in flight");

            var second = raw.CallAsync(2);
            var other = await raw.Peer.ExpectFrameAsync(Wire.Request);
            Assert.That((other.Slot, other.Generation), Is.EqualTo((1, 1)));
            await raw.ReplyAsync(request, 9); // late
            await raw.ReplyAsync(other, 8);
            Assert.That(await second, Is.EqualTo(8));
            Assert.That((raw.Session.Statistics.LateFrames, raw.Session.InFlight), Is.EqualTo((1L, 0)));

            var third = raw.CallAsync(3);
            var fourth = raw.CallAsync(4);
            var again = new[] { await raw.Peer.ExpectFrameAsync(Wire.Request), await raw.Peer.ExpectFrameAsync(Wire.Request) };
            Assert.That(again.Select(r => (r.Slot, r.Generation)), Is.EquivalentTo(new[] { (0, 2), (1, 2) }));
            foreach (var one in again)
                await raw.ReplyAsync(one, 7);
            await third;
            await fourth;
        });
    }

    [Test]
    public void Abandoned_calls_hold_their_slots_against_new_ones()
    {
        Simulation.RunMany(20, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim, welcome: Wire.WelcomeFrame(slots: 2));
            using var source = new CancellationTokenSource();
            var first = raw.CallAsync(1, source.Token);
            var second = raw.CallAsync(2, source.Token);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            await raw.Peer.ExpectFrameAsync(Wire.Request);
            source.Cancel();
            await AssertCancelledAsync(first, source.Token);
            await AssertCancelledAsync(second, source.Token);
            var third = raw.CallAsync(3);
            await sim.SettleAsync();
            Assert.That((raw.Session.InFlight, raw.Session.Waiting), Is.EqualTo((2, 1)));
            await raw.ReplyAsync(request, 1);
            await raw.Peer.ExpectFrameAsync(Wire.Cancel);
            await raw.Peer.ExpectFrameAsync(Wire.Cancel);
            await raw.ReplyAsync(await raw.Peer.ExpectFrameAsync(Wire.Request), 33);
            Assert.That(await third, Is.EqualTo(33));
        });
    }

    [Test]
    public void Call_cancelled_while_it_waits_for_a_slot_is_never_sent()
    {
        Simulation.RunMany(30, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim, welcome: Wire.WelcomeFrame(slots: 1));
            using var source = new CancellationTokenSource();
            var first = raw.CallAsync(1);
            var waiting = raw.CallAsync(2, source.Token);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            source.Cancel();
            await AssertCancelledAsync(waiting, source.Token);
            await raw.ReplyAsync(request, 1);
            await first;
            await AnswerTests.AssertWorksAsync(raw);
            Assert.That(raw.Session.Statistics.CallsStarted, Is.EqualTo(2));
        });
    }

    [Test]
    public void Token_that_is_cancelled_already_ends_the_call()
    {
        Simulation.RunMany(30, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var token = new CancellationToken(true);
            await AssertCancelledAsync(client.CallAsync(Methods.Work, 1, token), token);
            Assert.That(await client.CallAsync(Methods.Work, 2), Is.EqualTo(2));
        });
    }

    [Test]
    public void Call_cancelled_while_it_waits_for_a_session_ends_at_once()
    {
        Simulation.RunMany(30, async sim =>
        {
            sim.Network.At(World.Endpoint).Policy = SimDials.Hang;
            var client = ButlerClient.Open(World.Endpoint, new ButlerClientOptions { Platform = sim.Platform });
            using var source = new CancellationTokenSource();
            var call = client.CallAsync(Methods.Work, 1, source.Token);
            await sim.DelayAsync(TimeSpan.FromMilliseconds(100));
            var before = sim.Time.Elapsed;
            source.Cancel();
            await AssertCancelledAsync(call, source.Token);
            Assert.That(sim.Time.Elapsed, Is.EqualTo(before));
            await client.DisposeAsync();
        });
    }

    [Test]
    public void Cancelling_fires_the_handlers_token()
    {
        Simulation.RunMany(50, async sim =>
        {
            var world = await World.StartAsync(sim);
            var entered = new TaskCompletionSource();
            var left = new TaskCompletionSource<bool>();
            world.Probe.Work = async (value, context) =>
            {
                var token = context.CancellationToken;
                entered.SetResult();
                try
                {
                    await Task.Delay(TimeSpan.FromMinutes(1), sim.Time, token);
                    left.SetResult(false);
                }
                catch (OperationCanceledException)
                {
                    left.SetResult(true);
                    throw;
                }

                return value;
            };
            await using var client = await world.ConnectAsync();
            using var source = new CancellationTokenSource();
            var call = client.CallAsync(Methods.Work, 1, source.Token);
            await entered.Task;
            source.Cancel();
            await AssertCancelledAsync(call, source.Token);
            Assert.That(await left.Task, Is.True);
            Assert.That(sim.Time.Elapsed, Is.LessThan(TimeSpan.FromSeconds(1)));
        });
    }

    [Test]
    public void Handlers_cancellation_is_answered_by_Cancelled()
    {
        Simulation.RunMany(30, async sim =>
        {
            var raw = await RawSession.AcceptsAsync(sim);
            raw.Probe.Run = async (_, context) => await Task.Delay(TimeSpan.FromMinutes(1), sim.Time, context.CancellationToken);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0), 1));
            await sim.UntilAsync(() => raw.Probe.Ran == 1);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Cancel, 0, 0, Wire.CallId(0)));
            var answer = await raw.Peer.ExpectFrameAsync(Wire.Error);
            Assert.That((answer.Call, answer.Code), Is.EqualTo((Wire.CallId(0), (uint)ButlerStatus.Cancelled)));
        });
    }

    [Test]
    public void Handler_that_ignores_its_token_keeps_its_slot_until_it_ends_and_is_still_answered()
    {
        Simulation.RunMany(30, async sim =>
        {
            var raw = await RawSession.AcceptsAsync(sim);
            var release = new TaskCompletionSource();
            CancellationToken seen;
            raw.Probe.Run = async (_, context) =>
            {
                seen = context.CancellationToken;
                await release.Task;
            };
            await raw.Peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0), 1));
            await sim.UntilAsync(() => raw.Probe.Ran == 1);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Cancel, 0, 0, Wire.CallId(0)));
            await sim.SettleAsync();
            Assert.That(raw.Session.Statistics.Serving, Is.EqualTo(1));
            release.SetResult();
            var answer = await raw.Peer.ReadFrameAsync();
            Assert.That((answer!.Kind, answer.Call), Is.EqualTo((Wire.Reply, Wire.CallId(0))));
            Assert.That(raw.Session.Statistics.Serving, Is.Zero);
        });
    }

    [Test]
    public void Token_of_one_call_is_not_cancelled_by_the_next()
    {
        Simulation.RunMany(30, async sim =>
        {
            var world = await World.StartAsync(sim);
            var tokens = new List<CancellationToken>();
            world.Probe.Work = async (value, context) =>
            {
                tokens.Add(context.CancellationToken);
                if (value == 2)
                    await Task.Delay(TimeSpan.FromMinutes(1), sim.Time, context.CancellationToken);
                return value;
            };
            await using var client = await world.ConnectAsync();
            await client.CallAsync(Methods.Work, 1);
            using var source = new CancellationTokenSource();
            var second = client.CallAsync(Methods.Work, 2, source.Token);
            await sim.UntilAsync(() => tokens.Count == 2);
            source.Cancel();
            await AssertCancelledAsync(second, source.Token);
            await sim.UntilAsync(() => tokens[1].IsCancellationRequested);
            Assert.That(await client.CallAsync(Methods.Work, 3), Is.EqualTo(3));
            Assert.That(tokens[2].IsCancellationRequested, Is.False);
        });
    }

    // Whatever comes first, every call has one outcome, and afterwards nothing is in flight.
    [Test]
    public void Cancelling_at_any_moment_gives_one_outcome_and_leaks_no_slot()
    {
        Simulation.RunMany(300, async sim =>
        {
            sim.Network.LatencyMax = TimeSpan.FromMilliseconds(3);
            var world = await World.StartAsync(sim, o => o with { Limits = o.Limits with { CallsInFlight = 3 } });
            world.Probe.Work = async (value, context) =>
            {
                if (value % 2 == 0)
                    await sim.DelayAsync(TimeSpan.FromMilliseconds(value % 5));
                return value;
            };
            await using var client = await world.ConnectAsync();
            var outcomes = Enumerable.Range(0, 20).Select(CallAsync).ToArray();
            foreach (var outcome in outcomes)
                await outcome;
            for (var i = 0; i < 10; i++)
                Assert.That(await client.CallAsync(Methods.Work, 100 + i), Is.EqualTo(100 + i));

            async Task CallAsync(int value)
            {
                using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(1 + sim.Random.Next(12)), sim.Time);
                try
                {
                    Assert.That(await client.CallAsync(Methods.Work, value, source.Token), Is.EqualTo(value));
                }
                catch (OperationCanceledException e)
                {
                    Assert.That(e.CancellationToken, Is.EqualTo(source.Token));
                }
            }
        });
    }

    internal static async Task AssertCancelledAsync(ValueTask<int> call, CancellationToken token)
    {
        try
        {
            await call;
        }
        catch (OperationCanceledException e)
        {
            Assert.That(e.CancellationToken, Is.EqualTo(token));
            return;
        }

        Assert.Fail("the call was not cancelled");
    }
}
