using ButlerRpc.RabbitMq.Consuming;
using ButlerRpc.RabbitMq.Tests.Support;
using ButlerRpc.RabbitMq.Wire;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace ButlerRpc.RabbitMq.Tests;

/// <summary>What a caller is told when the broker did not take the call, by how the queue looks afterwards. Needs no server, and has time of its own.</summary>
public class RefusalTests
{
    const int Most = 10;

    [TestCase(false, 10u)]
    [TestCase(false, 11u)]
    [TestCase(true, 9u)] // a quorum queue that was full refuses until it is down to four fifths
    [TestCase(true, 12u)]
    public void Queue_that_is_seen_to_be_full_did_not_take_the_call(bool idempotent, uint waiting) => Run(async (broker, ledger) =>
    {
        broker.Publish = (_, _) => AmqpDouble.Nack();
        broker.Look = name => new QueueDeclareOk(name, waiting, 1);
        var failure = await Failing.OfAsync(Call(ledger, idempotent));
        failure.AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.QueueFull);
        Assert.That(failure.Message, Does.Contain($"{waiting} of {Most}"));
    });

    [TestCase(false, 9u)]
    [TestCase(false, 0u)]
    [TestCase(true, 8u)]
    [TestCase(true, 0u)] // also what RabbitMQ says of a quorum queue without a leader
    public void Queue_that_refuses_and_is_not_seen_to_be_full_may_have_given_the_call_away_before(bool idempotent, uint waiting) => Run(async (broker, ledger) =>
    {
        broker.Publish = (_, _) => AmqpDouble.Nack();
        broker.Look = name => new QueueDeclareOk(name, waiting, 1);
        (await Failing.OfAsync(Call(ledger, idempotent))).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
    });

    [Test]
    public void Queue_that_has_gone_may_have_given_the_call_away_before([Values] bool idempotent) => Run(async (broker, ledger) =>
    {
        var gone = false;
        broker.Publish = (_, _) =>
        {
            gone = true;
            return AmqpDouble.Nack();
        };
        broker.Look = name => gone ? null : new QueueDeclareOk(name, 0, 1);
        (await Failing.OfAsync(Call(ledger, idempotent))).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
    });

    [Test]
    public void Queue_that_cannot_be_looked_at_may_have_given_the_call_away_before() => Run(async (broker, ledger) =>
    {
        broker.Publish = (_, _) => AmqpDouble.Nack();
        broker.Look = _ => throw new AlreadyClosedException(new ShutdownEventArgs(ShutdownInitiator.Library, 541, "closed"));
        (await Failing.OfAsync(Call(ledger, idempotent: false))).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
    });

    [Test]
    public void Refused_call_of_an_idempotent_method_is_made_again_until_the_queue_has_a_leader() => Run(async (broker, ledger) =>
    {
        var refusals = 0;
        List<string> ids = [];
        broker.Publish = (_, call) =>
        {
            ids.Add(call.CorrelationId!);
            return ++refusals <= 2 ? AmqpDouble.Nack() : null;
        };
        await ledger.RecordAsync(new Entry(1));
        Assert.That(ids, Is.Unique.And.Count.EqualTo(3));
    });

    [Test]
    public void Call_that_may_have_run_before_it_found_the_queue_full_is_unknown() => Run(async (broker, ledger) =>
    {
        var refusals = 0;
        broker.Publish = (_, _) =>
        {
            refusals++;
            return AmqpDouble.Nack();
        };
        broker.Look = name => new QueueDeclareOk(name, refusals < 2 ? 0u : Most, 1);
        (await Failing.OfAsync(Call(ledger, idempotent: true))).AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.Unknown, ButlerReason.QueueFull);
        Assert.That(refusals, Is.EqualTo(2));
    });

    static ValueTask<Entry> Call(ILedger ledger, bool idempotent) => idempotent ? ledger.ReadAsync(new Entry(1)) : ledger.BookAsync(new Entry(1));

    // A consumer that is connected to a broker which says what the test wants.
    static void Run(Func<AmqpDouble, ILedger, Task> test) => Simulation.Run(1, async sim =>
    {
        var rabbit = new RabbitMqOptions { QueuedCallsPerChannel = Most };
        var options = new BrokerConnectionOptions();
        var broker = new AmqpDouble();
        var topology = new Topology(Guid.NewGuid(), rabbit);
        var host = new SessionHost(sim.Platform, options.Client.Limits, NullLogger.Instance) { DefaultTimeout = TimeSpan.FromSeconds(30) };
        var invoker = new AmqpInvoker(host, options, rabbit.QueuedCallsPerChannel, () => "");
        var watch = new Connecting.QueueWatch(broker.Connection, topology, sim.Platform);
        invoker.OnReady(await ConsumerLine.OpenAsync(broker.Connection, "double", topology, watch, invoker.OnAnswerAsync, NullLogger.Instance, CancellationToken.None));
        await test(broker, invoker.Create<ILedger>());
        await invoker.DrainAsync(TimeSpan.Zero);
        host.Clock.Dispose();
    });
}
