using ButlerRpc.RabbitMq.Tests.Support;
using ButlerRpc.Testing;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ButlerRpc.RabbitMq.Tests;

/// <summary>Connections, providers and consumers that go while calls are under way.</summary>
[Parallelizable(ParallelScope.All)]
public class DropTests
{
    static readonly RabbitMqOptions s_attentive = new() { GoneAfter = TimeSpan.FromMilliseconds(100) };

    [Test]
    public async Task Call_whose_provider_goes_fails_as_unknown_and_runs_nowhere_else([Values] bool isLast)
    {
        await using var place = await Place.OpenAsync(s_attentive);
        await using var wire = new Cuttable(place.Cluster.Nodes[0]);
        var never = new TaskCompletionSource();
        var first = new Ledger { Book = Ledger.Until(never.Task) };
        var second = new Ledger();
        await place.ProvideAsync(first, wire.Of(place.Channel));
        var ledger = await place.CallAsync();
        var call = ledger.BookAsync(new Entry(1));
        await first.BegunAsync();
        if (!isLast)
            await place.ProvideAsync(second);
        wire.Cut(refuses: true);
        (await Failing.OfAsync(call)).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
        await first.CancelledAsync();
        Assert.That(second.Seen, Is.Empty);
    }

    [Test]
    public async Task Call_of_an_idempotent_method_whose_provider_goes_is_given_to_another()
    {
        await using var place = await Place.OpenAsync();
        await using var wire = new Cuttable(place.Cluster.Nodes[0]);
        var first = new Ledger { Read = Ledger.Until(new TaskCompletionSource().Task) };
        var second = new Ledger { Read = (e, _) => new(e with { Text = "second" }) };
        await place.ProvideAsync(first, wire.Of(place.Channel));
        var ledger = await place.CallAsync();
        var call = ledger.ReadAsync(new Entry(1));
        await first.BegunAsync();
        wire.Cut(refuses: true);
        await place.ProvideAsync(second);
        Assert.That(await call, Is.EqualTo(new Entry(1, "second")));
        Assert.That((first.Seen, second.Seen), Is.EqualTo((new[] { 1 }, new[] { 1 })));
    }

    [Test]
    public async Task Call_that_kills_its_providers_ends_in_the_dead_letter_queue()
    {
        await using var place = await Place.OpenAsync(new RabbitMqOptions { DeliveryLimit = 1 });
        await using var wire = new Cuttable(place.Cluster.Nodes[0]);
        var provided = new Ledger
        {
            Read = async (entry, context) =>
            {
                wire.Cut();
                await context.CancellationToken.CancelledAsync();
                return entry;
            },
        };
        await place.ProvideAsync(provided, wire.Of(place.Channel));
        var ledger = await place.CallAsync();
        using var source = new CancellationTokenSource();
        var call = ledger.ReadAsync(new Entry(13), source.Token).AsTask();
        var factory = new ConnectionFactory { Uri = new Uri(place.Cluster.Nodes[0]) };
        await using var connection = await factory.CreateConnectionAsync();
        await using var amqp = await connection.CreateChannelAsync();
        var letters = new TaskCompletionSource<string?>();
        var consumer = new AsyncEventingBasicConsumer(amqp);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            letters.TrySetResult(delivery.BasicProperties.Type);
            return Task.CompletedTask;
        };
        await amqp.BasicConsumeAsync($"butler.{place.Channel}.dead", autoAck: true, consumer);
        var dead = await letters.Task.WaitAsync(Place.Patience);
        Assert.That(dead, Does.EndWith("ILedger.ReadAsync"));
        Assert.That(provided.Seen, Is.EqualTo(new[] { 13, 13 })); // the first time, and once more
        source.Cancel();
        await Assert.ThatAsync(() => call, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Consumer_whose_connection_is_cut_before_the_broker_confirms_says_unknown_and_connects_again()
    {
        await using var place = await Place.OpenAsync();
        await using var wire = new Cuttable(place.Cluster.Nodes[0]);
        var provided = new Ledger();
        await place.ProvideAsync(provided);
        var ledger = await place.CallAsync(wire.Of(place.Channel));
        wire.HoldAnswers();
        var call = ledger.BookAsync(new Entry(1));
        await provided.BegunAsync();
        wire.Cut();
        (await Failing.OfAsync(call)).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
        Assert.That((await ledger.BookAsync(new Entry(2))).Number, Is.EqualTo(2));
        Assert.That(provided.Seen, Is.EqualTo(new[] { 1, 2 }));
        Assert.That(wire.Connections, Is.EqualTo(2));
    }

    [Test]
    public async Task Call_of_an_idempotent_method_is_made_again_by_a_consumer_whose_connection_is_cut()
    {
        await using var place = await Place.OpenAsync();
        await using var wire = new Cuttable(place.Cluster.Nodes[0]);
        var provided = new Ledger();
        await place.ProvideAsync(provided);
        var ledger = await place.CallAsync(wire.Of(place.Channel));
        await ledger.ReadAsync(new Entry(0));
        await provided.BegunAsync();
        wire.HoldAnswers();
        var call = ledger.ReadAsync(new Entry(1));
        await provided.BegunAsync();
        wire.Cut();
        Assert.That((await call).Number, Is.EqualTo(1));
        Assert.That(provided.Seen, Is.EqualTo(new[] { 0, 1, 1 }));
    }

    [Test]
    public async Task Call_that_finds_no_broker_in_time_was_not_executed_and_says_why()
    {
        await using var place = await Place.OpenAsync();
        await using var wire = new Cuttable(place.Cluster.Nodes[0]);
        var ledger = await place.CallAsync(wire.Of(place.Channel), o => o with { Client = o.Client with { SessionTimeout = TimeSpan.FromMilliseconds(200) } });
        wire.Cut(refuses: true);
        await place.Log.SaysAsync("Connecting to").WaitAsync(Place.Patience);
        var failure = await Failing.OfAsync(ledger.BookAsync(new Entry(1)));
        failure.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoSession);
        Assert.That(failure.Message, Does.Contain("127.0.0.1").And.Not.Contains("guest"));
    }

