namespace ButlerRpc.Soak.Served;

partial class SoakService
{
    public async IAsyncEnumerable<int> CountAsync(long id, int from, int count, CallContext context)
    {
        using var _ = Enter(id);
        for (var i = 0; i < count; i++)
        {
            if (i % 100 == 50)
                await Task.Yield();
            yield return from + i;
        }
    }

    public async ValueTask<long> SumAsync(long id, IAsyncEnumerable<int> items, CallContext context)
    {
        using var _ = Enter(id);
        return await SumOfAsync(items, context.CancellationToken);
    }

    public async IAsyncEnumerable<int> DoubleAsync(long id, IAsyncEnumerable<int> items, int fails, CallContext context)
    {
        using var _ = Enter(id);
        var come = 0;
        await foreach (var item in items.WithCancellation(context.CancellationToken))
        {
            if (come++ == fails)
                throw new ButlerException(ButlerStatus.DataLoss, "after items");
            yield return item * 2;
        }
    }

    public async ValueTask<long> LabelAsync(long id, byte[] label, IAsyncEnumerable<int> items, IAsyncEnumerable<byte[]> others, CallContext context)
    {
        using var _ = Enter(id);
        var token = context.CancellationToken;
        var sum = SumOfAsync(items, token);
        long bytes = label.Length;
        await foreach (var other in others.WithCancellation(token))
            bytes += other.Length;
        return bytes + await sum;
    }

    public async IAsyncEnumerable<byte[]> PiecesAsync(long id, byte[] whole, int count, bool fails, CallContext context)
    {
        using var _ = Enter(id);
        for (var i = 0; i < count; i++)
        {
            if (i % 7 == 6)
                await Task.Yield();
            yield return Piece(whole, i).ToArray();
        }

        if (fails)
            throw new ButlerException(ButlerStatus.DataLoss, "after items");
    }

    /// <summary>The piece of a whole that comes at a place.</summary>
    public static ReadOnlySpan<byte> Piece(byte[] whole, int place) => whole.AsSpan(0, place * 7919 % (whole.Length + 1));

    public async IAsyncEnumerable<int> NewestAsync(long id, int count, CallContext context)
    {
        using var _ = Enter(id);
        for (var i = 0; i < count; i++)
        {
            if (i % 50 == 49)
                await Task.Yield();
            yield return i;
        }
    }

    public async IAsyncEnumerable<Price> LatestAsync(long id, int keys, int rounds, CallContext context)
    {
        using var _ = Enter(id);
        for (var round = 0; round < rounds; round++)
        {
            for (var key = 0; key < keys; key++)
                yield return new Price(key, round);
            await Task.Yield();
        }
    }

    public async IAsyncEnumerable<int> WatchAsync(long id, int milliseconds, CallContext context)
    {
        using var _ = Enter(id);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, context.Draining);
        var peer = context.Peer;
        foreach (var group in _groups)
            group.Add(peer);
        try
        {
            yield return _said;
            await Task.Delay(milliseconds, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            yield return _said;
        }
        finally
        {
            foreach (var group in _groups)
                group.Remove(peer);
        }
    }

    static async Task<long> SumOfAsync(IAsyncEnumerable<int> items, CancellationToken cancellationToken)
    {
        long sum = 0;
        await foreach (var item in items.WithCancellation(cancellationToken))
            sum += item;
        return sum;
    }
}
