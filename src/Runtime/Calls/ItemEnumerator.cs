using System.Threading.Tasks.Sources;
using ButlerRpc.Codec;

namespace ButlerRpc.Calls;

/// <summary>Reads a stream item by item. It waits through its queue's own source, never through an async method, which would capture the caller's context.</summary>
sealed class ItemEnumerator<TItem>(ItemQueue queue, MessageCodec<TItem> codec, Action? onDispose, Method? method = null) : IAsyncEnumerator<TItem>, IValueTaskSource<bool>
{
    ValueTask<bool> _wait;
    TItem _current = default!;
    CancellationTokenRegistration _registration;
    int _disposed;

    /// <summary>When the token fires, whoever waits for an item is told so, and none is given any more.</summary>
    public ItemEnumerator<TItem> Until(CancellationToken cancellationToken)
    {
        _registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((ItemQueue)state!).Cancel(new OperationCanceledException("the enumeration of the stream was cancelled", token)), queue);
        return this;
    }

    public TItem Current => _current;

    public ValueTask<bool> MoveNextAsync()
    {
        if (queue.TryRead(out var item))
        {
            _current = Decode(item);
            return new ValueTask<bool>(true);
        }

        _wait = queue.WaitAsync();
        if (_wait.IsCompleted)
            return Next(_wait);
        return new ValueTask<bool>(this, queue.WaitVersion);
    }

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _registration.Unregister();
            queue.Stop();
            onDispose?.Invoke();
        }

        return default;
    }

    ValueTask<bool> Next(ValueTask<bool> ready)
    {
        try
        {
            return new ValueTask<bool>(Take(ready.GetAwaiter().GetResult()));
        }
        catch (Exception e)
        {
            return ValueTask.FromException<bool>(e);
        }
    }

    bool Take(bool available)
    {
        if (!available || !queue.TryRead(out var item))
            return false;
        _current = Decode(item);
        return true;
    }

    TItem Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new MessagePackReader(bytes);
            var item = codec.Read(ref reader);
            reader.EnsureEnd();
            return item;
        }
        catch (Exception e) when (method is not null)
        {
            throw ReplyErrors.Undecodable(method, e);
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => Take(_wait.GetAwaiter().GetResult());

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) =>
        _wait.IsCompleted ? (_wait.IsCompletedSuccessfully ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Faulted) : ValueTaskSourceStatus.Pending;

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        ((IValueTaskSource<bool>)queue).OnCompleted(continuation, state, queue.WaitVersion, flags);
}

/// <summary>A stream parameter as a handler sees it: read once.</summary>
sealed class ItemSequence<TItem>(ItemQueue queue, MessageCodec<TItem> codec, string name) : IAsyncEnumerable<TItem>
{
    int _taken;

    public IAsyncEnumerator<TItem> GetAsyncEnumerator(CancellationToken cancellationToken = default) => Interlocked.Exchange(ref _taken, 1) == 0
        ? new ItemEnumerator<TItem>(queue, codec, onDispose: null).Until(cancellationToken)
        : throw new InvalidOperationException($"the stream '{name}' has been enumerated; its items come only once");
}
