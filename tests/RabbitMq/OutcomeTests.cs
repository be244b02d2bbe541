using System.Text;
using System.Threading.RateLimiting;
using ButlerRpc.RabbitMq.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.RabbitMq.Tests;

/// <summary>Calls that are not answered: what their callers are told, and whether it is true.</summary>
[Parallelizable(ParallelScope.All)]
public class OutcomeTests
{
    [Test]
    public async Task Call_fails_at_once_when_nobody_serves_the_channel([Values] bool idempotent)
    {
        await using var place = await Place.OpenAsync();
        var ledger = await place.CallAsync();
        var failure = await Failing.OfAsync(idempotent ? ledger.ReadAsync(new Entry(1)) : ledger.BookAsync(new Entry(1)));
        failure.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoProvider);
    }

    [Test]
    public async Task Call_fails_at_once_when_the_last_provider_has_left([Values] bool idempotent)
    {
        await using var place = await Place.OpenAsync();
        var provider = await place.ProvideAsync(new Ledger());
        await provider.DisposeAsync();
        var ledger = await place.CallAsync();
        var failure = await Failing.OfAsync(idempotent ? ledger.ReadAsync(new Entry(1)) : ledger.BookAsync(new Entry(1)));
        failure.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoProvider);
    }

    [Test]
    public async Task Call_that_the_rate_limiter_refuses_or_fails_for_ends_at_once_without_having_been_made()
    {
        await using var place = await Place.OpenAsync();
        var limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = 1 });
        var ledger = await place.CallAsync(configure: o => o with { Client = o.Client with { RateLimiter = limiter } });
        using (limiter.AttemptAcquire())
            (await Failing.OfAsync(ledger.BookAsync(new Entry(1)))).AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.RateLimited);
        (await Failing.OfAsync(ledger.BookAsync(new Entry(1)))).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoProvider);
        limiter.Dispose();
        var broken = await Failing.OfAsync(ledger.BookAsync(new Entry(1)));
        broken.AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.RateLimited);
        Assert.That(broken.Message, Does.StartWith("the rate limiter failed for the call of "));
    }

    [Test]
    public async Task Call_waits_for_a_provider_when_it_is_told_to()
    {
        await using var place = await Place.OpenAsync();
        var ledger = await place.CallAsync(configure: o => o with { ProviderWait = TimeSpan.FromSeconds(20) });
        Task<Entry>[] calls = [ledger.BookAsync(new Entry(1)).AsTask(), ledger.ReadAsync(new Entry(2)).AsTask()];
        await place.ProvideAsync(new Ledger());
        Assert.That((await Task.WhenAll(calls)).Select(e => e.Number), Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public async Task Cancelling_a_call_cancels_its_handler([Values] bool idempotent)
    {
        await using var place = await Place.OpenAsync();
        var cancelled = new TaskCompletionSource();
        async ValueTask<Entry> Wait(Entry entry, CallContext context)
        {
            using var registration = context.CancellationToken.UnsafeRegister(_ => cancelled.SetResult(), null);
            await cancelled.Task;
            return entry;
        }

        var provided = new Ledger { Book = Wait, Read = Wait };
        await place.ProvideAsync(provided);
        var ledger = await place.CallAsync();
        using var source = new CancellationTokenSource();
        var call = (idempotent ? ledger.ReadAsync(new Entry(1), source.Token) : ledger.BookAsync(new Entry(1), source.Token)).AsTask();
        await provided.BegunAsync();
        source.Cancel();
        await Assert.ThatAsync(() => call, Throws.InstanceOf<OperationCanceledException>());
        await cancelled.Task.WaitAsync(Place.Patience);
    }

    [Test]
    public async Task Deadline_that_passes_ends_the_call_and_its_handler()
    {
        await using var place = await Place.OpenAsync();
        var (begun, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        await place.ProvideAsync(new Ledger
        {
            Book = async (entry, context) =>
            {
                try
                {
                    begun.SetResult();
                    await context.CancellationToken.CancelledAsync();
                }
                finally
                {
                    ended.SetResult();
                }

                return entry;
            },
        });
        var platform = new HandPlatform(); // its time passes once the handler runs
        var ledger = await place.CallAsync(configure: o => o with { Client = o.Client with { Platform = platform } });
        var call = ledger.With(timeout: TimeSpan.FromSeconds(20)).BookAsync(new Entry(1)).AsTask();
        await begun.Task.WaitAsync(Place.Patience);
        await platform.PassAsync(Task.WhenAny(call), TimeSpan.FromSeconds(20));
        (await Failing.OfAsync(new ValueTask<Entry>(call))).AssertIs(ButlerStatus.DeadlineExceeded, ButlerCertainty.Unknown, ButlerReason.Timeout);
        await ended.Task.WaitAsync(Place.Patience);
    }

    [Test]
    public async Task Queued_call_whose_deadline_passes_or_whose_caller_cancels_never_reaches_a_handler([Values] bool idempotent)
    {
        await using var place = await Place.OpenAsync(new RabbitMqOptions { CallsPerProvider = 1 });
        var gate = new TaskCompletionSource();
        var provided = new Ledger { Book = Ledger.Until(gate.Task), Read = Ledger.Until(gate.Task) };
        await place.ProvideAsync(provided);
        var ledger = await place.CallAsync();
        ValueTask<Entry> Call(int number, CallContext context = default) => idempotent ? ledger.ReadAsync(new Entry(number), context) : ledger.BookAsync(new Entry(number), context);
        var first = Call(1).AsTask();
        await provided.BegunAsync();
        using var source = new CancellationTokenSource();
        var cancelled = Call(2, source.Token).AsTask();
        var overdue = await Failing.OfAsync(Call(3, new CallContext(new CallOptions { Timeout = TimeSpan.FromMilliseconds(100) })));
        Assert.That((overdue.Status, overdue.Reason), Is.EqualTo((ButlerStatus.DeadlineExceeded, ButlerReason.Timeout)), overdue.Message);
        Assert.That(overdue.Certainty, Is.Not.EqualTo(ButlerCertainty.Executed)); // unknown, or not executed where that time did not suffice to send it
        source.Cancel();
        await Assert.ThatAsync(() => cancelled, Throws.InstanceOf<OperationCanceledException>());

        // Cancellations keep their order, and one that a running handler feels says that those before it have come.
        using var marker = new CancellationTokenSource();
        var felt = (idempotent ? ledger.BookAsync(new Entry(0), marker.Token) : ledger.ReadAsync(new Entry(0), marker.Token)).AsTask();
        await provided.BegunAsync();
        marker.Cancel();
        await provided.CancelledAsync();
        gate.SetResult();
        await first;
        await Call(4);
        Assert.That(provided.Seen, Is.EqualTo(new[] { 1, 0, 4 }));
        await Assert.ThatAsync(() => felt, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Full_queue_refuses_and_what_it_refused_was_not_executed([Values] bool idempotent)
    {
        await using var place = await Place.OpenAsync(new RabbitMqOptions { CallsPerProvider = 1, QueuedCallsPerChannel = 2 });
        var gate = new TaskCompletionSource();
        var provided = new Ledger { Book = Ledger.Until(gate.Task), Read = Ledger.Until(gate.Task) };
        await place.ProvideAsync(provided);
        var ledger = await place.CallAsync();
        var running = idempotent ? ledger.ReadAsync(new Entry(0)) : ledger.BookAsync(new Entry(0));
        await provided.BegunAsync();

        // Each is in the queue when it ends. A quorum queue may take a few more than it should before it refuses.
        List<int> taken = [0];
        ButlerException? failure = null;
        for (var i = 1; failure is null && i < 1000; i++)
        {
            try
            {
                await (idempotent ? ledger.RecordAsync(new Entry(i)) : ledger.NoteAsync(new Entry(i)));
                taken.Add(i);
            }
            catch (ButlerException e)
            {
                failure = e;
            }
        }

        failure!.AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.QueueFull);
        gate.SetResult();
        await running;
        for (var i = 1; i < taken.Count; i++)
            await provided.BegunAsync();
        Assert.That(provided.Seen, Is.EqualTo(taken));
    }

    [Test]
    public async Task Queue_without_room_for_the_bytes_of_a_call_refuses_it()
    {
        await using var place = await Place.OpenAsync(new RabbitMqOptions { CallsPerProvider = 1, QueuedBytesPerChannel = 64 << 10 });
        var gate = new TaskCompletionSource();
        var provided = new Ledger { Book = Ledger.Until(gate.Task) };
        await place.ProvideAsync(provided);
        var ledger = await place.CallAsync();
        var running = ledger.BookAsync(new Entry(0));
        await provided.BegunAsync();
        await ledger.NoteAsync(new Entry(1, new string('a', 40 << 10)));
        var failure = await Failing.OfAsync(ledger.BookAsync(new Entry(2, new string('b', 40 << 10))));
        failure.AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.QueueFull);
        await ledger.NoteAsync(new Entry(3));
        gate.SetResult();
        await running;
        await provided.BegunAsync();
        await provided.BegunAsync();
        Assert.That(provided.Seen, Is.EqualTo(new[] { 0, 1, 3 }));
    }

    [Test]
    public async Task Blocked_connection_refuses_calls_until_the_broker_takes_messages_again()
    {
        await using var place = await Place.OpenAsync();
        await place.ProvideAsync(new Ledger());
        await using var wire = new Cuttable(place.Cluster.Nodes[0]);
        var ledger = await place.CallAsync(wire.Of(place.Channel));
        await ledger.BookAsync(new Entry(1));

        // The node's own words: connection.blocked (10, 60) with a reason, and connection.unblocked (10, 61).
        await wire.SayAsync([1, 0, 0, 0, 0, 0, 15, 0, 10, 0, 60, 10, .. "low on RAM"u8, 0xCE]);
        await place.Log.SaysAsync("takes no more messages").WaitAsync(Place.Patience);
        var failure = await Failing.OfAsync(ledger.BookAsync(new Entry(2)));
        failure.AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.QueueFull);
        Assert.That(failure.Message, Does.Contain("low on RAM"));
        await wire.SayAsync([1, 0, 0, 0, 0, 0, 4, 0, 10, 0, 61, 0xCE]);
        await place.Log.SaysAsync("takes messages again").WaitAsync(Place.Patience);
        Assert.That((await ledger.BookAsync(new Entry(3))).Number, Is.EqualTo(3));
    }

    [Test]
    public async Task Message_of_a_stranger_in_the_queue_is_put_aside_and_harms_nobody()
    {
        await using var place = await Place.OpenAsync();
        await place.ProvideAsync(new Ledger());
        var factory = new global::RabbitMQ.Client.ConnectionFactory { Uri = new Uri(place.Cluster.Nodes[0]) };
        await using var connection = await factory.CreateConnectionAsync();
        await using var amqp = await connection.CreateChannelAsync();
        await amqp.BasicPublishAsync("", $"butler.{place.Channel}", mandatory: true, new global::RabbitMQ.Client.BasicProperties(), Encoding.UTF8.GetBytes("hello?"));
        await place.Log.SaysAsync("is no call").WaitAsync(Place.Patience);
        var ledger = await place.CallAsync();
        Assert.That((await ledger.BookAsync(new Entry(1))).Number, Is.EqualTo(1));
    }
}
