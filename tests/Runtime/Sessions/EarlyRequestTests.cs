using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>Calls that are made before the peer has said what it takes.</summary>
public sealed class EarlyRequestTests
{
    [TestCase(1_000)]
    [TestCase(15_400)]
    [TestCase(30_000)]
    [TestCase(2_000_000)]
    public void First_call_may_be_as_large_as_any_other(int size)
    {
        Simulation.RunMany(10, async sim =>
        {
            sim.Network.Records = false;
            sim.Network.LatencyMin = sim.Network.LatencyMax = TimeSpan.FromMilliseconds(5);
            await World.StartAsync(sim);
            await using var client = ButlerClient.Open(World.Endpoint, new ButlerClientOptions { Platform = sim.Platform });
            var calls = Enumerable.Range(0, 3).Select(_ => client.CallAsync(Methods.Bytes, new byte[size]).AsTask());
            foreach (var reply in await Task.WhenAll(calls))
                Assert.That(reply, Has.Length.EqualTo(size));
        });
    }

    [Test]
    public void First_items_may_be_as_large_as_any_other()
    {
        Simulation.RunMany(10, async sim =>
        {
            sim.Network.Records = false;
            var world = await World.StartAsync(sim);
            world.Server.Services.Add(new StreamProbe());
            await using var client = ButlerClient.Open(World.Endpoint, new ButlerClientOptions { Platform = sim.Platform });
            Assert.That(await client.UploadAsync(Items.BlobsAsync(5, 100_000)), Is.EqualTo(500_000));
        });
    }

    [Test]
    public void First_call_that_is_larger_than_the_peer_takes_was_not_executed()
    {
        Simulation.RunMany(10, async sim =>
        {
            sim.Network.Records = false;
            var world = await World.StartAsync(sim, o => o with { Limits = o.Limits with { MessageBytes = 100_000 } });
            world.Server.Services.Add(new StreamProbe());
            await using var client = ButlerClient.Open(
                World.Endpoint, new ButlerClientOptions { Platform = sim.Platform, Retry = new ButlerRetryOptions { NotExecutedMoves = 0 } });
            var upload = Failing.OfAsync(client.UploadAsync(Items.BlobsAsync(5, 200_000)));
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Bytes, new byte[200_000]));
            failure.AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.TooLarge);
            Assert.That(failure.Message, Does.Contain("the limit is 100000"));
            Assert.That((await upload).Reason, Is.EqualTo(ButlerReason.TooLarge));
            Assert.That(world.Probe.Started, Is.Zero);
            Assert.That(await client.CallAsync(Methods.Work, 3), Is.EqualTo(3));
            await sim.UntilAsync(() => client.Session!.InFlight == 0);
            Assert.That(client.Session!.QueuedBytes, Is.Zero);
        });
    }
}
