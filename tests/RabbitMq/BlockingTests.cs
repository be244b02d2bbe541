using ButlerRpc.RabbitMq.Tests.Support;

namespace ButlerRpc.RabbitMq.Tests;

/// <summary>A provider and a consumer that are started, used and stopped by blocking on a context of one thread, as old user interfaces do.</summary>
public class BlockingTests
{
    [Test]
    public async Task A_caller_that_blocks_its_only_thread_does_not_deadlock()
    {
        await using var place = await Place.OpenAsync();
        var ended = new TaskCompletionSource();
        var thread = new Thread(() =>
        {
            try
            {
                SynchronizationContext.SetSynchronizationContext(new BlockedContext());
                StartCallAndStop(place);
                ended.SetResult();
            }
            catch (Exception e)
            {
                ended.SetException(e);
            }
        }) { IsBackground = true };
        thread.Start();
        await ended.Task.WaitAsync(Place.Patience);
    }

    static void StartCallAndStop(Place place)
    {
        var options = place.Options(o => o with { ProviderWait = TimeSpan.FromSeconds(10) });
        var carrier = options.Carriers[0];
        var provider = BrokerProvider.ConnectAsync(place.Endpoint, s => s.Add<ILedger>(new Ledger()), options).Result;
        var consumer = BrokerConsumer.ConnectAsync(place.Endpoint, options).Result;
        provider.WaitUntilReadyAsync().Wait();
        consumer.WaitUntilReadyAsync().Wait();
        var ledger = consumer.Create<ILedger>();
        Assert.That(ledger.BookAsync(new Entry(7)).AsTask().Result.Number, Is.EqualTo(7));
        Assert.That(ledger.ReadAsync(new Entry(8)).AsTask().Result.Number, Is.EqualTo(8));
        ledger.NoteAsync(new Entry(9)).AsTask().Wait();
        var link = carrier.ConnectConsumerAsync(place.Endpoint, options, CancellationToken.None).Result;
        var serving = carrier.ConnectProviderAsync(place.Endpoint, new Calls.ServiceTable(), options, CancellationToken.None).Result;
        serving.DisposeAsync().AsTask().Wait();
        link.DisposeAsync().AsTask().Wait();
        consumer.DisposeAsync().AsTask().Wait();
        provider.DisposeAsync().AsTask().Wait();
    }

    /// <summary>Takes posts and never runs them: its thread is busy waiting.</summary>
    sealed class BlockedContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}
