using ButlerRpc.Broker.Tests.Support;
using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Broker.Tests;

/// <summary>Streams pass in both directions, with credit, cancellation and failures from end to end.</summary>
public class StreamTests
{
    [Test]
    public void Streams_pass_in_both_directions()
    {
        Simulation.RunMany(20, async sim =>
        {
            var (world, consumer) = await StartAsync(sim, new StreamProbe());
            Assert.That(await consumer.CountAsync(300).ToListAsync(), Is.EqualTo(Enumerable.Range(0, 300)));
            Assert.That(await consumer.SumAsync(Items.RangeAsync(300)), Is.EqualTo(300 * 299 / 2));
            Assert.That(await consumer.TalkAsync(2, Items.RangeAsync(50)).ToListAsync(), Has.Count.EqualTo(100));
            Assert.That(await consumer.BlobsAsync(40).ToListAsync(), Has.All.Length.EqualTo(1000));
            await sim.UntilAsync(() => world.Broker.Statistics.InFlight == 0);
        });
    }

    [Test]
    public void Items_of_many_frames_keep_their_order_among_small_ones()
    {
        Simulation.RunMany(3, async sim =>
        {
            sim.Network.Records = false;
            sim.Network.Chunks = SimChunks.Whole;
            var probe = new StreamProbe { Blobs = (_, _) => Mixed() };
            var (_, consumer) = await StartAsync(sim, probe);
            var sizes = (await consumer.BlobsAsync(0).ToListAsync()).Select(b => b.Length).ToArray();
            Assert.That(sizes, Is.EqualTo(new[] { 10, 200_000, 20, 30, 100_000, 40 }));
            Assert.That(await consumer.UploadAsync(Mixed()), Is.EqualTo(300_100));
        });

        static async IAsyncEnumerable<byte[]> Mixed()
        {
            foreach (var size in new[] { 10, 200_000, 20, 30, 100_000, 40 })
                yield return new byte[size];
            await Task.CompletedTask;
        }
    }

    [Test]
    public void Call_that_waits_goes_on_when_the_provider_has_ended_one_that_was_given_up()
    {
        Simulation.RunMany(10, async sim =>
        {
            sim.Network.Records = false;
            sim.Network.Chunks = SimChunks.Whole;
            var world = await BrokerWorld.StartAsync(sim);
            var release = new TaskCompletionSource();
            await using var provider = await world.ProvideAsync(
                s => s.Add(new StreamProbe { Blobs = (_, _) => OneTooLarge(release.Task) }).Add(new Probe()),
                configure: o => o with { Client = o.Client with { Limits = o.Client.Limits with { CallsInFlight = 1 } } });
            await using var small = await world.ConsumeAsync(configure: o => o with { Client = o.Client with { Limits = o.Client.Limits with { MessageBytes = 100_000 } } });
            await using var other = await world.ConsumeAsync();
            var refused = Failing.OfAsync(new ValueTask<List<byte[]>>(small.BlobsAsync(0).ToListAsync()));
            await sim.UntilAsync(() => world.Broker.Statistics.InFlight == 1);
            var waiting = other.CallAsync(Methods.Work, 5).AsTask();
            Assert.That((await refused).Reason, Is.EqualTo(ButlerReason.TooLarge));
            await sim.UntilAsync(() => world.Broker.Statistics.QueuedCalls == 1);
            var before = sim.Time.Elapsed;
            release.SetResult();
            Assert.That(await waiting, Is.EqualTo(5));
            Assert.That(sim.Time.Elapsed - before, Is.LessThan(TimeSpan.FromSeconds(1)), "at once, and not with the next sign of life");
        });

        // It does not look at its token: the provider ends the call when it says so.
        static async IAsyncEnumerable<byte[]> OneTooLarge(Task release)
        {
            yield return new byte[200_000];
            await release;
        }
    }

    [Test]
    public void Reader_that_stops_ends_the_enumeration_at_the_provider()
    {
        Simulation.RunMany(20, async sim =>
        {
            var tracker = new Tracker();
            var (world, consumer) = await StartAsync(sim, new StreamProbe { Count = (count, context) => tracker.EventsAsync(count, context.CancellationToken) });
            await foreach (var item in consumer.CountAsync(10))
            {
                if (item == 5)
                    break;
            }

            await sim.UntilAsync(() => tracker.Ended == 1 && world.Broker.Statistics.InFlight == 0);
        });
    }

    [Test]
    public void Readers_that_leave_after_an_item_are_no_abuse_however_many_they_are()
    {
        Simulation.RunMany(1, async sim =>
        {
            sim.Network.Records = false;
            var (world, consumer) = await StartAsync(sim, new StreamProbe { Count = static (_, context) => new Tracker().EventsAsync(100, context.CancellationToken) });
            for (var i = 0; i < 1000; i++)
            {
                await foreach (var item in consumer.CountAsync(0))
                    break;
            }

            await sim.UntilAsync(() => world.Broker.Statistics.InFlight == 0);
        });
    }

    [Test]
    public void Consumer_that_breaks_the_rules_of_its_streams_loses_its_call_and_harms_nobody()
    {
        Simulation.RunMany(20, async sim =>
        {
            var (world, consumer) = await StartAsync(sim, new StreamProbe { Count = static (count, context) => new Tracker().EventsAsync(count, context.CancellationToken) });
            await using var events = consumer.CountAsync(1).GetAsyncEnumerator();
            Assert.That(await events.MoveNextAsync());

            await using var raw = await SimPeer.DialAsync(sim.Platform, BrokerWorld.Endpoint);
            await raw.OpenAsync(BrokerWorld.Hello(role: 1, BrokerWorld.Orders));
            var call = Wire.CallId(0);
            await raw.SendAsync(
                Wire.Frame(Wire.Request, 0, StreamMethods.Count.Code, call, 1),
                Wire.Frame(Wire.Item, 0, 7, call, 1)); // the method has no stream 7
            WireFrame frame;
            do
                frame = (await raw.ReadFrameAsync())!;
            while (frame.Kind == Wire.Item);
            Assert.That((frame.Kind, frame.Call), Is.EqualTo((Wire.Error, call)));
            Assert.That(world.Broker.Statistics.InFlight, Is.EqualTo(1), "the other consumer's stream goes on");
            Assert.That(world.Broker.Statistics.Providers, Is.EqualTo(1));
        });
    }

    static async Task<(BrokerWorld World, BrokerConsumer Consumer)> StartAsync(Simulation sim, StreamProbe probe)
    {
        var world = await BrokerWorld.StartAsync(sim);
        await world.ProvideAsync(s => s.Add(probe));
        return (world, await world.ConsumeAsync());
    }
}
