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

    [Test]
    public void Call_that_a_full_queue_sends_back_was_never_in_it([Values] bool nackComesFirst) => Run(async (broker, ledger) =>
    {
        broker.Publish = async call =>
        {
            if (nackComesFirst)
                broker.Marking = () => broker.SendBackAsync(call);
            else
                await broker.SendBackAsync(call);
            return Nack();
        };
        (await Failing.OfAsync(ledger.BookAsync(new Entry(1)))).AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.QueueFull);
    });

    [Test]
    public void Refused_call_that_does_not_come_back_may_have_been_given_away_before_its_queue_died([Values] QueueSeen seen) => Run(async (broker, ledger) =>
    {
        broker.Publish = _ => Task.FromResult<Exception?>(Nack());
        broker.Look = Queue(seen);
        (await Failing.OfAsync(ledger.BookAsync(new Entry(1)))).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
    });

    [Test]
    public void Call_that_comes_back_because_its_time_in_the_queue_was_over_is_not_taken_for_refused() => Run(async (broker, ledger) =>
    {
        broker.Publish = async call =>
        {
            await broker.SendBackAsync(call, "expired");
            return null;
        };
        (await Failing.OfAsync(ledger.BookAsync(new Entry(1)))).AssertIs(ButlerStatus.DeadlineExceeded, ButlerCertainty.Unknown, ButlerReason.Timeout);
    });

    [TestCase(9u)] // once full, a quorum queue refuses until it is down to four fifths
    [TestCase(12u)]
    public void Quorum_queue_that_is_seen_to_be_full_did_not_take_the_call(uint waiting) => Run(async (broker, ledger) =>
    {
        broker.Publish = _ => Task.FromResult<Exception?>(Nack());
        broker.Look = name => new QueueDeclareOk(name, waiting, 1);
        var failure = await Failing.OfAsync(ledger.ReadAsync(new Entry(1)));
        failure.AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.QueueFull);
        Assert.That(failure.Message, Does.Contain($"{waiting} of {Most}"));
    });

    [Test]
    public void Quorum_queue_that_refuses_and_is_not_seen_to_be_full_may_have_the_call([Values] QueueSeen seen) => Run(async (broker, ledger) =>
    {
        var refused = false;
        broker.Publish = _ =>
        {
            refused = true;
            return Task.FromResult<Exception?>(Nack());
        };
        broker.Look = name => refused ? Queue(seen)(name) : new QueueDeclareOk(name, 0, 1);
        (await Failing.OfAsync(ledger.ReadAsync(new Entry(1)))).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
    });

    [Test]
    public void Refused_call_of_an_idempotent_method_is_made_again_until_the_queue_has_a_leader() => Run(async (broker, ledger) =>
    {
        List<string> ids = [];
        broker.Publish = call =>
        {
            ids.Add(call.CorrelationId!);
            return Task.FromResult<Exception?>(ids.Count <= 2 ? Nack() : null);
        };
        await ledger.RecordAsync(new Entry(1));
        Assert.That(ids, Is.Unique.And.Count.EqualTo(3));
    });

    [Test]
    public void Call_that_may_have_run_before_it_found_the_queue_full_is_unknown() => Run(async (broker, ledger) =>
    {
        var refusals = 0;
        broker.Publish = _ =>
        {
            refusals++;
            return Task.FromResult<Exception?>(Nack());
        };
        broker.Look = name => new QueueDeclareOk(name, refusals < 2 ? 0u : Most, 1);
        (await Failing.OfAsync(ledger.ReadAsync(new Entry(1)))).AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.Unknown, ButlerReason.QueueFull);
        Assert.That(refusals, Is.EqualTo(2));
    });

    /// <summary>How a queue looks after it has refused a call.</summary>
    public enum QueueSeen
    {
        /// <summary>Another of its name may be there already. Of a quorum queue without a leader RabbitMQ says so, too.</summary>
        Empty,

        Gone,
        Unknown,
    }

    static Func<string, QueueDeclareOk?> Queue(QueueSeen seen) => name => seen switch
    {
        QueueSeen.Empty => new QueueDeclareOk(name, 0, 1),
        QueueSeen.Gone => null,
        _ => throw new AlreadyClosedException(new ShutdownEventArgs(ShutdownInitiator.Library, 541, "closed")),
    };

    static PublishException Nack() => new(1, isReturn: false);

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
        invoker.OnReady(await ConsumerLine.OpenAsync(broker.Connection, "double", topology, watch, invoker, NullLogger.Instance, CancellationToken.None));
        await test(broker, invoker.Create<ILedger>());
        await invoker.DrainAsync(TimeSpan.Zero);
        host.Clock.Dispose();
    });
}
