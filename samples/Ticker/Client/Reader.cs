using ButlerRpc;
using Ticker.Contracts;

namespace Ticker.Client;

/// <summary>Reads a stream at a pace of its own, and remembers what it saw.</summary>
sealed class Reader(string name, StreamOverflow overflow, TimeSpan pace, Func<IAsyncEnumerable<Quote>> open)
{
    readonly Lock _gate = new();
    readonly Dictionary<string, Quote> _last = [];
    bool _isInOrder = true;

    public string Name => name;

    /// <summary>What its contract says to do when it is slow.</summary>
    public StreamOverflow Overflow => overflow;

    public TimeSpan Pace => pace;

    public int Read { get; private set; }

    /// <summary>The last quote it saw; its number says how far the reader is.</summary>
    public Quote Latest { get; private set; }

    public bool HasEnded { get; private set; }

    /// <summary>The quotes that it never saw: those up to the last one that were not read.</summary>
    public int Skipped
    {
        get
        {
            lock (_gate)
                return Latest.Number - Read;
        }
    }

    public async Task RunAsync()
    {
        await foreach (var quote in open())
        {
            lock (_gate)
            {
                _isInOrder &= !_last.TryGetValue(quote.Symbol, out var before) || before.Number < quote.Number;
                _last[quote.Symbol] = quote;
                if (quote.Number > Latest.Number)
                    Latest = quote;
                Read++;
            }

            if (pace > TimeSpan.Zero)
                await Task.Delay(pace);
        }

        HasEnded = true;
    }

    public decimal? PriceOf(string symbol)
    {
        lock (_gate)
            return _last.TryGetValue(symbol, out var quote) ? quote.Price : null;
    }

    /// <summary>What is wrong with what it saw; null: nothing. A reader may miss quotes where the contract says so, and never the last one of a symbol.</summary>
    public string? FaultIn(ClosingReport report, bool mayMissSymbols)
    {
        lock (_gate)
        {
            if (!_isInOrder)
                return $"{name} saw an older price behind a newer one";
            if (Latest != report.Last.MaxBy(q => q.Number))
                return $"{name} did not see the last quote";
            if (!mayMissSymbols && report.Last.FirstOrDefault(q => _last.GetValueOrDefault(q.Symbol) != q) is { Symbol: not null } missed)
                return $"{name} did not see the last price of {missed.Symbol}";
            return null;
        }
    }
}