    [Test]
    public async Task Only_provider_whose_connection_is_cut_registers_again_and_what_it_had_is_unknown()
    {
        await using var place = await Place.OpenAsync(s_attentive);
        await using var wire = new Cuttable(place.Cluster.Nodes[0]);
        var gate = new TaskCompletionSource();
        var provided = new Ledger { Book = (entry, context) => entry.Number == 1 ? Ledger.Until(gate.Task)(entry, context) : new(entry) };
        var provider = await place.ProvideAsync(provided, wire.Of(place.Channel));
        var ledger = await place.CallAsync();
        var call = ledger.BookAsync(new Entry(1));
        await provided.BegunAsync();
        wire.Cut();
        (await Failing.OfAsync(call)).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
        await wire.ConnectedAsync(2);
        await provider.WaitUntilReadyAsync();
        Assert.That((await ledger.BookAsync(new Entry(2))).Number, Is.EqualTo(2));
        Assert.That((await ledger.ReadAsync(new Entry(3))).Number, Is.EqualTo(3));
    }

    [Test]
    public async Task Call_whose_only_provider_is_replaced_at_once_is_unknown()
    {
        await using var place = await Place.OpenAsync(new RabbitMqOptions { GoneAfter = TimeSpan.FromMinutes(1) }); // nobody looks
        await using var wire = new Cuttable(place.Cluster.Nodes[0]);
        var first = new Ledger { Book = Ledger.Until(new TaskCompletionSource().Task) };
        await place.ProvideAsync(first, wire.Of(place.Channel));
        var ledger = await place.CallAsync();
        var call = ledger.BookAsync(new Entry(1));
        await first.BegunAsync();
        wire.Cut(refuses: true);
        var second = new Ledger();
        await place.ProvideAsync(second);
        (await Failing.OfAsync(call)).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
        Assert.That((await ledger.BookAsync(new Entry(2))).Number, Is.EqualTo(2));
        Assert.That(second.Seen, Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public async Task Last_provider_that_stops_answers_the_call_it_has_and_one_that_it_had_no_room_for_is_unknown()
    {
        await using var place = await Place.OpenAsync(s_attentive with { CallsPerProvider = 1 });
        var gate = new TaskCompletionSource();
        var provided = new Ledger { Book = Ledger.Until(gate.Task) };
        var provider = await place.ProvideAsync(provided);
        var ledger = await place.CallAsync();
        var running = ledger.BookAsync(new Entry(1));
        await provided.BegunAsync();
        var queued = ledger.BookAsync(new Entry(2));
        await ledger.ReadAsync(new Entry(3)); // behind it on the same way, so it is in the queue
        var stopping = provider.DisposeAsync().AsTask();

        // The second ends because its queue has gone; the first is known to be with a provider that will answer.
        (await Failing.OfAsync(queued)).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
        (await Failing.OfAsync(ledger.BookAsync(new Entry(4)))).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoProvider);
        gate.SetResult();
        Assert.That((await running).Number, Is.EqualTo(1));
        await stopping;
        Assert.That(provided.Seen, Is.EqualTo(new[] { 1, 3 }));
    }

    [Test]
    public async Task Consumer_that_is_disposed_lets_its_calls_end_and_takes_no_new_ones()
    {
        await using var place = await Place.OpenAsync(new RabbitMqOptions { CallsPerProvider = ushort.MaxValue });
        var gate = new TaskCompletionSource();
        var provided = new Ledger { Book = Ledger.Until(gate.Task) };
        await place.ProvideAsync(provided);
        var consumer = await place.ConsumeAsync();
        var ledger = consumer.Create<ILedger>();
        var call = ledger.BookAsync(new Entry(1));
        await provided.BegunAsync();
        var disposing = consumer.DisposeAsync().AsTask();
        var calls = new List<Task<Entry>> { call.AsTask() };
        // It begins on a thread of its own: a call that is ahead of it may end as well.
        do
            calls.Add(ledger.BookAsync(new Entry(calls.Count + 1)).AsTask());
        while (await Task.WhenAny(calls[^1], provided.BegunAsync()) != calls[^1]);

        (await Failing.OfAsync(new ValueTask<Entry>(calls[^1]))).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.Stopped);
        gate.SetResult();
        var ended = await Task.WhenAll(calls[..^1]);
        Assert.That(ended.Select(e => e.Number), Is.EqualTo(Enumerable.Range(1, ended.Length)));
        await disposing;
    }

    [Test]
    public async Task User_that_RabbitMQ_does_not_let_in_is_told_so_without_the_password()
    {
        await using var place = await Place.OpenAsync();
        var endpoint = place.Cluster.Of(place.Channel, 0).Replace("guest:guest", "guest:a-wrong-secret", StringComparison.Ordinal);
        foreach (var connecting in new Func<Task>[] { () => place.ConsumeAsync(endpoint), () => place.ProvideAsync(new Ledger(), endpoint) })
        {
            var failure = await Assert.ThrowsAsync<ButlerException>(() => connecting());
            failure!.AssertIs(ButlerStatus.Unauthenticated, ButlerCertainty.NotExecuted, ButlerReason.Unauthenticated);
            Assert.That(failure!.ToString(), Does.Not.Contain("a-wrong-secret"));
        }
    }
}
