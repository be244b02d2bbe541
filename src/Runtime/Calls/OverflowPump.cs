using System.Threading.Tasks.Sources;
using ButlerRpc.Codec;

namespace ButlerRpc.Calls;

/// <summary>
/// Moves the items of a stream whose writer never waits for its reader: one loop takes them from the user's enumeration into a buffer that forgets, another
/// writes what is left as credit comes.
/// </summary>
sealed class OverflowPump<TItem>(MessageCodec<TItem> codec, ItemWriter writer, OverflowBuffer<TItem> buffer) : IValueTaskSource
{
    readonly Lock _gate = new();
    ManualResetValueTaskSourceCore<bool> _signal;
    Exception? _failure;
    bool _waits;
    bool _ended;      // the enumeration
    bool _stopped;    // nobody reads any more

    /// <inheritdoc cref="StreamPump.RunAsync{TItem}"/>
    public async Task<bool> RunAsync(IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        using var enumeration = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        writer.Scheduler.Start(() => FillAsync(items, enumeration.Token));
        try
        {
            while (await WaitForItemAsync())
            {
                // The item is chosen when it can be sent, so that it is the latest.
                while (!writer.CanWrite)
                {
                    if (!await writer.WaitAsync())
                    {
                        await StopAsync(enumeration);
                        return false;
                    }
                }

                if (TryTake(out var item))
                    StreamPump.Write(codec, writer, item);
            }
        }
        catch
        {
            await StopAsync(enumeration);
            throw;
        }

        if (_failure is { } failure)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        await writer.FlushAsync();
        return true;
    }

    async Task FillAsync(IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var item in items.WithCancellation(cancellationToken))
            {
                if (!Add(item))
                    break;
            }
        }
        catch (Exception e)
        {
            _failure = e; // comes behind the items that are left
        }

        bool wakes;
        lock (_gate)
        {
            _ended = true;
            wakes = TakeWaiting();
        }

        if (wakes)
            _signal.SetResult(true);
    }

    bool Add(TItem item)
    {
        bool wakes;
        lock (_gate)
        {
            if (_stopped)
                return false;
            buffer.Add(item, writer.Window);
            wakes = TakeWaiting();
        }

        if (wakes)
            _signal.SetResult(true);
        return true;
    }

    bool TryTake(out TItem item)
    {
        lock (_gate)
            return buffer.TryTake(out item!);
    }

    // False: there are no more. Only looks; the item is taken later.
    async ValueTask<bool> WaitForItemAsync()
    {
        while (true)
        {
            ValueTask wait;
            lock (_gate)
            {
                if (buffer.Count > 0)
                    return true;
                if (_ended)
                    return false;
                wait = BeginWait();
            }

            await wait;
        }
    }

    // The enumeration is disposed before the call ends: its implementation may go away with the call.
    async ValueTask StopAsync(CancellationTokenSource enumeration)
    {
        lock (_gate)
            _stopped = true;
        try
        {
            enumeration.Cancel(); // it may wait for its next item
        }
        finally
        {
            await WaitForEndAsync();
        }
    }

    async ValueTask WaitForEndAsync()
    {
        while (true)
        {
            ValueTask wait;
            lock (_gate)
            {
                if (_ended)
                    return;
                wait = BeginWait();
            }

            await wait;
        }
    }

    ValueTask BeginWait()
    {
        _signal.Reset();
        _waits = true;
        return new ValueTask(this, _signal.Version);
    }

    bool TakeWaiting()
    {
        var waits = _waits;
        _waits = false;
        return waits;
    }

    void IValueTaskSource.GetResult(short token) => _signal.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _signal.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _signal.OnCompleted(continuation, state, token, flags);
}
