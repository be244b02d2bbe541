using System.Diagnostics;
using System.Runtime.CompilerServices;
using Ticker.Contracts;

namespace Ticker.Server;

/// <summary>A market of eight things, whose prices go up and down. It opens when somebody looks, and closes after so many quotes.</summary>
sealed class Market(int quotes, int perSecond)
{
    static readonly string[] Symbols = ["BREW", "CORN", "GOLD", "IRON", "SALT", "SILK", "TEAK", "WOOL"];

    readonly Quote[] _quotes = new Quote[quotes];
    readonly Lock _gate = new();
    TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int _made;
    bool _open;

    /// <summary>The quotes from the first to the last, as fast as they are wanted, or as fast as they are made.</summary>
    public async IAsyncEnumerable<Quote> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Open();
        for (var next = 0; next < _quotes.Length;)
        {
            Task more;
            int made;
            lock (_gate)
                (more, made) = (_more.Task, _made);
            while (next < made)
                yield return _quotes[next++];
            if (next < _quotes.Length)
                await more.WaitAsync(cancellationToken);
        }
    }

    public async Task<ClosingReport> ReportAsync(CancellationToken cancellationToken)
    {
        var last = new Dictionary<string, Quote>();
        await foreach (var quote in ReadAsync(cancellationToken))
            last[quote.Symbol] = quote;
        return new ClosingReport(_quotes.Length, [.. last.Values.OrderBy(q => q.Symbol, StringComparer.Ordinal)]);
    }

    void Open()
    {
        lock (_gate)
        {
            if (_open)
                return;
            _open = true;
        }

        _ = Task.Run(MakeAsync);
    }

    async Task MakeAsync()
    {
        var random = new Random(1);
        var prices = Symbols.Select((_, i) => 100m + 25 * i).ToArray();
        var opened = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (_made < _quotes.Length)
        {
            await timer.WaitForNextTickAsync();
            var due = (int)Math.Min(_quotes.Length, Stopwatch.GetElapsedTime(opened).TotalSeconds * perSecond);
            for (var i = _made; i < due; i++)
            {
                var which = random.Next(Symbols.Length);
                prices[which] = Math.Max(1, prices[which] + random.Next(-50, 51) / 100m);
                _quotes[i] = new Quote(i + 1, Symbols[which], prices[which]);
            }

            TaskCompletionSource awaited;
            lock (_gate)
            {
                _made = due;
                awaited = _more;
                _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            awaited.SetResult();
        }
    }
}
