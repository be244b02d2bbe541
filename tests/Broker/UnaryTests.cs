using ButlerRpc.Broker.Tests.Support;
using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Broker.Tests;

/// <summary>Calls with one request and one reply, through the broker.</summary>
public class UnaryTests
{
    [Test]
    public void Call_reaches_the_provider_and_its_reply_the_consumer()
    {
        Simulation.RunMany(50, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            await using var provider = await world.ProvideAsync(new Probe());
            await using var consumer = await world.ConsumeAsync();
            var calls = Enumerable.Range(0, 50).Select(i => consumer.CallAsync(Methods.Work, i).AsTask()).ToArray();
            for (var i = 0; i < calls.Length; i++)
                Assert.That(await calls[i], Is.EqualTo(i));
            Assert.That(world.Broker.Statistics, Has.Property(nameof(BrokerStatistics.Answered)).EqualTo(50).And.Property(nameof(BrokerStatistics.InFlight)).EqualTo(0));
        });
    }

    [Test]
    public void Large_request_and_reply_pass_in_many_frames_with_small_calls_in_between([Values(0, 1, 65_000, 70_000, 1 << 20, 10 << 20)] int size)
    {
        Simulation.Run(1, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            sim.Network.Records = false;
            var world = await BrokerWorld.StartAsync(sim);
            await using var provider = await world.ProvideAsync(new Probe());
            await using var consumer = await world.ConsumeAsync();
            var bytes = new byte[size];
            new Random(size).NextBytes(bytes);
            var large = consumer.CallAsync(Methods.Bytes, bytes).AsTask();
            for (var i = 0; i < 10; i++)
                Assert.That(await consumer.CallAsync(Methods.Work, i), Is.EqualTo(i));
            Assert.That(Bytes.FirstDifference(await large, bytes), Is.Null);
        });
    }

    [Test]
    public void Declared_fault_reaches_the_consumer_with_its_data()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            await using var provider = await world.ProvideAsync(s => s.Add(new FaultyService()));
            await using var consumer = await world.ConsumeAsync();
            var fault = await Thrown.OfAsync<ButlerFaultException<string>>(() => consumer.CallAsync(FaultyService.Fails, 5).AsTask());
            Assert.That(fault.Fault, Is.EqualTo("stock 5"));
            fault.AssertIs(ButlerStatus.FailedPrecondition, ButlerCertainty.Executed, ButlerReason.None);
        });
    }

    [Test]
    public void Provider_that_calls_its_consumer_back_is_told_to_return_a_stream()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            ButlerException? refused = null;
            await using var provider = await world.ProvideAsync(new Probe
            {
                Work = async (value, context) =>
                {
                    refused = await Failing.OfAsync(context.Peer.CallAsync(Methods.Echo, "back"));
                    return value;
                },
            });
            await using var consumer = await world.ConsumeAsync();
            Assert.That(await consumer.CallAsync(Methods.Work, 1), Is.EqualTo(1));
            refused!.AssertIs(ButlerStatus.Unimplemented, ButlerCertainty.NotExecuted, ButlerReason.UnknownMethod);
            Assert.That(refused!.Message, Does.Contain("return a stream"));
        });
    }

    [Test]
    public void Call_fails_at_once_when_nobody_serves_the_channel()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            await using var provider = await world.ProvideAsync(new Probe(), Guid.NewGuid());
            await using var consumer = await world.ConsumeAsync();
            var begun = sim.Time.Elapsed;
            var failure = await Failing.OfAsync(consumer.CallAsync(Methods.Work, 1));
            failure.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoProvider);
            Assert.That(sim.Time.Elapsed - begun, Is.LessThan(TimeSpan.FromMilliseconds(100)));
        });
    }

    [Test]
    public void Failure_of_a_handler_passes_with_status_certainty_and_message()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            var probe = new Probe { Work = (_, _) => throw new ButlerException(ButlerStatus.NotFound, "no such thing") };
            await using var provider = await world.ProvideAsync(probe);
            await using var consumer = await world.ConsumeAsync();
            var failure = await Failing.OfAsync(consumer.CallAsync(Methods.Work, 1));
            failure.AssertIs(ButlerStatus.NotFound, ButlerCertainty.Executed, ButlerReason.None);
            Assert.That(failure.Message, Is.EqualTo("no such thing"));
        });
    }

    [Test]
    public void Provider_is_told_the_time_that_is_left_and_the_metadata()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            TimeSpan? left = null;
            var text = "";
            var probe = new Probe
            {
                Work = (value, context) =>
                {
                    (left, text) = (context.RemainingTime, context.Metadata!["who"]);
                    context.ResponseMetadata["back"] = "here";
                    return new(value);
                },
            };
            await using var provider = await world.ProvideAsync(probe);
            await using var consumer = await world.ConsumeAsync();
            var answer = new Metadata();
            await consumer.CallAsync(Methods.Work, 1, new CallContext(new CallOptions
            {
                Timeout = TimeSpan.FromSeconds(3), Metadata = new Metadata { ["who"] = "Ada" }, ResponseMetadata = answer,
            }));
            Assert.That((left, text, answer["back"]), Is.EqualTo((TimeSpan.FromSeconds(3), "Ada", "here")));
        });
    }

    [Test]
    public void Cancelling_a_call_cancels_its_handler()
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
                    using var registration = context.CancellationToken.UnsafeRegister(_ => cancelled.SetResult(), null);
                    started.SetResult();
                    await cancelled.Task;
                    context.CancellationToken.ThrowIfCancellationRequested();
                    return value;
                },
            };
            await using var provider = await world.ProvideAsync(probe);
            await using var consumer = await world.ConsumeAsync();
            using var source = new CancellationTokenSource();
            var call = consumer.CallAsync(Methods.Work, 1, source.Token).AsTask();
            await started.Task;
            source.Cancel();
            try
            {
                await call;
                Assert.Fail("the call was cancelled and has a result");
            }
            catch (OperationCanceledException)
            {
            }

            await cancelled.Task;
            await sim.UntilAsync(() => world.Broker.Statistics.InFlight == 0);
        });
    }
}
