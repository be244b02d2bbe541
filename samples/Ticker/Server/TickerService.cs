using ButlerRpc;
using Ticker.Contracts;

namespace Ticker.Server;

/// <summary>All three streams come from the same enumeration: what a slow reader misses is decided by the contract.</summary>
sealed class TickerService(Market market) : ITicker
{
    public IAsyncEnumerable<Quote> EveryAsync(CallContext context) => market.ReadAsync(context.CancellationToken);

    public IAsyncEnumerable<Quote> LatestAsync(CallContext context) => market.ReadAsync(context.CancellationToken);

    public IAsyncEnumerable<Quote> NewestAsync(CallContext context) => market.ReadAsync(context.CancellationToken);

    public async ValueTask<ClosingReport> ReportAsync(CancellationToken cancellationToken) => await market.ReportAsync(cancellationToken);
}
