using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Client;

public class RetryTests
{
    [Test]
    public void No_call_fails_while_servers_are_restarted_one_after_the_other_with_drain()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 3);
            foreach (var probe in fleet.Probes)
            {
                probe.Work = async (value, _) =>
                {
                    await sim.DelayAsync(TimeSpan.FromMilliseconds(sim.Random.Next(5)));
                    return value;
                };
            }

            var client = await fleet.ConnectToAllAsync();
            var over = false;
            var calls = 0;
            var callers = Enumerable.Range(0, 10).Select(_ => sim.Start(async () =>
            {
                while (!over)
                {
                    await client.CallAsync(Methods.Work, calls++);
                    await sim.DelayAsync(TimeSpan.FromMilliseconds(1));
                }
            })).ToArray();
            for (var i = 0; i < 3; i++)
            {
                await sim.DelayAsync(TimeSpan.FromMilliseconds(50));
                await fleet.Servers[i].DisposeAsync();
                await sim.DelayAsync(TimeSpan.FromMilliseconds(50));
                await fleet.StartServerAsync(i);
            }

            over = true;
            await Task.WhenAll(callers);
            Assert.That(fleet.Probes.Sum(p => p.Started), Is.EqualTo(calls));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void A_call_whose_outcome_is_unknown_is_made_again_when_it_is_idempotent()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 2);
            var hang = new TaskCompletionSource<int>();
            fleet.Probes[0].Work = (_, _) => new(hang.Task);
            var client = await fleet.ConnectToAllAsync(o => o with { Routing = ButlerRouting.RoundRobin });
            var calls = Enumerable.Range(0, 4).Select(i => client.CallAsync(Fleet.Repeatable, i).AsTask()).ToArray();
            await sim.SettleAsync();
            Assert.That(fleet.Probes[0].Started, Is.EqualTo(2));
            Cut(sim, 0);
            Assert.That(await Task.WhenAll(calls), Is.EqualTo(new[] { 0, 1, 2, 3 }));
            hang.SetResult(0);
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void A_call_that_may_have_run_before_is_never_told_that_it_did_not()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            var hang = new TaskCompletionSource<int>();
            fleet.Probes[0].Work = (_, _) => new(hang.Task);
            var client = await fleet.ConnectToAllAsync();
            var call = Failing.OfAsync(client.CallAsync(Fleet.Repeatable, 1));
            await sim.UntilAsync(() => fleet.Probes[0].Started == 1);
            sim.Network.At(sim.Network.Links[0].Endpoint.ToString()).Policy = SimDials.Refuse;
            sim.Network.Links[0].Reset();
            (await call).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.NoSession);
            hang.SetResult(0);
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void A_call_whose_outcome_is_unknown_fails_when_it_is_not_idempotent()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 2);
            var hang = new TaskCompletionSource<int>();
            foreach (var probe in fleet.Probes)
                probe.Work = (_, _) => new(hang.Task);
            var client = await fleet.ConnectToAllAsync();
            var call = Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            await sim.SettleAsync();
            foreach (var link in sim.Network.Links)
                link.Reset();
            (await call).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
            Assert.That(fleet.Probes.Sum(p => p.Started), Is.EqualTo(1));
            hang.SetResult(0);
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void Retries_stop_when_their_budget_is_spent()
    {
        Simulation.Run(1, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            var hang = new TaskCompletionSource<int>();
            fleet.Probes[0].Work = (_, _) => new(hang.Task);
            var client = await fleet.ConnectAsync(o => o with { Retry = new ButlerRetryOptions { BudgetBurst = 5, Budget = 0 } });
            var calls = Enumerable.Range(0, 20).Select(i => client.CallAsync(Fleet.Repeatable, i).AsTask()).ToArray();
            await sim.SettleAsync();
            Cut(sim, 0);
            await sim.DelayAsync(TimeSpan.FromMilliseconds(500));
            Assert.That(calls.Count(c => c.IsFaulted), Is.EqualTo(15));
            hang.SetResult(7);
            Assert.That(await Task.WhenAll(calls.Where(c => !c.IsFaulted)), Is.EqualTo(new[] { 7, 7, 7, 7, 7 }));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void A_call_that_is_turned_away_everywhere_moves_three_times_and_then_fails()
    {
        Simulation.RunMany(20, async sim =>
        {
            var listener = await SimPeer.ListenAsync(sim.Platform, Fleet.At(0));
            var requests = 0;
            _ = sim.Start(async () =>
            {
                while (true)
                {
                    var peer = await SimPeer.AcceptAsync(listener);
                    try
                    {
                        await peer.WelcomeAsync();
                        if (await peer.ReadFrameAsync() is not { Kind: Wire.Request })
                            continue;
                        requests++;
                        await peer.SendAsync(Wire.Frame(Wire.Goaway, 0, (uint)ButlerReason.Stopped, 0, Wire.U32(0)));
                        await peer.ReadToEndAsync();
                    }
                    catch (IOException)
                    {
                        // The client was faster.
                    }
                }
            });
            var client = ButlerClient.Open(Fleet.At(0), new ButlerClientOptions { Platform = sim.Platform, SessionTimeout = TimeSpan.FromSeconds(5), CallTimeout = TimeSpan.FromMinutes(1) });
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            failure.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.Stopped);
            Assert.That(requests, Is.EqualTo(4));
            await client.DisposeAsync();
        });
    }

    [Test]
    public void Call_whose_sessions_go_waits_no_longer_for_others_than_SessionTimeout_in_all()
    {
        Simulation.RunMany(20, async sim =>
        {
            var over = false;
            _ = sim.Start(async () =>
            {
                while (!over)
                {
                    var listener = await SimPeer.ListenAsync(sim.Platform, Fleet.At(0));
                    await using (var peer = await SimPeer.AcceptAsync(listener))
                    {
                        await listener.DisposeAsync(); // the next dial fails
                        await peer.WelcomeAsync();
                        await peer.OfferAsync(Wire.Frame(Wire.Goaway, 0, (uint)ButlerReason.Stopped, 0, Wire.U32(0)));
                        await peer.ReadToEndAsync();
                    }

                    await sim.DelayAsync(TimeSpan.FromMilliseconds(40)); // less than SessionTimeout; twice as much is more
                }
            });
            await using var client = ButlerClient.Open(Fleet.At(0), new ButlerClientOptions
            {
                Platform = sim.Platform, SessionTimeout = TimeSpan.FromMilliseconds(60), CallTimeout = TimeSpan.FromMinutes(1),
                ShortestBackoff = TimeSpan.FromMilliseconds(2), LongestBackoff = TimeSpan.FromMilliseconds(2),
            });
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            over = true;
            failure.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoSession);
            Assert.That(sim.Time.Elapsed.TotalMilliseconds, Is.LessThan(100));
        });
    }

    [Test]
    public void What_a_handler_says_is_never_sent_again()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 2);
            foreach (var probe in fleet.Probes)
                probe.Work = (_, _) => ValueTask.FromException<int>(
                    new ButlerException(ButlerStatus.Unavailable, "come back later", ButlerCertainty.NotExecuted, ButlerReason.Stopped));
            var client = await fleet.ConnectToAllAsync();
            var failure = await Failing.OfAsync(client.CallAsync(Fleet.Repeatable, 1));
            Assert.That(failure.Certainty, Is.EqualTo(ButlerCertainty.Executed));
            Assert.That(fleet.Probes.Sum(p => p.Started), Is.EqualTo(1));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void A_slow_answer_is_hedged_on_another_session()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 2);
            var tokens = new List<CancellationToken>();
            var first = true;
            foreach (var probe in fleet.Probes)
            {
                probe.Work = async (value, context) =>
                {
                    tokens.Add(context.CancellationToken);
                    if (!first)
                        return value;
                    first = false;
                    await Task.Delay(TimeSpan.FromSeconds(3), sim.Time, context.CancellationToken);
                    return -1;
                };
            }

            var client = await fleet.ConnectToAllAsync(o => o with { Retry = new ButlerRetryOptions { HedgeAfter = TimeSpan.FromMilliseconds(100) } });
            var began = sim.Time.Milliseconds;
            Assert.That(await client.CallAsync(Fleet.Repeatable, 5), Is.EqualTo(5));
            Assert.That(sim.Time.Milliseconds - began, Is.InRange(100, 200));
            await sim.DelayAsync(TimeSpan.FromMilliseconds(50));
            Assert.That(tokens, Has.Count.EqualTo(2));
            Assert.That(tokens[0].IsCancellationRequested, "the leg that lost must be cancelled");
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void A_hedged_call_of_which_one_leg_may_have_run_is_never_told_that_it_did_not()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 2);
            var hang = new TaskCompletionSource<int>();
            foreach (var probe in fleet.Probes)
                probe.Work = (_, _) => new(hang.Task);
            var client = await fleet.ConnectToAllAsync(o => o with { Retry = new ButlerRetryOptions { HedgeAfter = TimeSpan.FromMilliseconds(100), IdempotentRetries = 0, NotExecutedMoves = 0 } });
            var call = Failing.OfAsync(client.CallAsync(Fleet.Repeatable, 1));
            await sim.UntilAsync(() => fleet.Probes.Sum(p => p.Started) == 1);
            var (serving, other) = fleet.Probes[0].Started == 1 ? (0, 1) : (1, 0);

            // The second leg finds no session: one server drains, the other is away.
            var stopping = fleet.Servers[serving].StopAsync();
            sim.Network.At(Fleet.At(other)).Policy = SimDials.Refuse;
            Cut(sim, other);
            await sim.DelayAsync(TimeSpan.FromMilliseconds(500));
            Cut(sim, serving);
            (await call).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.NoSession);
            hang.SetResult(0);
            await stopping;
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void A_method_that_is_not_idempotent_is_never_hedged()
    {
        Simulation.Run(1, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 2);
            foreach (var probe in fleet.Probes)
            {
                probe.Work = async (value, _) =>
                {
                    await sim.DelayAsync(TimeSpan.FromSeconds(1));
                    return value;
                };
            }

            var client = await fleet.ConnectToAllAsync(o => o with { Retry = new ButlerRetryOptions { HedgeAfter = TimeSpan.FromMilliseconds(100) } });
            await client.CallAsync(Methods.Work, 5);
            Assert.That(fleet.Probes.Sum(p => p.Started), Is.EqualTo(1));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void A_hedged_call_can_be_cancelled()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 2);
            var cancelled = 0;
            foreach (var probe in fleet.Probes)
            {
                probe.Work = async (value, context) =>
                {
                    context.CancellationToken.Register(() => cancelled++);
                    await Task.Delay(Timeout.InfiniteTimeSpan, sim.Time, context.CancellationToken);
                    return value;
                };
            }

            var client = await fleet.ConnectToAllAsync(o => o with { Retry = new ButlerRetryOptions { HedgeAfter = TimeSpan.FromMilliseconds(100) } });
            using var source = new CancellationTokenSource();
            var call = client.CallAsync(Fleet.Repeatable, 5, source.Token).AsTask();
            await sim.DelayAsync(TimeSpan.FromMilliseconds(300));
            source.Cancel();
            await Fleet.AssertCancelledAsync(call);
            await sim.DelayAsync(TimeSpan.FromMilliseconds(300));
            Assert.That(cancelled, Is.EqualTo(2));
            await fleet.DisposeAsync(client);
        });
    }

    static void Cut(Simulation sim, int server)
    {
        foreach (var link in sim.Network.Links.Where(l => l.Endpoint.Host == ButlerEndpoint.Parse(Fleet.At(server)).Host))
            link.Reset();
    }
}
