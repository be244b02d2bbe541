using ButlerRpc;
using Orders.Contracts;

namespace Orders.Client;

/// <summary>The whole job: reads the file, places every order with many calls in flight, and says what became of them.</summary>
sealed class OrderRun(IOrderService orders, RunOptions options)
{
    readonly Tally _tally = new();
    readonly CallOptions _call = new() { Timeout = options.Patience };
    volatile ButlerException? _lost;

    public async Task<int> RunAsync()
    {
        var lines = OrderFile.Read(options.File).ToList();
        var name = Path.GetFileName(options.File);
        foreach (var line in lines.Where(l => l.Error is not null))
            Console.WriteLine($"{name}({line.Number}): {line.Error}; left out");
        var good = lines.Where(l => l.Order is not null).ToList();
        Console.WriteLine($"{name}: {good.Count} orders, {lines.Count - good.Count} wrong lines");

        if (good.Count > 0)
            await Progress.Of(Console.Out, Console.IsOutputRedirected).ShowAsync(good.Count, answered => PlaceAllAsync(good, answered));
        var summary = new Summary(Console.Out, _tally);
        summary.PrintAnswers();
        if (_lost is { } lost)
        {
            summary.PrintLoss(lost, unsent: good.Count - _tally.Ended);
            return ExitCodes.ServerLost;
        }

        summary.PrintFailures(name);
        var stock = await PrintStockAsync(summary);
        return _tally.Failures.Count == 0 && stock ? ExitCodes.Done : ExitCodes.SomeFailed;
    }

    // As many workers as there may be orders in flight, all taking from the same list.
    Task PlaceAllAsync(IReadOnlyList<OrderLine> lines, Action answered)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, Math.Min(options.InFlight, lines.Count)).Select(_ => Task.Run(async () =>
        {
            for (var index = Interlocked.Increment(ref next); index < lines.Count && _lost is null; index = Interlocked.Increment(ref next))
            {
                if (await PlaceAsync(lines[index]))
                    answered();
            }
        })));
    }

    async Task<bool> PlaceAsync(OrderLine line)
    {
        try
        {
            _tally.Count(await orders.PlaceAsync(line.Order!, new CallContext(_call)));
            return true;
        }
        catch (ButlerException e)
        {
            _tally.Count(line, e);

            // One order may fail for reasons of its own. When the server cannot be reached, so will all the others: there is no use in going on.
            if (e.Status == ButlerStatus.Unavailable)
                _lost = e;
            return false;
        }
    }

    async Task<bool> PrintStockAsync(Summary summary)
    {
        try
        {
            summary.PrintStock(await orders.GetStockAsync(""));
            return true;
        }
        catch (ButlerException e)
        {
            Console.WriteLine($"stock: not known, {e.Status}: {e.Message}");
            return false;
        }
    }
}
