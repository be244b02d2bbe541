using System.Collections.Concurrent;

namespace ButlerRpc.RabbitMq.Tests.Support;

/// <summary>A provider's implementation: does what the test says, and remembers what it has seen.</summary>
sealed class Ledger : ILedger
{
    readonly SemaphoreSlim _begun = new(0);
    readonly SemaphoreSlim _cancelled = new(0);

    public Func<Entry, CallContext, ValueTask<Entry>> Book { get; init; } = (entry, _) => new(entry);

    public Func<Entry, CallContext, ValueTask<Entry>> Read { get; init; } = (entry, _) => new(entry);

    public Func<Entry, CallContext, ValueTask> Note { get; init; } = (_, _) => default;

    public ConcurrentQueue<int> Seen { get; } = new();

    /// <summary>A call that waits until the test lets it go, or it is cancelled.</summary>
    public static Func<Entry, CallContext, ValueTask<Entry>> Until(Task gate) => async (entry, context) =>
    {
        await gate.WaitAsync(context.CancellationToken);
        return entry;
    };

    /// <summary>Ends when one more call was cancelled while its handler ran.</summary>
    public Task CancelledAsync() => _cancelled.WaitAsync().WaitAsync(Place.Patience);

    /// <summary>Ends when one more call has begun.</summary>
    public Task BegunAsync() => _begun.WaitAsync().WaitAsync(Place.Patience);

    public ValueTask<Entry> BookAsync(Entry entry, CallContext context) => See(entry, context, Book);

    public ValueTask<Entry> ReadAsync(Entry entry, CallContext context) => See(entry, context, Read);

    public ValueTask<Entry> AppendAsync(Entry entry, CallContext context) => See(entry, context, Book);

    public ValueTask NoteAsync(Entry entry, CallContext context) => See(entry, context);

    public ValueTask RecordAsync(Entry entry, CallContext context) => See(entry, context);

    ValueTask See(Entry entry, CallContext context)
    {
        Seen.Enqueue(entry.Number);
        _begun.Release();
        return Note(entry, context);
    }

    async ValueTask<Entry> See(Entry entry, CallContext context, Func<Entry, CallContext, ValueTask<Entry>> how)
    {
        Seen.Enqueue(entry.Number);
        _begun.Release();
        try
        {
            return await how(entry, context);
        }
        catch (OperationCanceledException)
        {
            _cancelled.Release();
            throw;
        }
    }
}
