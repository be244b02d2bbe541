using System.Security.Claims;
using ButlerRpc.Broker.Tests.Support;
using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Broker.Tests;

/// <summary>What a broker holds at most, and whom it lets in.</summary>
public class BoundTests
{
    [Test]
    public void Channel_queues_1024_calls_and_refuses_the_next()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim, o => o with { Limits = o.Limits with { CallsInFlight = 4096 } });
            var release = new TaskCompletionSource();
            await using var provider = await world.ProvideAsync(
                s => s.Add(new Probe { Work = async (value, _) => { await release.Task; return value; } }),
                configure: o => o with { Client = o.Client with { Limits = o.Client.Limits with { CallsInFlight = 1 } } });
            await using var consumer = await world.ConsumeAsync();
            var calls = Enumerable.Range(0, 1025).Select(i => consumer.CallAsync(Methods.Work, i).AsTask()).ToArray();
            await sim.UntilAsync(() => world.Broker.Statistics.QueuedCalls == 1024);
            var refused = await Failing.OfAsync(consumer.CallAsync(Methods.Work, 9999));
            refused.AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.QueueFull);
            release.SetResult();
            for (var i = 0; i < calls.Length; i++)
                Assert.That(await calls[i], Is.EqualTo(i));
            Assert.That((world.Broker.Statistics.QueuedCalls, world.Broker.Statistics.QueuedBytes), Is.EqualTo((0, 0L)));
        });
    }

    [Test]
    public void Channel_queues_16_MiB_and_refuses_the_next()
    {
        Simulation.Run(1, async sim =>
        {
            sim.Network.Records = false;
            sim.Network.Chunks = SimChunks.Whole;
            var world = await BrokerWorld.StartAsync(sim);
            var release = new TaskCompletionSource();
            await using var provider = await world.ProvideAsync(
                s => s.Add(new Probe { Bytes = async (value, _) => { await release.Task; return value; } }),
                configure: o => o with { Client = o.Client with { Limits = o.Client.Limits with { CallsInFlight = 1 } } });
            await using var consumer = await world.ConsumeAsync();
            var calls = Enumerable.Range(0, 4).Select(_ => consumer.CallAsync(Methods.Bytes, new byte[5 << 20]).AsTask()).ToArray();
            await sim.UntilAsync(() => world.Broker.Statistics.QueuedCalls == 3);
            var refused = await Failing.OfAsync(consumer.CallAsync(Methods.Bytes, new byte[2 << 20]));
            refused.AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.QueueFull);
            release.SetResult();
            foreach (var call in calls)
                Assert.That(await call, Has.Length.EqualTo(5 << 20));
        });
    }

    [Test]
    public void Queued_call_ends_at_its_deadline_without_having_run()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            var probe = new Probe { Work = (_, _) => new ValueTask<int>(new TaskCompletionSource<int>().Task) };
            await using var provider = await world.ProvideAsync(
                s => s.Add(probe), configure: o => o with { Client = o.Client with { DrainTimeout = TimeSpan.Zero, Limits = o.Client.Limits with { CallsInFlight = 1 } } });
            await using var consumer = await world.ConsumeAsync(configure: o => o with { Client = o.Client with { DrainTimeout = TimeSpan.Zero } });
            var first = consumer.CallAsync(Methods.Work, 1).AsTask();
            var queued = await Failing.OfAsync(consumer.CallAsync(Methods.Work, 2, new CallContext(new CallOptions { Timeout = TimeSpan.FromMilliseconds(300) })));
            Assert.That(queued.Status, Is.EqualTo(ButlerStatus.DeadlineExceeded));
            await sim.UntilAsync(() => world.Broker.Statistics.QueuedCalls == 0);
            Assert.That(probe.Started, Is.EqualTo(1));
            await Failing.OfAsync(new ValueTask<int>(first));
        });
    }

    [Test]
    public void Call_waits_for_a_provider_as_long_as_its_consumer_asks()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            await using var consumer = await world.ConsumeAsync(configure: o => o with { ProviderWait = TimeSpan.FromSeconds(2) });
            var begun = sim.Time.Elapsed;
            var lost = await Failing.OfAsync(consumer.CallAsync(Methods.Work, 1));
            lost.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoProvider);
            Assert.That(sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2.2)));
            var waiting = consumer.CallAsync(Methods.Work, 2).AsTask();
            await using var provider = await world.ProvideAsync(new Probe());
            Assert.That(await waiting, Is.EqualTo(2));
        });
    }

    [Test]
    public void Call_waits_for_a_provider_for_30_seconds_at_the_most_however_long_its_consumer_asks()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            await using var consumer = await world.ConsumeAsync(
                configure: o => o with { ProviderWait = TimeSpan.FromHours(1), Client = o.Client with { CallTimeout = TimeSpan.FromMinutes(5) } });
            var begun = sim.Time.Elapsed;
            var lost = await Failing.OfAsync(consumer.CallAsync(Methods.Work, 1));
            lost.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoProvider);
            Assert.That(sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30.2)));
        });
    }

    [Test]
    public void Consumer_that_does_not_read_is_closed_at_its_limit_and_harms_nobody()
    {
        Simulation.Run(1, async sim =>
        {
            sim.Network.Records = false;
            sim.Network.Chunks = SimChunks.Whole;
            var world = await BrokerWorld.StartAsync(sim);
            await using var provider = await world.ProvideAsync(new Probe());
            await using var slow = await world.ConsumeAsync();
            var link = sim.Network.Links[^1];
            await using var other = await world.ConsumeAsync();
            link.ToClient.Stall();
            var large = Enumerable.Range(0, 12).Select(_ => Failing.OfAsync(slow.CallAsync(Methods.Bytes, new byte[3 << 20]))).ToArray();
            await sim.UntilAsync(() => world.Broker.Statistics.SlowPeers == 1);
            Assert.That(sim.Time.Elapsed, Is.LessThan(TimeSpan.FromSeconds(5)), "before its send has stalled for long");
            Assert.That(await other.CallAsync(Methods.Work, 1), Is.EqualTo(1));
            link.Reset();
            foreach (var call in large)
                await call;
        });
    }

    [Test]
    public void Provider_that_does_not_read_gets_no_more_calls_and_is_closed_while_others_serve()
    {
        Simulation.Run(1, async sim =>
        {
            sim.Network.Records = false;
            sim.Network.Chunks = SimChunks.Whole;
            var world = await BrokerWorld.StartAsync(sim);
            await using var stuck = await world.ProvideAsync(new Probe());
            var link = sim.Network.Links[^1];
            await using var other = await world.ProvideAsync(new Probe());
            await using var consumer = await world.ConsumeAsync(configure: o => o with { Client = o.Client with { CallTimeout = TimeSpan.FromSeconds(30) } });
            link.ToClient.Stall();
            var outcomes = Enumerable.Range(0, 200).Select(_ => OutcomeAsync(consumer.CallAsync(Methods.Bytes, new byte[50_000]))).ToArray();
            await sim.DelayAsync(TimeSpan.FromSeconds(1));
            var begun = sim.Time.Elapsed;
            for (var i = 0; i < 20; i++)
                Assert.That(await consumer.CallAsync(Methods.Work, i), Is.EqualTo(i));
            Assert.That(sim.Time.Elapsed - begun, Is.LessThan(TimeSpan.FromSeconds(1)), "the one that reads serves");
            await sim.UntilAsync(() => world.Log.Lines.Any(l => l.Id.Id == 203)); // its send has stalled for 10 s
            Assert.That(sim.Time.Elapsed, Is.LessThan(TimeSpan.FromSeconds(15)));
            link.Reset();
            var answered = 0;
            foreach (var outcome in outcomes)
                answered += await outcome is null ? 1 : 0;
            Assert.That(answered, Is.GreaterThan(150), "all but what had been handed over to the one that did not read");
        });

        static async Task<ButlerException?> OutcomeAsync(ValueTask<byte[]> call)
        {
            try
            {
                await call;
                return null;
            }
            catch (ButlerException e)
            {
                return e;
            }
        }
    }

    [Test]
    public void Least_busy_provider_gets_the_call()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            var release = new TaskCompletionSource();
            var probes = Enumerable.Range(0, 5).Select(_ => new Probe { Work = async (value, _) => { await release.Task; return value; } }).ToArray();
            foreach (var probe in probes)
                await world.ProvideAsync(probe);
            await using var consumer = await world.ConsumeAsync();
            var calls = Enumerable.Range(0, 100).Select(i => consumer.CallAsync(Methods.Work, i).AsTask()).ToArray();
            await sim.UntilAsync(() => probes.Sum(p => p.Started) == 100);
            Assert.That(probes.Select(p => p.Started), Is.All.EqualTo(20));
            release.SetResult();
            foreach (var call in calls)
                await call;
        });
    }

    [Test]
    public void Calls_of_one_key_go_to_one_provider_and_move_only_when_it_goes()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            var providers = new List<BrokerProvider>();
            for (var i = 0; i < 5; i++)
            {
                var number = i;
                providers.Add(await world.ProvideAsync(new Probe { Work = (_, _) => new(number) }));
            }

            await using var consumer = await world.ConsumeAsync();
            var before = await PlacesAsync(consumer);
            Assert.That(await PlacesAsync(consumer), Is.EqualTo(before));
            Assert.That(before.Distinct().Count(), Is.GreaterThan(1));
            await providers[2].DisposeAsync();
            await sim.UntilAsync(() => world.Broker.Statistics.Providers == 4);
            var after = await PlacesAsync(consumer);
            for (var i = 0; i < before.Length; i++)
            {
                if (before[i] != 2)
                    Assert.That(after[i], Is.EqualTo(before[i]));
            }
        });

        static async Task<int[]> PlacesAsync(BrokerConsumer consumer)
        {
            var places = new int[30];
            for (var i = 0; i < places.Length; i++)
            {
                places[i] = await consumer.CallAsync(
                    Methods.Work, i, new CallContext(new CallOptions { Metadata = new Metadata { [BrokerConsumer.KeyEntry] = $"customer-{i}" } }));
            }

            return places;
        }
    }

    [Test]
    public void Consumer_that_may_not_call_cannot_tell_the_channel_from_one_that_is_missing()
    {
        Simulation.RunMany(20, async sim =>
        {
            var hidden = Guid.NewGuid();
            var world = await BrokerWorld.StartAsync(sim, o => o with
            {
                Authorizer = (attachment, _) => new(attachment.Role == BrokerRole.Provider || attachment.Channel != hidden),
            });
            await using var provider = await world.ProvideAsync(new Probe(), hidden);
            await using var forbidden = await world.ConsumeAsync(hidden);
            await using var missing = await world.ConsumeAsync(Guid.NewGuid());
            var one = await Failing.OfAsync(forbidden.CallAsync(Methods.Work, 1));
            var other = await Failing.OfAsync(missing.CallAsync(Methods.Work, 1));
            Assert.That((one.Status, one.Certainty, one.Reason, one.Message), Is.EqualTo((other.Status, other.Certainty, other.Reason, other.Message)));
            one.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoProvider);
        });
    }

    [Test]
    public void Provider_that_may_not_serve_is_not_let_in()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim, o => o with { Authorizer = (attachment, _) => new(attachment.Role == BrokerRole.Consumer) });
            try
            {
                await BrokerProvider.ConnectAsync(
                    BrokerWorld.Of(BrokerWorld.Orders), s => s.Add(new Probe()), new BrokerConnectionOptions { Client = new ButlerClientOptions { Platform = sim.Platform } });
                Assert.Fail("it was let in");
            }
            catch (ButlerException)
            {
                Assert.That(world.Broker.Statistics.Providers, Is.Zero);
            }
        });
    }

    [Test]
    public void Authorizer_sees_whom_the_token_has_proved()
    {
        Simulation.Run(1, async sim =>
        {
            string? seen = null;
            var world = await BrokerWorld.StartAsync(sim, o => o with
            {
                Authenticator = (credentials, _) => new(credentials.TokenIs("secret"u8) ? new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "Ada")], "token")) : null),
                Authorizer = (attachment, _) =>
                {
                    seen = attachment.Principal?.Identity?.Name;
                    return new(true);
                },
            });
            await using var consumer = await world.ConsumeAsync(configure: o => o with { Client = o.Client with { Token = _ => new("secret"u8.ToArray()), AllowTokenInClear = true } });
            Assert.That(seen, Is.EqualTo("Ada"));
        });
    }

    [TestCase("butler://127.0.0.1:9100", "names no channel")]
    [TestCase("butler://127.0.0.1:9100/orders", "'orders'")]
    [TestCase("tcp://127.0.0.1:9100", "names no channel")]
    [TestCase("amqp://127.0.0.1:5672/orders", "ButlerRpc.RabbitMq")]
    public async Task Endpoint_without_a_channel_is_refused_with_the_accepted_forms(string endpoint, string told)
    {
        var failure = await Thrown.OfAsync<ArgumentException>(() => BrokerConsumer.ConnectAsync(endpoint));
        Assert.That(failure.Message, Does.Contain(told));
    }
}
