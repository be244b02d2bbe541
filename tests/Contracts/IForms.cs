using ButlerRpc.Contracts.External;

namespace ButlerRpc.Contracts.Tests;

/// <summary>Every form that a stream can take in a signature.</summary>
[ButlerService]
partial interface IStreams
{
    IAsyncEnumerable<int> CountAsync(int to, CancellationToken ct = default);

    [ButlerMethod(Code = 510)]
    IAsyncEnumerable<Line> LinesAsync(Text text, CallContext context = default);

    ValueTask<long> SumAsync(IAsyncEnumerable<int> numbers, CancellationToken ct = default);

    Task<string> JoinAsync(string separator, IAsyncEnumerable<string> words, IAsyncEnumerable<int> numbers);

    Task DrainAsync(IAsyncEnumerable<Line> lines);

    [ButlerMethod(Code = 511)]
    ValueTask DrainTooAsync(Text text, IAsyncEnumerable<Line?> lines, CancellationToken ct = default);

    IAsyncEnumerable<string> TalkAsync(int times, IAsyncEnumerable<string> words, CancellationToken ct = default);

    [ButlerMethod(Overflow = StreamOverflow.LatestByKey, Key = nameof(Line.Sku))]
    IAsyncEnumerable<Line> LatestAsync(CancellationToken ct = default);
}

/// <summary>What a contract may inherit: a service, and an interface that is none.</summary>
[ButlerService]
partial interface IBase
{
    Task<string> NameAsync(CancellationToken ct = default);

    [ButlerMethod(Code = 501)]
    Task<string> NumberedAsync(CancellationToken ct = default);
}

interface IPlain
{
    Task<int> PlainAsync(int value);
}

[ButlerService]
partial interface ILeft : IBase;

[ButlerService]
partial interface IDiamond : ILeft, IPlain, IBase
{
    Task<string> OwnAsync();
}

static partial class Outer
{
    internal partial struct Middle
    {
        /// <summary>Nested in a struct in a static class.</summary>
        [ButlerService(Callback = typeof(IListener))]
        internal partial interface INested
        {
            Task<int> AskAsync(int value, CallContext context = default);
        }
    }
}

/// <summary>What the caller offers.</summary>
[ButlerService]
partial interface IListener
{
    Task<int> DoubleAsync(int value, CancellationToken ct = default);

    [Throws<OutOfStock>]
    Task FailAsync(string sku);
}
