using ButlerRpc.Broker.Tests.Support;
using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Broker.Tests;

/// <summary>Providers and consumers come and go; what that means for calls is said with certainty.</summary>
public class EndTests
{
    [Test]
    public void Client_that_dials_a_broker_as_a_server_is_told_how_brokers_are_dialled()
    {
        Simulation.RunMany(5, async sim =>
        {
            await BrokerWorld.StartAsync(sim);
            var refused = await Failing.OfAsync(new ValueTask<ButlerClient>(ButlerClient.ConnectAsync(BrokerWorld.Endpoint, new ButlerClientOptions { Platform = sim.Platform })));
            refused.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoSession);
            Assert.That(refused.Message, Does.Contain("butler://host:port/channel"));
        });
    }

    [Test]
    public void Call_fails_Unknown_as_soon_as_its_provider_has_gone()
    {
        Simulation.RunMany(50, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            var started = new TaskCompletionSource();
            await using var provider = await world.ProvideAsync(Hanging(started));
            var link = sim.Network.Links[^1];
            await using var consumer = await world.ConsumeAsync();
            var call = consumer.CallAsync(Methods.Work, 1).AsTask();
            await started.Task;
            var begun = sim.Time.Elapsed;
            link.Reset();
            var failure = await Failing.OfAsync(new ValueTask<int>(call));
            failure.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
            Assert.That(sim.Time.Elapsed - begun, Is.LessThan(TimeSpan.FromMilliseconds(100)));
        });
    }

    [Test]
    public void Idempotent_call_of_a_provider_that_has_gone_is_made_again_with_another()
    {
        Simulation.RunMany(50, async sim =>
        {
            var method = new Method<int, int>
            {
                Service = Methods.Service, Name = "AgainAsync", Code = Methods.Work.Code, Shape = MethodShape.Unary, Idempotent = true,
                RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
            };
            var world = await BrokerWorld.StartAsync(sim);
            var started = new TaskCompletionSource();
            await using var first = await world.ProvideAsync(Hanging(started));
            var link = sim.Network.Links[^1];
            await using var consumer = await world.ConsumeAsync();
            var call = consumer.CallAsync(method, 7).AsTask();
            await started.Task;
            await using var second = await world.ProvideAsync(new Probe());
            link.Reset();
            Assert.That(await call, Is.EqualTo(7));
        });
    }

    [Test]
    public void Calls_of_a_consumer_that_has_gone_are_cancelled_at_the_provider()
    {
        Simulation.RunMany(50, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            var started = new TaskCompletionSource();
            var cancelled = new TaskCompletionSource();
            var probe = new Probe
            {
                Work = async (value, context) =>
                {
                    using var registration = context.CancellationToken.UnsafeRegister(_ => cancelled.TrySetResult(), null);
                    started.TrySetResult();
                    await cancelled.Task;
                    return value;
                },
            };
            await using var provider = await world.ProvideAsync(probe);
            await using var consumer = await world.ConsumeAsync();
            var link = sim.Network.Links[^1];
            var call = consumer.CallAsync(Methods.Work, 1).AsTask();
            await started.Task;
            link.Reset();
            await Failing.OfAsync(new ValueTask<int>(call));
            await cancelled.Task;
            await sim.UntilAsync(() => world.Broker.Statistics.InFlight == 0);
        });
    }

    [Test]
    public void Both_sides_come_back_after_their_connections_have_broken()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            await using var provider = await world.ProvideAsync(new Probe());
            await using var consumer = await world.ConsumeAsync(configure: o => o with { ProviderWait = TimeSpan.FromSeconds(3) });
            Assert.That(await consumer.CallAsync(Methods.Work, 1), Is.EqualTo(1));
            foreach (var link in sim.Network.Links.ToArray())
                link.Reset();
            await sim.SettleAsync();
            await sim.UntilAsync(() => world.Broker.Statistics.Providers == 1);
            await consumer.WaitUntilReadyAsync();
            Assert.That(await consumer.CallAsync(Methods.Work, 2), Is.EqualTo(2));
        });
    }

    [Test]
    public void Provider_that_is_disposed_ends_its_calls_and_gets_no_more()
    {
        Simulation.RunMany(30, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            var started = new TaskCompletionSource();
            var release = new TaskCompletionSource();
            var leaving = await world.ProvideAsync(new Probe
            {
                Work = async (value, _) =>
                {
                    started.TrySetResult();
                    await release.Task;
                    return value;
                },
            });
            await using var consumer = await world.ConsumeAsync();
            var call = consumer.CallAsync(Methods.Work, 1).AsTask();
            await started.Task;
            await using var staying = await world.ProvideAsync(new Probe { Work = (value, _) => new(value * 10) });
            var disposal = leaving.DisposeAsync().AsTask();
            await sim.UntilAsync(() => world.Broker.Statistics.Providers == 1);
            Assert.That(await consumer.CallAsync(Methods.Work, 2), Is.EqualTo(20));
            release.SetResult();
            Assert.That(await call, Is.EqualTo(1));
            await disposal;
        });
    }

    [Test]
    public void Broker_that_stops_lets_calls_end_and_refuses_new_ones_as_not_executed()
    {
        Simulation.RunMany(30, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            var started = new TaskCompletionSource();
            var release = new TaskCompletionSource();
            await using var provider = await world.ProvideAsync(new Probe
            {
                Work = async (value, _) =>
                {
                    started.TrySetResult();
                    await release.Task;
                    return value;
                },
            });
            await using var consumer = await world.ConsumeAsync();
            var call = consumer.CallAsync(Methods.Work, 1).AsTask();
            await started.Task;
            var stopping = world.Broker.DisposeAsync().AsTask();
            await sim.SettleAsync();
            var refused = await Failing.OfAsync(consumer.CallAsync(Methods.Work, 2));
            Assert.That(refused.Certainty, Is.EqualTo(ButlerCertainty.NotExecuted));
            release.SetResult();
            Assert.That(await call, Is.EqualTo(1));
            await stopping;
        });
    }

    // Only the first call: a provider whose connection has broken comes back, and may be given the second.
    static Probe Hanging(TaskCompletionSource started) => new()
    {
        Work = (value, _) => started.TrySetResult() ? new ValueTask<int>(new TaskCompletionSource<int>().Task) : new(value),
    };
}
