using System.Diagnostics;
using ButlerRpc.Soak.Calls;
using ButlerRpc.Soak.Site;

namespace ButlerRpc.Soak;

/// <summary>One run: calls at random under faults at random, and what is promised of them.</summary>
static class Soak
{
    const int Shown = 20;

    /// <summary>Gives the exit code.</summary>
    public static async Task<int> RunAsync(Settings settings)
    {
        var folder = settings.Logs is { } logs ? Directory.CreateDirectory(Path.Combine(logs, $"soak-{settings.Seed}-{Environment.ProcessId}")).FullName : Directory.CreateTempSubdirectory("butler-soak-").FullName;
        var again = $"--via {(settings.ThroughBroker ? "broker" : "direct")} --faults {$"{settings.Faults}".Replace(" ", "", StringComparison.Ordinal)} --workers {settings.Workers} --seed {settings.Seed}";
        Console.WriteLine($"soak for {settings.Seconds} s: {again}");
        var told = 0;
        var findings = new Findings(f =>
        {
            if (Interlocked.Increment(ref told) <= Shown)
                Console.Error.WriteLine($"BROKEN {f.Where}\n  expected: {f.Expected}\n  happened: {f.Happened}");
        });
        findings.WatchExceptions();
        var time = Stopwatch.StartNew();
        long calls = 0;
        try
        {
            calls = await RunAsync(settings, findings, folder);
        }
        catch (Exception e)
        {
            findings.Add("the run", "it can be made", e.ToString());
        }

        Console.WriteLine($"{calls} calls in {time.Elapsed.TotalSeconds:0} s");
        if (findings.Count == 0)
        {
            if (settings.Logs is null)
                Directory.Delete(folder, recursive: true);
            Console.WriteLine("soak: every promise was kept");
            return 0;
        }

        Console.Error.WriteLine($"soak: {findings.Count} promises were broken; the same again: tests/Soak/run.sh --seconds {settings.Seconds} {again}");
        foreach (var kind in findings.All.GroupBy(f => f.Expected).Take(Shown))
            Console.Error.WriteLine($"  {kind.Count()} times {kind.First().Where}: expected {kind.Key}; happened: {kind.First().Happened.Split('\n')[0]}");
        Console.Error.WriteLine($"the processes' logs are in {folder}");
        return 1;
    }

    static async Task<long> RunAsync(Settings settings, Findings findings, string folder)
    {
        await using var site = new Site.Site(settings, findings, folder);
        var journal = Journal.Open(site.Journal); // as long as the process lives: what hangs may look at it to the end
        await site.StartAsync();
        var tally = new Tally();
        Callers NewCallers(Settings with, IdRange ids) => new(with, site.Routes, journal, findings, ids) { Tally = tally, Visit = site.Visit };

        var callers = NewCallers(settings, IdRange.Take(Journal.Calls / 2)!);
        callers.Start();
        var weather = new Weather(settings, site, NewCallers);
        await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(settings.Seconds)), callers.Hung);
        await weather.EndAsync();
        await callers.EndAsync();
        foreach (var (how, count) in weather.Tally.Counts.Concat(tally.Counts))
            Console.WriteLine($"  {how}: {count}");
        if (!callers.Hung.IsCompleted)
            await new Reckoning(settings, site, journal, tally, findings).MakeAsync((callers.Made + settings.Workers) * Step.Ids);
        File.Delete(site.Journal);
        return callers.Made;
    }
}
