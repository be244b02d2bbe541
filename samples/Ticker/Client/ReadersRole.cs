using ButlerRpc;
using Launching;
using Microsoft.Extensions.Configuration;
using Ticker.Contracts;

namespace Ticker.Client;

static class ReadersRole
{
    /// <summary>Starts a market in a process of its own, and reads it.</summary>
    public static async Task<int> StartAndRunAsync(IConfiguration options)
    {
        var arguments = new[] { "quotes", "rate" }.SelectMany(name => options[name] is { } value ? new[] { $"--{name}", value } : []);
        await using var market = ChildProcess.Start("Ticker", "market", ["serve", .. arguments]);
        if (await market.LineAsync("ready on ") is not { } endpoint)
        {
            Console.Error.WriteLine("the market ended before it was open");
            return ExitCodes.Failed;
        }

        var result = await RunAsync(endpoint, options);
        market.CloseInput();
        var closed = await market.ExitAsync();
        return result != 0 ? result : closed;
    }

    public static async Task<int> RunAsync(string endpoint, IConfiguration options)
    {
        // A market that was started at the same time may take a moment.
        await using var client = await ButlerClient.ConnectAsync(endpoint, new ButlerClientOptions { SessionTimeout = TimeSpan.FromSeconds(20) });
        var ticker = client.Create<ITicker>();
        var slow = TimeSpan.FromMilliseconds(options.GetValue("pace", 20));
        var every = new Reader("every, fast", StreamOverflow.Wait, TimeSpan.Zero, () => ticker.EveryAsync());
        var latest = new Reader("latest, fast", StreamOverflow.LatestByKey, TimeSpan.Zero, () => ticker.LatestAsync());
        var slowLatest = new Reader("latest, slow", StreamOverflow.LatestByKey, slow, () => ticker.LatestAsync());
        var slowNewest = new Reader("newest, slow", StreamOverflow.DropOldest, slow, () => ticker.NewestAsync());
        Reader[] readers = [every, latest, slowLatest, slowNewest];

        await Board.Of(readers, Console.IsOutputRedirected).ShowAsync(Task.WhenAll(readers.Select(r => r.RunAsync())));
        var report = await ticker.ReportAsync();

        string?[] faults =
        [
            every.Read == report.Quotes ? null : $"{every.Name} read {every.Read} of {report.Quotes} quotes",
            .. readers.Select(r => r.FaultIn(report, mayMissSymbols: r == slowNewest)),
        ];
        foreach (var fault in faults.OfType<string>())
            Console.WriteLine($"WRONG: {fault}");
        if (faults.Any(f => f is not null))
            return ExitCodes.Failed;
        Console.WriteLine($"checked: {report.Quotes} quotes; every reader saw the last one, and the fast one saw all of them");
        Console.WriteLine($"conflated: the slow readers read {slowLatest.Read} and {slowNewest.Read}, and skipped {slowLatest.Skipped} and {slowNewest.Skipped}");
        return ExitCodes.Done;
    }
}
