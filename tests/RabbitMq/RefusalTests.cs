using ButlerRpc.RabbitMq.Tests.Support;
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

    [Test]
    public void Call_that_was_in_a_queue_which_a_provider_finds_gone_is_unknown_and_one_that_is_held_goes_on() => Run(async (broker, ledger) =>
    {
        List<IReadOnlyBasicProperties> left = [];
        broker.Publish = call =>
        {
            left.Add(call);
            return Task.FromResult<Exception?>(null);
        };
        var held = ledger.BookAsync(new Entry(1)).AsTask();
        await Task.Delay(TimeSpan.FromMilliseconds(1), broker.Time);
        await broker.HoldAsync(left[0]);
        var lost = ledger.BookAsync(new Entry(2));
        await Task.Delay(TimeSpan.FromMilliseconds(1), broker.Time);
        await broker.SayGoneAsync();
        (await Failing.OfAsync(lost)).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
        Assert.That(held.IsCompleted, Is.False);
        await broker.AnswerAsync(left[0], [0x92, 1, 0xA0]);
        Assert.That((await held).Number, Is.EqualTo(1));
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

    // Of a quorum queue without a leader RabbitMQ says that nothing is in it and nobody serves it.
    [Test]
    public void Call_waits_for_an_election_when_a_provider_was_there_just_before() => Run(async (broker, ledger) =>
    {
        await SeeAProviderAsync(broker, ledger);
        var looks = 0;
        broker.Look = name => new QueueDeclareOk(name, 0, ++looks < 20 ? 0u : 1);
        Assert.That((await ledger.ReadAsync(new Entry(2))).Number, Is.EqualTo(2));
    });

    [TestCase(0u, 3000)]
    [TestCase(1u, 1100)] // whoever counts what waits is a leader
    public void Call_fails_as_not_executed_when_the_provider_that_was_there_has_gone(uint waiting, int after) => Run(async (broker, ledger) =>
    {
        var begun = broker.Time.GetTimestamp();
        await SeeAProviderAsync(broker, ledger);
        broker.Look = name => new QueueDeclareOk(name, waiting, 0);
        (await Failing.OfAsync(ledger.ReadAsync(new Entry(2)))).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoProvider);
        Assert.That(broker.Time.GetElapsedTime(begun).TotalMilliseconds, Is.InRange(after, after + 100));
    });

    static async Task SeeAProviderAsync(AmqpDouble broker, ILedger ledger)
    {
        byte number = 0;
        broker.Publish = async call =>
        {
            await broker.AnswerAsync(call, [0x92, ++number, 0xA0]);
            return null;
        };
        await ledger.ReadAsync(new Entry(1));
        await Task.Delay(TimeSpan.FromMilliseconds(1100), broker.Time);
    }

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

    static void Run(Func<AmqpDouble, ILedger, Task> test) => AmqpDouble.RunMany(1, new RabbitMqOptions { QueuedCallsPerChannel = Most }, test);
}
