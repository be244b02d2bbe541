namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>The contract that is called.</summary>
[ButlerService]
partial interface IEcho
{
    [ButlerMethod(Code = 1)]
    ValueTask<Numbers> EchoAsync(Numbers numbers, CancellationToken ct = default);

    [ButlerMethod(Code = 2, Inline = true)]
    ValueTask<Numbers> EchoInlineAsync(Numbers numbers, CancellationToken ct = default);

    [ButlerMethod(Code = 3)]
    ValueTask<Block> EchoBlockAsync(Block block, CancellationToken ct = default);

    [ButlerMethod(Code = 4)]
    ValueTask<Block> TakeBlockAsync(int bytes, CancellationToken ct = default);

    /// <summary>Items without end.</summary>
    [ButlerMethod(Code = 5)]
    IAsyncEnumerable<Numbers> WatchAsync(CancellationToken ct = default);

    /// <summary>Gives the number of items.</summary>
    [ButlerMethod(Code = 6)]
    ValueTask<long> CountAsync(IAsyncEnumerable<Numbers> items, CancellationToken ct = default);

    /// <summary>Gives back each item.</summary>
    [ButlerMethod(Code = 7)]
    IAsyncEnumerable<Numbers> MirrorAsync(IAsyncEnumerable<Numbers> items, CancellationToken ct = default);

    /// <summary>As <see cref="EchoAsync"/>; takes longer where the sequence is a multiple of 100, either waiting or holding its thread.</summary>
    [ButlerMethod(Code = 8)]
    ValueTask<Numbers> EchoSlowlyAsync(Numbers numbers, bool blocking, CancellationToken ct = default);

    /// <summary>Waits until it is cancelled.</summary>
    [ButlerMethod(Code = 9)]
    ValueTask WaitAsync(CancellationToken ct = default);

    /// <summary>How many calls of <see cref="WaitAsync"/> are waiting.</summary>
    [ButlerMethod(Code = 10)]
    ValueTask<int> CountWaitingAsync(CancellationToken ct = default);
}
