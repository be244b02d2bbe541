namespace ButlerRpc.RabbitMq.Tests.Support;

[ButlerMessage]
public sealed partial record Entry(int Number, string Text = "");

[ButlerMessage(Code = 900)]
public sealed partial record Overdrawn(int By);

[ButlerService]
public partial interface ILedger
{
    /// <summary>At most once.</summary>
    [Throws<Overdrawn>]
    ValueTask<Entry> BookAsync(Entry entry, CallContext context = default);

    /// <summary>At least once.</summary>
    [ButlerMethod(Idempotent = true)]
    ValueTask<Entry> ReadAsync(Entry entry, CallContext context = default);

    [ButlerMethod(OneWay = true)]
    ValueTask NoteAsync(Entry entry, CallContext context = default);

    [ButlerMethod(OneWay = true, Idempotent = true)]
    ValueTask RecordAsync(Entry entry, CallContext context = default);

    [ButlerMethod(Ordered = true)]
    ValueTask<Entry> AppendAsync(Entry entry, CallContext context = default);
}

[ButlerService]
public partial interface IFeed
{
    ValueTask<Entry> LatestAsync(CancellationToken cancellationToken = default);

    IAsyncEnumerable<Entry> WatchAsync(Entry from, CancellationToken cancellationToken = default);
}

[ButlerService]
public partial interface IBell
{
    ValueTask RingAsync(Entry entry, CancellationToken cancellationToken = default);
}

[ButlerService(Callback = typeof(IBell))]
public partial interface IDoor
{
    ValueTask KnockAsync(Entry entry, CancellationToken cancellationToken = default);
}
