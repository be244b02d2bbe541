using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.Broker.Tests;

/// <summary>A broker, a provider and a consumer that are started, used and stopped by blocking on a context of one thread, as old user interfaces do.</summary>
public class BlockingTests
{
    const string Channel = "5d0f7a52-6f0e-4c55-9b9e-0d5f2f0f8a11";

    [Test]
    public void A_caller_that_blocks_its_only_thread_does_not_deadlock()
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                SynchronizationContext.SetSynchronizationContext(new BlockedContext());
                StartCallAndStop();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();

        Assert.That(failure, Is.Null);
    }

    static void StartCallAndStop()
    {
        var broker = ButlerBroker.StartAsync("tcp://127.0.0.1:0").Result;
        var endpoint = $"butler://127.0.0.1:{broker.Endpoints[0].Port}/{Channel}";
        var provider = BrokerProvider.ConnectAsync(endpoint, s => s.Add(new Probe()).AddRaw((bytes, _) => new(bytes)), Waiting.Long).Result;
        var consumer = BrokerConsumer.ConnectAsync(endpoint, Waiting.Long).Result;
        provider.WaitUntilReadyAsync().Wait();
        consumer.WaitUntilReadyAsync().Wait();
        Assert.That(consumer.CallAsync(Methods.Work, 7).AsTask().Result, Is.EqualTo(7));
        Assert.That(consumer.SendAsync(new byte[] { 1, 2 }).AsTask().Result.ToArray(), Is.EqualTo(new byte[] { 1, 2 }));
        Assert.That(consumer.SendAsync(new MemoryStream([3])).AsTask().Result.ToArray(), Is.EqualTo(new byte[] { 3 }));
        consumer.DisposeAsync().AsTask().Wait();
        provider.DisposeAsync().AsTask().Wait();
        broker.StopAsync().Wait();
        broker.DisposeAsync().AsTask().Wait();
    }

    /// <summary>Takes posts and never runs them: its thread is busy waiting.</summary>
    sealed class BlockedContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}
