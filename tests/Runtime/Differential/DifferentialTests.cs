using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Differential;

/// <summary>
/// Random conversations over the simulated network (calls, streams in all directions, cancels, breaks, faults, nested callbacks, several at once) are the same,
/// item by item, as plain calls of the same implementation in the process, and leave nothing behind.
/// </summary>
public class DifferentialTests
{
    const int Seeds = 5000;
    const int Parts = 10;

    [Test]
    public void Conversation_over_a_session_equals_plain_calls([Range(0, Parts - 1)] int part)
    {
        for (var seed = 1 + part * Seeds / Parts; seed <= (part + 1) * Seeds / Parts; seed++)
            Simulation.Run((ulong)seed, CompareAsync);
    }

    static async Task CompareAsync(Simulation sim)
    {
        var conversations = Conversation.DrawMany(sim.Random);
        sim.Network.Chunks = sim.Random.Chance(0.5) ? SimChunks.Whole : SimChunks.Random;
        if (sim.Random.Chance(0.3))
            sim.Network.LatencyMax = TimeSpan.FromMilliseconds(3);

        var expected = new List<List<string>>();
        var (caller, callee) = (new Party(), new Party());
        (caller.Peer, callee.Peer) = (callee, caller);
        foreach (var conversation in conversations)
            expected.Add(await conversation.HaveAsync(callee, caller));
        Assert.That((caller.Live, callee.Live), Is.EqualTo((0, 0)), "plain calls");

        var world = await StreamWorld.StartAsync(sim);
        (caller, callee) = (new Party { Peer = new RemoteParty(world.Client) }, new Party { Peer = new RemoteParty(world.ServerSession) });
        RemoteParty.Offer(world.World.Server.Services, world.Probe, world.Streams, callee);
        RemoteParty.Offer(world.Client.Services, new Probe(), new StreamProbe(), caller);
        var actual = conversations.Select(conversation => conversation.HaveAsync(new RemoteParty(world.Client), caller)).ToArray();
        for (var i = 0; i < actual.Length; i++)
            Assert.That(await actual[i], Is.EqualTo(expected[i]));

        await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(100));
        Assert.That((caller.Live, callee.Live), Is.EqualTo((0, 0)), "handlers and enumerations that were not disposed");
        world.Probe.Work = static (value, _) => new(value);
        await world.AssertConservedAsync();
    }
}
