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

        // Nothing is refused because a queue is full.
        await using var place = await Place.OpenAsync(new RabbitMqOptions { QueuedCallsPerChannel = 1_000_000 });
        var happenings = new Happenings();
        var executed = new ConcurrentDictionary<int, bool>();
        ValueTask<Entry> Execute(Entry entry, CallContext context)
        {
            executed[entry.Number] = true;
            return new(entry);
        }

        var provided = new Ledger
        {
            Note = (entry, _) =>
            {
                executed[entry.Number] = true;
                happenings.Happened();
                return default;
            },
            Book = Execute,
            Read = Execute,
        };

        // Whoever declares a queue has it, or its leader, on his own node.
        foreach (var node in (int[])[Leader, 0, 1])
            await place.ProvideAsync(provided, place.Cluster.Of(place.Channel, node));
        static BrokerConnectionOptions Patient(BrokerConnectionOptions options) => options with { ProviderWait = Place.Patience };
        var near = await place.CallAsync(place.Cluster.Of(place.Channel, 0), Patient);
        var onLeader = await place.CallAsync(string.Join(',', place.Cluster.Of(place.Channel, Leader), place.Cluster.Nodes[1]), Patient);
        var confirmed = new ConcurrentBag<int>();
        var lost = new ConcurrentBag<ButlerException>();
        var failures = new ConcurrentBag<(int Number, ButlerException Failure)>();
        var number = 0;
        var answered = 0;
        using var stop = new CancellationTokenSource();

        // At least once: each ends when the broker has confirmed it.
        async Task RecordAsync(ILedger ledger)
        {
            while (!stop.IsCancellationRequested)
            {
                var mine = Interlocked.Increment(ref number);
                try
                {
                    await ledger.RecordAsync(new Entry(mine));
                    confirmed.Add(mine);
                    happenings.Happened();
                }
                catch (ButlerException e)
                {
                    lost.Add(e);
                }
            }
        }

        // Those that run at most once have a queue that dies with its node.
        async Task CallAsync(Func<Entry, CallContext, ValueTask<Entry>> call)
        {
            while (!stop.IsCancellationRequested)
            {
                var mine = Interlocked.Increment(ref number);
                try
                {
                    await call(new Entry(mine), default);
                    Interlocked.Increment(ref answered);
                    happenings.Happened();
                }
                catch (ButlerException e)
                {
                    failures.Add((mine, e));
                }
            }
        }

        Task[] senders =
        [
            .. Enumerable.Range(0, 8).Select(i => RecordAsync(i % 2 == 0 ? near : onLeader)),
            .. new[] { near, onLeader }.SelectMany(l => new[] { CallAsync(l.BookAsync), CallAsync(l.BookAsync), CallAsync(l.ReadAsync) }),
        ];
        await happenings.UntilAsync(() => confirmed.Count > 200 && Volatile.Read(ref answered) > 50).WaitAsync(Place.Patience);
        place.Cluster.Kill(Leader);
        var (confirmedBefore, answeredBefore) = (confirmed.Count, Volatile.Read(ref answered));
        await happenings.UntilAsync(() => confirmed.Count > confirmedBefore + 200 && Volatile.Read(ref answered) > answeredBefore + 50).WaitAsync(Place.Patience);
        stop.Cancel();
        await Task.WhenAll(senders);
        await happenings.UntilAsync(() => confirmed.All(executed.ContainsKey)).WaitAsync(Place.Patience);
        Assert.That(lost.Where(f => f.Certainty != ButlerCertainty.Unknown).Select(f => f.Message), Is.Empty);
        Assert.That(failures.Where(f => f.Failure.Certainty == ButlerCertainty.NotExecuted && executed.ContainsKey(f.Number)).Select(f => f.Failure.Message), Is.Empty);
    }
}
