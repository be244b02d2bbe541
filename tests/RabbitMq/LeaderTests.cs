using System.Collections.Concurrent;
using ButlerRpc.RabbitMq.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.RabbitMq.Tests;

/// <summary>A node of the cluster dies. By itself: what others do on that node would be in the way of the count.</summary>
[NonParallelizable]
public class LeaderTests
{
    [Test]
    public async Task Request_that_was_confirmed_is_never_lost_with_the_leader_and_one_that_was_not_is_unknown()
    {
        const int Leader = 2;
        await using var place = await Place.OpenAsync(new RabbitMqOptions { QueuedCallsPerChannel = 1_000_000 }); // so that nothing is refused because the queue is full

        // Whoever declares a queue has its leader on his own node.
        await using (await BrokerProvider.ConnectAsync(place.Cluster.Of(place.Channel, Leader), s => s.Add<ILedger>(new Ledger()), place.Options()))
        {
        }

        var happenings = new Happenings();
        var executed = new ConcurrentDictionary<int, int>();
        var provided = new Ledger
        {
            Note = (entry, _) =>
            {
                executed.AddOrUpdate(entry.Number, 1, (_, times) => times + 1);
                happenings.Happened();
                return default;
            },
        };
        await place.ProvideAsync(provided, place.Cluster.Of(place.Channel, 0));
        await place.ProvideAsync(provided, place.Cluster.Of(place.Channel, 1));
        var near = await place.CallAsync(place.Cluster.Of(place.Channel, 0));
        var onLeader = await place.CallAsync(string.Join(',', place.Cluster.Of(place.Channel, Leader), place.Cluster.Nodes[1]));
        var confirmed = new ConcurrentBag<int>();
        var failures = new ConcurrentBag<ButlerException>();
        var number = 0;
        using var stop = new CancellationTokenSource();

        async Task SendAsync(ILedger ledger)
        {
            while (!stop.IsCancellationRequested)
            {
                var mine = Interlocked.Increment(ref number);
                try
                {
                    await ledger.RecordAsync(new Entry(mine)); // ends when the broker has confirmed it
                    confirmed.Add(mine);
                    happenings.Happened();
                }
                catch (ButlerException e)
                {
                    failures.Add(e);
                }
            }
        }

        var senders = Enumerable.Range(0, 8).Select(i => SendAsync(i % 2 == 0 ? near : onLeader)).ToArray();
        await happenings.UntilAsync(() => confirmed.Count > 200).WaitAsync(Place.Patience);
        place.Cluster.Kill(Leader);
        var atTheKill = confirmed.Count;
        await happenings.UntilAsync(() => confirmed.Count > atTheKill + 200).WaitAsync(Place.Patience);
        stop.Cancel();
        await Task.WhenAll(senders);
        await happenings.UntilAsync(() => confirmed.All(executed.ContainsKey)).WaitAsync(Place.Patience);
        Assert.That(failures.Where(f => f.Certainty != ButlerCertainty.Unknown).Select(f => f.Message), Is.Empty);
    }
}
