using System.Collections.Concurrent;
using ButlerRpc.Contracts.External;
using Microsoft.Extensions.DependencyInjection;

namespace ButlerRpc.Hosting.Tests;

/// <summary>A host that is started, used and stopped by blocking on a context of one thread, as old user interfaces do.</summary>
sealed class BlockingTests
{
    [Test]
    public void A_caller_that_blocks_its_only_thread_does_not_deadlock()
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
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

        static void StartCallAndStop()
        {
            SynchronizationContext.SetSynchronizationContext(new BlockedContext());
            using var host = Hosts.Of(services => services.AddButlerServer(o => o.Listen("tcp://127.0.0.1:0")).AddButlerService<EchoAndShout>());
            var server = host.Services.GetRequiredService<ButlerServerHost>();
            server.StartAsync(CancellationToken.None).Wait();
            using (var container = new ServiceCollection().AddButlerClient<IEcho>(server.Server.Endpoints[0].ToString(), Hosts.Patiently).BuildServiceProvider())
                container.GetRequiredService<IEcho>().EchoAsync(new Text("a")).AsTask().Wait();
            server.StopAsync(CancellationToken.None).Wait();
        }
    }

    /// <summary>Takes posts and never runs them: its thread is busy waiting.</summary>
    sealed class BlockedContext : SynchronizationContext
    {
        readonly ConcurrentQueue<SendOrPostCallback> _posts = new();

        public override void Post(SendOrPostCallback d, object? state) => _posts.Enqueue(d);
    }
}
