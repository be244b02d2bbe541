using ButlerRpc.Broker.Tests.Support;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Broker.Tests;

/// <summary>One-way messages through the broker.</summary>
public class NotifyTests
{
    [Test]
    public void One_way_messages_arrive_and_their_credit_comes_back()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            var probe = new Probe();
            await using var provider = await world.ProvideAsync(probe);
            await using var consumer = await world.ConsumeAsync();
            for (var i = 0; i < 3000; i++) // three times what may be in flight
                await consumer.SendAsync(Methods.Note, i);
            await sim.UntilAsync(() => probe.Started == 3000);
            Assert.That((world.Broker.Statistics.Notifies, world.Broker.Statistics.NotifiesDropped), Is.EqualTo((3000L, 0L)));
        });
    }

    [Test]
    public void One_way_messages_of_busy_providers_wait_and_none_is_lost()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            var release = new TaskCompletionSource();
            var probe = new Probe { Note = (_, _) => new(release.Task) };
            await using var provider = await world.ProvideAsync(
                s => s.Add(probe), configure: o => o with { Client = o.Client with { Limits = o.Client.Limits with { NotifiesInFlight = 64 } } });
            await using var consumer = await world.ConsumeAsync();
            for (var i = 0; i < 300; i++)
                await consumer.SendAsync(Methods.Note, i);
            await sim.UntilAsync(() => world.Broker.Statistics.Notifies == 64);
            release.SetResult();
            await sim.UntilAsync(() => probe.Started == 300);
            Assert.That(world.Broker.Statistics.NotifiesDropped, Is.Zero);
        });
    }

    [Test]
    public void One_way_messages_that_found_no_room_go_on_when_there_is_some()
    {
        Simulation.RunMany(10, async sim =>
        {
            sim.Network.Records = false;
            var world = await BrokerWorld.StartAsync(sim);
            var probe = new Probe();
            await using var provider = await world.ProvideAsync(probe);
            await using var consumer = await world.ConsumeAsync();
            var toProvider = sim.Network.Links[0].ToClient;
            toProvider.Hold();
            var large = Enumerable.Range(0, 3).Select(_ => consumer.CallAsync(Methods.Bytes, new byte[1_000_000]).AsTask()).ToArray();
            await sim.UntilAsync(() => world.Broker.Statistics.QueuedCalls > 0);
            for (var i = 0; i < 10; i++)
                await consumer.SendAsync(Methods.Note, i);
            await sim.SettleAsync();
            toProvider.Open();
            await Task.WhenAll(large);
            await sim.UntilAsync(() => probe.Started == 13);
            Assert.That(world.Broker.Statistics.NotifiesDropped, Is.Zero);
        });
    }

    [Test]
    public void One_way_messages_do_not_wait_for_calls_to_end()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            var release = new TaskCompletionSource<int>();
            var probe = new Probe { Work = (_, _) => new(release.Task) };
            await using var provider = await world.ProvideAsync(
                s => s.Add(probe), configure: o => o with { Client = o.Client with { Limits = o.Client.Limits with { CallsInFlight = 1 } } });
            await using var consumer = await world.ConsumeAsync();
            var busy = consumer.CallAsync(Methods.Work, 1).AsTask();
            await sim.UntilAsync(() => probe.Started == 1);
            await consumer.SendAsync(Methods.Note, 2);
            await sim.UntilAsync(() => probe.Started == 2);
            release.SetResult(3);
            Assert.That(await busy, Is.EqualTo(3));
        });
    }

    [Test]
    public void One_way_message_without_a_provider_is_counted_and_logged()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            await using var consumer = await world.ConsumeAsync();
            await consumer.SendAsync(Methods.Note, 1);
            await sim.UntilAsync(() => world.Broker.Statistics.NotifiesDropped == 1);
            Assert.That(world.Log.Lines.Count(l => l.Id.Id == 205), Is.EqualTo(1));
        });
    }
}
