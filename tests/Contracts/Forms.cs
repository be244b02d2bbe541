using System.Runtime.CompilerServices;
using ButlerRpc.Contracts.External;

namespace ButlerRpc.Contracts.Tests;

sealed class Streams : IStreams
{
    public List<string?> Drained { get; } = [];

    public async IAsyncEnumerable<int> CountAsync(int to, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var i = 1; i <= to; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    public async IAsyncEnumerable<Line> LinesAsync(Text text, CallContext context)
    {
        await Task.Yield();
        yield return new Line(text.Value, 1, 2.5m);
        throw new ButlerException(ButlerStatus.NotFound, "no more of it");
    }

    public async ValueTask<long> SumAsync(IAsyncEnumerable<int> numbers, CancellationToken ct)
    {
        long sum = 0;
        await foreach (var number in numbers.WithCancellation(ct))
            sum += number;
        return sum;
    }

    public async Task<string> JoinAsync(string separator, IAsyncEnumerable<string> words, IAsyncEnumerable<int> numbers)
    {
        var parts = new List<string>();
        await foreach (var number in numbers)
            parts.Add(number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await foreach (var word in words)
            parts.Add(word);
        return string.Join(separator, parts);
    }

    public async Task DrainAsync(IAsyncEnumerable<Line> lines)
    {
        await foreach (var line in lines)
            Drained.Add(line.Sku);
    }

    public async ValueTask DrainTooAsync(Text text, IAsyncEnumerable<Line?> lines, CancellationToken ct)
    {
        await foreach (var line in lines.WithCancellation(ct))
            Drained.Add(line?.Sku);
    }

    public async IAsyncEnumerable<string> TalkAsync(int times, IAsyncEnumerable<string> words, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var word in words.WithCancellation(ct))
            yield return string.Concat(Enumerable.Repeat(word, times));
    }

    public async IAsyncEnumerable<Line> LatestAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await Task.Yield();
        yield return new Line("a", 1, 1);
    }
}

sealed class Diamond : IDiamond
{
    public Task<string> NameAsync(CancellationToken ct) => Task.FromResult("diamond");

    public Task<string> NumberedAsync(CancellationToken ct) => Task.FromResult("numbered");

    public Task<int> PlainAsync(int value) => Task.FromResult(value + 1);

    public Task<string> OwnAsync() => Task.FromResult("own");
}

sealed class Nested : Outer.Middle.INested
{
    public async Task<int> AskAsync(int value, CallContext context)
    {
        var caller = context.Peer.Create<IListener>();
        try
        {
            await caller.FailAsync("nut");
            return -1;
        }
        catch (ButlerFaultException<OutOfStock> fault)
        {
            return fault.Fault.Left + await caller.DoubleAsync(value, context.CancellationToken);
        }
    }
}

sealed class Listener : IListener
{
    public Task<int> DoubleAsync(int value, CancellationToken ct) => Task.FromResult(2 * value);

    public Task FailAsync(string sku) => throw new ButlerFaultException<OutOfStock>(new OutOfStock(sku, 100));
}
