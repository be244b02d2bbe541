using ButlerRpc.Testing;

namespace ButlerRpc.Contracts.Tests.Complaints;

/// <summary>"To test the code that calls a service I need the library's own base classes, or a server."</summary>
sealed class TestDoubleComplaints
{
    [Test]
    public async Task Double_is_a_class_that_implements_the_interface()
    {
        var report = new Report(new Double());

        Assert.That(await report.TotalAsync(), Is.EqualTo("3 items, 30 in all"));
    }

    [Test]
    public void The_same_double_serves_a_real_client_in_memory_and_is_cut_off_when_the_test_wants_it()
    {
        Simulation.RunMany(20, async sim =>
        {
            await ButlerServer.StartAsync("mem://desk", s => s.Add<IDesk>(new Double()), new ButlerServerOptions { Platform = sim.Platform });
            var client = await ButlerClient.ConnectAsync("mem://desk", new ButlerClientOptions { Platform = sim.Platform });
            var report = new Report(client.Create<IDesk>());
            Assert.That(await report.TotalAsync(), Is.EqualTo("3 items, 30 in all"));

            sim.Network.At("mem://desk").Partition();
            Assert.That(await report.TotalAsync(), Is.EqualTo("not known at the moment"));
            sim.Network.At("mem://desk").Heal();
            await client.WaitUntilReadyAsync();
            Assert.That(await report.TotalAsync(), Is.EqualTo("3 items, 30 in all"));
        });
    }

    /// <summary>The code that somebody tests: it knows the interface and nothing else.</summary>
    sealed class Report(IDesk desk)
    {
        public async Task<string> TotalAsync()
        {
            try
            {
                var items = new List<int>();
                await foreach (var item in desk.CountAsync(3, new CallContext(new CallOptions { Timeout = TimeSpan.FromSeconds(2) })))
                    items.Add(item);
                return $"{items.Count} items, {await desk.With(timeout: TimeSpan.FromSeconds(2)).WorkAsync(items.Sum())} in all";
            }
            catch (ButlerException e) when (e.Status is ButlerStatus.Unavailable or ButlerStatus.DeadlineExceeded)
            {
                return "not known at the moment";
            }
        }
    }

    /// <summary>Written by hand; what a test does not need is not there.</summary>
    sealed class Double : IDesk
    {
        public ValueTask<int> WorkAsync(int value, CallContext context) => new(value * 10);

        public IAsyncEnumerable<int> CountAsync(int count, CallContext context) => Numbers.RangeAsync(count, context.CancellationToken);

        public ValueTask<int> BuyAsync(string sku, int units, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<int> QueueAsync(int value, CancellationToken cancellationToken) => throw new NotSupportedException();

        public IAsyncEnumerable<int> NewestAsync(CallContext context) => throw new NotSupportedException();

        public ValueTask<int> SumAsync(IAsyncEnumerable<int> numbers, CallContext context) => throw new NotSupportedException();
    }
}
