using ButlerRpc.Broker.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Broker.Tests.Version1;

/// <summary>
/// What was recorded from the reference server is answered byte by byte, but for two oddities: it forwards a consumer's registration to the provider as an empty
/// request, and answers a lone provider's with the Error "peer disappeared".
/// </summary>
public class TranscriptTests
{
    const string Registration = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
    const string PeerDisappeared = "706565722064697361707065617265";

    [Test]
    public void Recorded_conversation_replays_for_both_roles()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            await using var provider = await SimPeer.DialAsync(sim.Platform, BrokerWorld.Endpoint);
            await using var consumer = await SimPeer.DialAsync(sim.Platform, BrokerWorld.Endpoint);
            foreach (var (who, isSent, hex) in Lines())
            {
                var peer = who == "provider" ? provider : consumer;
                if (hex == " EOF")
                    Assert.That(await peer.ReadToEndAsync(), Is.Empty);
                else if (isSent)
                    await SendAsync(world, peer, who, hex);
                else
                    await peer.ExpectAsync(Convert.FromHexString(hex));
            }
        });
    }

    // Both are registered before the first request.
    static async Task SendAsync(BrokerWorld world, SimPeer peer, string who, string hex)
    {
        await peer.SendAsync(Convert.FromHexString(hex));
        if (who == "provider")
            await world.Sim.UntilAsync(() => world.Broker.Statistics.Providers == 1);
    }

    static IEnumerable<(string Who, bool IsSent, string Hex)> Lines()
    {
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Vectors", "broker-transcript.tsv")))
        {
            if (line.StartsWith('#'))
                continue;
            var parts = line.Split('\t');
            var head = parts[0].Split(' ');
            var isOddity = head[1] == "<-" && (parts[1].Contains(Registration, StringComparison.Ordinal) || parts[1].Contains(PeerDisappeared, StringComparison.Ordinal));
            if (parts[1].Length > 0 && !isOddity)
                yield return (head[0], head[1] == "->", parts[1]);
        }
    }
}
