using ButlerRpc.Broker.Tests.Support;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Broker.Tests;

/// <summary>
/// Many channels with many providers, and links that break at random: each call has one outcome, what is said of it is true by the providers' own journal, and
/// nothing is left behind.
/// </summary>
public class JournalTests
{
    const int ProvidersPerChannel = 5;

    [Test]
    public void Every_call_has_one_outcome_and_its_certainty_is_true()
    {
        Simulation.Run(1, sim => RunAsync(sim, channels: 200, calls: 20, kills: 600), new SimulationOptions { MostSteps = 100_000_000 });
    }

    [Test]
    public void Small_worlds_of_many_seeds_keep_the_same_promise()
    {
        Simulation.RunMany(60, sim => RunAsync(sim, channels: 3, calls: 40, kills: 30));
    }

    static async Task RunAsync(Simulation sim, int channels, int calls, int kills)
    {
        sim.Network.Records = false;
        sim.Network.LatencyMax = TimeSpan.FromMilliseconds(3);
        var world = await BrokerWorld.StartAsync(sim, o => o with { MaxConnections = 100_000, MaxConnectionsPerAddress = 100_000 });
        var executed = new Dictionary<int, int>();
        var providers = new List<BrokerProvider>();
        var consumers = new List<BrokerConsumer>();
        for (var channel = 0; channel < channels; channel++)
        {
            var id = sim.Random.NextGuid();
            for (var i = 0; i < ProvidersPerChannel; i++)
                providers.Add(await world.ProvideAsync(Journaling(sim, executed), id));
            consumers.Add(await world.ConsumeAsync(id));
        }

        var outcomes = new Dictionary<int, int>();
        var statements = new List<(int Call, ButlerCertainty? Certainty)>();
        var callers = consumers.Select((consumer, channel) => sim.Start(async () =>
        {
            var tasks = Enumerable.Range(channel * calls, calls).Select(async call =>
            {
                await sim.DelayAsync(TimeSpan.FromMilliseconds((int)(sim.Random.NextDouble() * 200)));
                ButlerCertainty? certainty = null;
                try
                {
                    Assert.That(await consumer.CallAsync(Methods.Work, call), Is.EqualTo(call));
                }
                catch (ButlerException e)
                {
                    certainty = e.Certainty;
                }

                outcomes[call] = outcomes.GetValueOrDefault(call) + 1;
                statements.Add((call, certainty));
            }).ToArray();
            foreach (var task in tasks)
                await task;
        })).ToArray();
        var killer = sim.Start(async () =>
        {
            for (var i = 0; i < kills; i++)
            {
                await sim.DelayAsync(TimeSpan.FromMilliseconds(200.0 / kills * sim.Random.NextDouble() * 2));
                sim.Network.Links[(int)(sim.Random.NextDouble() * sim.Network.Links.Count)].Reset();
                if (i % 10 == 0)
                    await providers[(int)(sim.Random.NextDouble() * providers.Count)].DisposeAsync();
            }
        });
        foreach (var caller in callers)
            await caller;
        await killer;

        Assert.That(outcomes, Has.Count.EqualTo(channels * calls));
        Assert.That(outcomes.Values, Is.All.EqualTo(1));
        foreach (var (call, certainty) in statements)
        {
            var runs = executed.GetValueOrDefault(call);
            var isTrue = certainty switch
            {
                null or ButlerCertainty.Executed => runs == 1,
                ButlerCertainty.NotExecuted => runs == 0,
                _ => runs <= 1,
            };
            Assert.That(isTrue, $"call {call} was said to be {certainty?.ToString() ?? "answered"} and ran {runs} times");
        }

        Assert.That(statements.Count(s => s.Certainty is null), Is.GreaterThan(channels * calls / 2), "most calls are answered in spite of it all");
        await sim.UntilAsync(() => world.Broker.Statistics is { InFlight: 0, QueuedCalls: 0, QueuedBytes: 0 });
        foreach (var consumer in consumers)
            await consumer.DisposeAsync();
        foreach (var provider in providers)
            await provider.DisposeAsync();
        await sim.UntilAsync(() => world.Broker.Statistics is { Channels: 0, Consumers: 0, Providers: 0 });
        await world.Broker.DisposeAsync();
        await sim.DelayAsync(TimeSpan.FromSeconds(2)); // ends that wait for the other side to have ended
        Assert.That(sim.Network.OpenConnections, Is.Zero);
    }

    static Probe Journaling(Simulation sim, Dictionary<int, int> executed) => new()
    {
        Work = async (value, _) =>
        {
            executed[value] = executed.GetValueOrDefault(value) + 1;
            await sim.DelayAsync(TimeSpan.FromMilliseconds((int)(sim.Random.NextDouble() * 10)));
            return value;
        },
    };
}
