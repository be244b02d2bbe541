using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.Broker.Tests;

/// <summary>
/// A unary call that passes allocates nothing in the broker, measured in a process of its own, after a warm-up, over loopback with default settings. Below half a byte per
/// call: what a timer or a thread allocates in the meantime is not the calls'.
/// </summary>
public class AllocationTests
{
    const int Calls = 51_200;
    const int WarmUps = 2;
    const int MostWindows = 10;
    const double Most = 0.5;

    [Test]
    public async Task Relay_allocates_nothing_per_unary_call()
    {
        using var broker = new AllocationSide("broker");
        var endpoint = await broker.ReadAsync();
        using var provider = new AllocationSide("provider", endpoint);
        Assert.That(await provider.ReadAsync(), Is.EqualTo("ready"));
        using var consumer = new AllocationSide("client", endpoint, $"{Calls}", "64");
        Assert.That(await consumer.ReadAsync(), Is.EqualTo("ready"));
        for (var i = 0; i < WarmUps; i++)
            await consumer.AskAsync();
        var least = double.MaxValue;
        for (var i = 0; i < MostWindows && least >= Most; i++)
        {
            var before = await broker.AskAsync();
            await consumer.AskAsync();
            least = Math.Min(least, (await broker.AskAsync() - before) / (double)Calls);
        }

        await TestContext.Out.WriteLineAsync($"bytes per call in the broker: {least:0.000}");
        Assert.That(least, Is.LessThan(Most));
    }
}
