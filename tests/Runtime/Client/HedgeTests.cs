using ButlerRpc.Calls;
using ButlerRpc.Client;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Client;

/// <summary>A hedged call is the call that its caller has made, whichever leg answers it.</summary>
public class HedgeTests
{
    static readonly ButlerRetryOptions Hedging = new() { HedgeAfter = TimeSpan.FromMilliseconds(100) };

    [TestCase(0)]
    [TestCase(1000)]
    public void Metadata_go_with_a_hedged_call_and_come_back_with_the_answer_that_counts(int firstTakes)
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 2);
            var started = 0;
            foreach (var probe in fleet.Probes)
            {
                probe.Work = async (value, context) =>
                {
                    var mine = ++started;
                    var tenant = context.Metadata!["tenant"];
                    context.ResponseMetadata["answer"] = $"{tenant} {mine}";
                    if (mine == 1)
                        await sim.DelayAsync(TimeSpan.FromMilliseconds(firstTakes));
                    return value;
                };
            }

            var client = await fleet.ConnectToAllAsync(o => o with { Retry = Hedging });
            var answer = new Metadata();
            var options = new CallOptions { Metadata = new Metadata { { "tenant", "a" } }, ResponseMetadata = answer };
            Assert.That(await client.CallAsync(Fleet.Repeatable, 5, new CallContext(options)), Is.EqualTo(5));
            Assert.That(answer["answer"], Is.EqualTo(firstTakes == 0 ? "a 1" : "a 2"));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void Hedged_call_over_iproto_has_bodies_of_iproto()
    {
        Simulation.RunMany(20, async sim =>
        {
            const string Endpoint = "iproto://10.0.1.1:9000";
            await using var server = await ButlerServer.StartAsync(Endpoint, s => s.Add(new Probe()), new ButlerServerOptions { Platform = sim.Platform });
            await using var client = await ButlerClient.ConnectAsync(Endpoint, new ButlerClientOptions { Platform = sim.Platform, Retry = Hedging });
            Assert.That(await client.CallAsync(Fleet.Repeatable, 70_000), Is.EqualTo(70_000));
        });
    }
}
