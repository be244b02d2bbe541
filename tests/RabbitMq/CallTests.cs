using System.Diagnostics;
using ButlerRpc.RabbitMq.Tests.Support;

namespace ButlerRpc.RabbitMq.Tests;

/// <summary>Calls that arrive, and what comes back.</summary>
[Parallelizable(ParallelScope.All)]
public class CallTests
{
    [Test]
    public async Task Call_reaches_a_provider_and_its_reply_the_consumer([Values] bool idempotent)
    {
        await using var place = await Place.OpenAsync();
        await place.ProvideAsync(new Ledger { Book = (e, _) => new(e with { Text = "booked" }), Read = (e, _) => new(e with { Text = "read" }) });
        var ledger = await place.CallAsync();
        var calls = Enumerable.Range(0, 50).Select(i => (idempotent ? ledger.ReadAsync(new Entry(i)) : ledger.BookAsync(new Entry(i))).AsTask()).ToArray();
        Assert.That(await Task.WhenAll(calls), Is.EqualTo(Enumerable.Range(0, 50).Select(i => new Entry(i, idempotent ? "read" : "booked"))));
    }

    [Test]
    public async Task Several_providers_share_the_calls_of_a_channel_and_other_channels_get_none()
    {
        await using var place = await Place.OpenAsync();
        await using var elsewhere = await Place.OpenAsync();
        Ledger[] ledgers = [new(), new(), new()];
        foreach (var one in ledgers)
            await place.ProvideAsync(one);
        var stranger = new Ledger();
        await elsewhere.ProvideAsync(stranger);
        var ledger = await place.CallAsync();
        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => ledger.BookAsync(new Entry(i)).AsTask()));
        Assert.That(ledgers.SelectMany(l => l.Seen).Order(), Is.EqualTo(Enumerable.Range(0, 60)));
        Assert.That(ledgers.Select(l => l.Seen.Count), Has.All.GreaterThan(0));
        Assert.That(stranger.Seen, Is.Empty);
    }

    [Test]
    public async Task Metadata_and_the_time_that_is_left_reach_the_provider_and_its_metadata_the_consumer()
    {
        await using var place = await Place.OpenAsync();
        TimeSpan? left = null;
        string? who = null;
        await place.ProvideAsync(new Ledger
        {
            Book = (entry, context) =>
            {
                (left, who) = (context.RemainingTime, context.Metadata!["who"]);
                context.ResponseMetadata["back"] = "here";
                return new(entry);
            },
        });
        var ledger = await place.CallAsync();
        var answer = new Metadata();
        await ledger.BookAsync(new Entry(1), new CallContext(new CallOptions { Timeout = TimeSpan.FromSeconds(20), Metadata = new Metadata { ["who"] = "Ada" }, ResponseMetadata = answer }));
        Assert.That((who, answer["back"]), Is.EqualTo(("Ada", "here")));
        Assert.That(left, Is.GreaterThan(TimeSpan.FromSeconds(1)).And.LessThanOrEqualTo(TimeSpan.FromSeconds(20)));
    }

    [Test]
    public async Task Declared_fault_arrives_with_its_data()
    {
        await using var place = await Place.OpenAsync();
        await place.ProvideAsync(new Ledger { Book = (_, _) => throw new ButlerFaultException<Overdrawn>(new Overdrawn(7), "no money left", ButlerStatus.OutOfRange) });
        var ledger = await place.CallAsync();
        var failure = (ButlerFaultException<Overdrawn>)await Failing.OfAsync(ledger.BookAsync(new Entry(1)));
        failure.AssertIs(ButlerStatus.OutOfRange, ButlerCertainty.Executed, ButlerReason.None);
        Assert.That((failure.Fault.By, failure.Message), Is.EqualTo((7, "no money left")));
    }

    [Test]
    public async Task Exception_of_a_handler_arrives_as_its_mapped_status_or_as_an_error_id_that_the_log_shares()
    {
        await using var place = await Place.OpenAsync();
        await place.ProvideAsync(s => s.Add<ILedger>(new Ledger
        {
            Book = (entry, _) => throw (entry.Number == 1 ? new KeyNotFoundException("no such book") : new InvalidOperationException("a secret")),
        }).MapException<KeyNotFoundException>(ButlerStatus.NotFound));
        var ledger = await place.CallAsync();
        var mapped = await Failing.OfAsync(ledger.BookAsync(new Entry(1)));
        mapped.AssertIs(ButlerStatus.NotFound, ButlerCertainty.Executed, ButlerReason.None);
        Assert.That(mapped.Message, Is.EqualTo("no such book"));
        var hidden = await Failing.OfAsync(ledger.BookAsync(new Entry(2)));
        hidden.AssertIs(ButlerStatus.Internal, ButlerCertainty.Executed, ButlerReason.None);
        Assert.That(hidden.Message, Does.Not.Contain("secret"));
        Assert.That(place.Log.Lines.Select(l => l.Text), Has.Some.Contains(hidden.ErrorId.ToString()));
    }

    [Test]
    public async Task One_way_message_ends_when_the_broker_has_it_and_reaches_a_provider([Values] bool idempotent)
    {
        await using var place = await Place.OpenAsync();
        var provided = new Ledger();
        await place.ProvideAsync(provided);
        var ledger = await place.CallAsync();
        await (idempotent ? ledger.RecordAsync(new Entry(4)) : ledger.NoteAsync(new Entry(4)));
        await provided.BegunAsync();
        Assert.That(provided.Seen, Is.EqualTo(new[] { 4 }));
    }

    [Test]
    public async Task Large_request_and_reply_pass_and_one_above_the_limit_is_refused_before_it_leaves()
    {
        await using var place = await Place.OpenAsync();
        await place.ProvideAsync(s => s.AddRaw((bytes, _) => new(bytes)));
        await using var consumer = await place.ConsumeAsync();
        var bytes = new byte[3 << 20];
        new Random(1).NextBytes(bytes);
        Assert.That((await consumer.SendAsync(bytes)).Span.SequenceEqual(bytes));
        Assert.That((await consumer.SendAsync(ReadOnlyMemory<byte>.Empty)).Length, Is.Zero);
        (await Failing.OfAsync(consumer.SendAsync(new byte[(16 << 20) + 1]))).AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.TooLarge);
    }

    [Test]
    public async Task Ordered_calls_run_one_at_a_time_as_they_came()
    {
        await using var place = await Place.OpenAsync();
        var running = 0;
        var most = 0;
        var provided = new Ledger
        {
            Book = async (entry, _) =>
            {
                most = Math.Max(most, Interlocked.Increment(ref running));
                await Task.Yield();
                Interlocked.Decrement(ref running);
                return entry;
            },
        };
        await place.ProvideAsync(provided);
        var ledger = await place.CallAsync();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => ledger.AppendAsync(new Entry(i)).AsTask()));
        Assert.That(most, Is.EqualTo(1));
        Assert.That(provided.Seen, Is.EqualTo(Enumerable.Range(0, 40)));
    }

    [Test]
    public void Ordered_calls_leave_in_the_order_in_which_they_were_made_however_work_is_scheduled() => AmqpDouble.RunMany(20, new RabbitMqOptions(), async (broker, ledger) =>
    {
        // The first that leaves is answered with a 1, the second with a 2 …
        byte left = 0;
        broker.Publish = async call =>
        {
            await broker.AnswerAsync(call, [0x92, ++left, 0xA0]);
            return null;
        };
        var answers = await Task.WhenAll(Enumerable.Range(1, 20).Select(i => ledger.AppendAsync(new Entry(i)).AsTask()));
        Assert.That(answers.Select(a => a.Number), Is.EqualTo(Enumerable.Range(1, 20)));
    });

    [Test]
    public async Task Service_that_is_added_while_the_provider_runs_is_served_with_its_idempotent_methods()
    {
        await using var place = await Place.OpenAsync();
        var provider = await place.ProvideAsync(s => s.AddRaw((bytes, _) => new(bytes)));
        provider.Add<ILedger>(new Ledger());
        var ledger = await place.CallAsync(configure: o => o with { ProviderWait = TimeSpan.FromSeconds(20) });
        Assert.That((await ledger.BookAsync(new Entry(1))).Number, Is.EqualTo(1));
        Assert.That((await ledger.ReadAsync(new Entry(2))).Number, Is.EqualTo(2));
    }

    [Test]
    public async Task Method_that_no_provider_has_was_not_executed_and_is_named()
    {
        await using var place = await Place.OpenAsync();
        await place.ProvideAsync(s => s.AddRaw((bytes, _) => new(bytes)));
        var ledger = await place.CallAsync();
        var failure = await Failing.OfAsync(ledger.BookAsync(new Entry(1)));
        failure.AssertIs(ButlerStatus.Unimplemented, ButlerCertainty.NotExecuted, ButlerReason.UnknownMethod);
        Assert.That(failure.Message, Does.Contain("ILedger.BookAsync"));
    }

    [Test]
    public async Task Interceptors_of_the_consumer_see_its_calls()
    {
        await using var place = await Place.OpenAsync();
        await place.ProvideAsync(new Ledger());
        var seen = new Seeing();
        var ledger = await place.CallAsync(configure: o => o with { Client = o.Client with { Interceptors = [seen] } });
        await ledger.BookAsync(new Entry(1));
        Assert.That(seen.Methods, Is.EqualTo(new[] { "BookAsync" }));
    }

    [Test]
    public async Task Handler_belongs_to_the_trace_of_its_caller()
    {
        await using var place = await Place.OpenAsync();
        ActivityTraceId? trace = null;
        using var listener = new ActivityListener { ShouldListenTo = s => s.Name == "ButlerRpc", Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData };
        ActivitySource.AddActivityListener(listener);
        await place.ProvideAsync(new Ledger
        {
            Book = (entry, _) =>
            {
                trace = Activity.Current?.TraceId;
                return new(entry);
            },
        });
        var ledger = await place.CallAsync();
        using var caller = new Activity("caller").Start();
        await ledger.BookAsync(new Entry(1));
        Assert.That(trace, Is.EqualTo(caller.TraceId));
    }

    sealed class Seeing : ClientInterceptor
    {
        public List<string> Methods { get; } = [];

        public override ValueTask<TResponse> InvokeAsync<TRequest, TResponse>(
            Calls.Method<TRequest, TResponse> method, TRequest request, CallContext context, Func<TRequest, CallContext, ValueTask<TResponse>> next)
        {
            Methods.Add(method.Name);
            return next(request, context);
        }
    }
}
