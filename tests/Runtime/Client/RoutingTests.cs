using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Client;

public class RoutingTests
{
    [Test]
    public void Calls_reach_every_endpoint([Values] ButlerRouting routing)
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 3);
            var client = await fleet.ConnectToAllAsync(o => o with { Routing = routing });
            for (var i = 0; i < 60; i++)
                await client.CallAsync(Methods.Work, i);
            Assert.That(fleet.Probes.Select(p => p.Started), Has.All.GreaterThan(0));
            Assert.That(fleet.Probes.Sum(p => p.Started), Is.EqualTo(60));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void Round_robin_gives_every_endpoint_the_same()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 3);
            var client = await fleet.ConnectToAllAsync(o => o with { Routing = ButlerRouting.RoundRobin });
            for (var i = 0; i < 30; i++)
                await client.CallAsync(Methods.Work, i);
            Assert.That(fleet.Probes.Select(p => p.Started), Is.All.EqualTo(10));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void A_busy_endpoint_gets_fewer_calls([Values(ButlerRouting.LeastInFlight, ButlerRouting.PowerOfTwoChoices)] ButlerRouting routing)
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 2);
            fleet.Probes[0].Work = async (value, _) =>
            {
                await sim.DelayAsync(TimeSpan.FromSeconds(1));
                return value;
            };
            var client = await fleet.ConnectToAllAsync(o => o with { Routing = routing });
            var slow = Enumerable.Range(0, 4).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToList();
            for (var i = 0; i < 20; i++)
                slow.Add(client.CallAsync(Methods.Work, i).AsTask());
            await Task.WhenAll(slow);
            for (var i = 0; i < 20; i++)
                slow.Add(client.CallAsync(Methods.Work, i).AsTask());
            await Task.WhenAll(slow);
            Assert.That(fleet.Probes[0].Started, Is.LessThanOrEqualTo(fleet.Probes[1].Started));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void Many_first_calls_cause_one_dial()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            sim.Network.LatencyMax = TimeSpan.FromMilliseconds(20);
            var client = fleet.Open();
            await Task.WhenAll(Enumerable.Range(0, 100).Select(i => client.CallAsync(Methods.Work, i).AsTask()));
            Assert.That(sim.Network.At(Fleet.At(0)).Dials, Is.EqualTo(1));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void A_client_that_is_only_opened_dials_nothing()
    {
        Simulation.Run(1, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            var client = fleet.Open();
            await sim.DelayAsync(TimeSpan.FromMinutes(1));
            Assert.That(sim.Network.At(Fleet.At(0)).Dials, Is.Zero);
            await client.WaitUntilReadyAsync();
            Assert.That(sim.Network.At(Fleet.At(0)).Dials, Is.EqualTo(1));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void Each_endpoint_gets_as_many_sessions_as_were_asked_for()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 2);
            var client = await fleet.ConnectAsync(o => o with { SessionsPerEndpoint = 3 });
            await sim.DelayAsync(TimeSpan.FromMilliseconds(100));
            Assert.That(fleet.Servers.Select(s => s.SessionCount), Is.All.EqualTo(3));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void Sessions_are_added_while_a_send_queue_stays_long()
    {
        Simulation.Run(1, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            var client = await fleet.ConnectAsync(o => o with { MaxSessionsPerEndpoint = 2 });
            sim.Network.Links[0].ToServer.Hold();
            var calls = Enumerable.Range(0, 60).Select(_ => client.CallAsync(Methods.Bytes, new byte[10_000]).AsTask()).ToArray();
            await sim.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.That(fleet.Servers[0].SessionCount, Is.EqualTo(2));
            sim.Network.Links[0].ToServer.Open();
            await Task.WhenAll(calls);
            await sim.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.That(fleet.Servers[0].SessionCount, Is.EqualTo(2));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void A_queue_that_is_long_for_a_moment_adds_no_session()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            var client = await fleet.ConnectAsync(o => o with { MaxSessionsPerEndpoint = 4 });
            await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => client.CallAsync(Methods.Bytes, new byte[10_000]).AsTask()));
            await sim.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.That(fleet.Servers[0].SessionCount, Is.EqualTo(1));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void A_call_that_finds_no_slot_fails_with_PoolFull_when_it_may_not_wait()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            var release = new TaskCompletionSource();
            fleet.Probes[0].Work = async (value, _) =>
            {
                await release.Task;
                return value;
            };
            var client = await fleet.ConnectAsync(o => o with { WaitForSlot = false });
            var calls = Enumerable.Range(0, 1024).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
            var refused = await Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            refused.AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.PoolFull);
            release.SetResult();
            await Task.WhenAll(calls);
            await fleet.DisposeAsync(client);
        });
    }
}
