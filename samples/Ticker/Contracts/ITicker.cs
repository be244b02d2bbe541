using ButlerRpc;

namespace Ticker.Contracts;

/// <summary>The price of something at some moment. <paramref name="Number"/> counts the quotes of the whole market: 1, 2, 3 …</summary>
[ButlerMessage]
public readonly partial record struct Quote(int Number, string Symbol, decimal Price);

/// <summary>What there was, once the market has closed.</summary>
[ButlerMessage]
public sealed partial record ClosingReport(int Quotes, IReadOnlyList<Quote> Last);

/// <summary>
/// The quotes of a market from its opening to its close, in three ways. They differ in what happens when a reader is slower than the market; the handlers are the
/// same, and so are the readers.
/// </summary>
[ButlerService]
public partial interface ITicker
{
    /// <summary>Every quote. The stream waits for its reader, who falls behind as far as it likes.</summary>
    IAsyncEnumerable<Quote> EveryAsync(CallContext context = default);

    /// <summary>A quote that has not been sent yet gives way to a newer one of the same symbol.</summary>
    [ButlerMethod(Overflow = StreamOverflow.LatestByKey, Key = nameof(Quote.Symbol))]
    IAsyncEnumerable<Quote> LatestAsync(CallContext context = default);

    /// <summary>The oldest of the quotes that have not been sent yet give way to newer ones, whatever their symbols.</summary>
    [ButlerMethod(Overflow = StreamOverflow.DropOldest)]
    IAsyncEnumerable<Quote> NewestAsync(CallContext context = default);

    /// <summary>What there was; comes when the market has closed.</summary>
    [ButlerMethod(TimeoutMilliseconds = 600_000)]
    ValueTask<ClosingReport> ReportAsync(CancellationToken cancellationToken = default);
}
