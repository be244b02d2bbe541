using System.Runtime.CompilerServices;

namespace ButlerRpc.Benchmarks.Load.Contestants;

sealed class Echo(int blockBytes = 0) : IEcho
{
    readonly Block _block = Block.OfSize(blockBytes);
    int _waiting;

    public ValueTask<Numbers> EchoAsync(Numbers numbers, CancellationToken ct) => new(numbers);

    public ValueTask<Numbers> EchoInlineAsync(Numbers numbers, CancellationToken ct) => new(numbers);

    public ValueTask<Block> EchoBlockAsync(Block block, CancellationToken ct) => new(block);

    public ValueTask<Block> TakeBlockAsync(int bytes, CancellationToken ct) => new(bytes == _block.Bytes.Length ? _block : Block.OfSize(bytes));

    public async IAsyncEnumerable<Numbers> WatchAsync([EnumeratorCancellation] CancellationToken ct)
    {
        for (long sequence = 1; !ct.IsCancellationRequested; sequence++)
            yield return Numbers.Of(0, sequence);
        await Task.CompletedTask;
    }

    public async ValueTask<long> CountAsync(IAsyncEnumerable<Numbers> items, CancellationToken ct)
    {
        long count = 0;
        await foreach (var item in items.WithCancellation(ct))
            item.Check(0, ++count);
        return count;
    }

    public IAsyncEnumerable<Numbers> MirrorAsync(IAsyncEnumerable<Numbers> items, CancellationToken ct) => items;

    public ValueTask<Numbers> EchoSlowlyAsync(Numbers numbers, bool blocking, CancellationToken ct)
    {
        if (!Pacing.IsSlow(numbers.GetSequence()))
            return new(numbers);
        if (!blocking)
            return WaitAsync();
        Thread.Sleep(Pacing.SlowMilliseconds);
        return new(numbers);

        async ValueTask<Numbers> WaitAsync()
        {
            await Task.Delay(Pacing.SlowMilliseconds, ct);
            return numbers;
        }
    }

    public async ValueTask WaitAsync(CancellationToken ct)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await Task.Delay(Timeout.Infinite, ct);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public ValueTask<int> CountWaitingAsync(CancellationToken ct) => new(Volatile.Read(ref _waiting));
}
