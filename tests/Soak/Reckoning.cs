using ButlerRpc.Soak.Calls;
using ButlerRpc.Soak.Site;

namespace ButlerRpc.Soak;

/// <summary>What is looked at when all calls have ended and nothing disturbs any more: nothing is left, lost, or otherwise than callers were told.</summary>
sealed class Reckoning(Settings settings, Site.Site site, Journal journal, Tally tally, Findings findings)
{
    const long MostHeap = 512 << 20; // messages of 16 MiB stay in pools for a while
    const int MoreDescriptors = 30; // the runtime opens some of its own
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public async Task MakeAsync(long lastId)
    {
        await SettledAsync("when no call is made, a process has nothing left", ["open", "queued", "calls", "callbacks", "waiting"]);
        await CheckToldAsync();
        foreach (var (id, step) in tally.NotExecuted.Where(c => journal.Runs(c.Id) > 0))
            findings.Add(step.Where, "what was not executed never runs", $"call {id} has run");
        for (long id = 0; id < lastId; id++)
        {
            if (journal.RanTooOften(id))
                findings.Add($"id {id}", "a call runs once", $"it has run {journal.Runs(id)} times");
        }

        foreach (var route in site.Routes)
        {
            if (route.Client?.Statistics is { } left && left.Waiting + left.Sessions.InFlight + left.Sessions.Waiting + left.Sessions.QueuedBytes != 0)
                findings.Add(route.Name, "when no call is made, a client has nothing left", $"{left}");
            await route.DisposeAsync();
        }

        await SettledAsync("a process has no connection when its clients have gone", ["connections"]);
        foreach (var post in Enumerable.Reverse(site.Posts))
            await post.Child.DrainAsync();
    }

    async Task SettledAsync(string expected, string[] zero)
    {
        foreach (var post in site.Posts)
        {
            var until = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
            while (true)
            {
                var report = await post.Child.ReportAsync();
                var left = zero.Where(z => report.GetValueOrDefault(z) != 0).ToList();
                if (report["heap"] > MostHeap)
                    left.Add("heap");
                if (zero is ["connections"] && report["descriptors"] > post.Descriptors + MoreDescriptors)
                    left.Add("descriptors");
                if (left.Count == 0)
                {
                    Console.WriteLine($"{post.Name}: {string.Join(' ', report.Select(r => $"{r.Key}={r.Value}"))}");
                    break;
                }

                if (Environment.TickCount64 > until)
                {
                    findings.Add(post.Name, expected, string.Join(", ", left.Select(l => $"{l}={report[l]}")));
                    break;
                }

                await Task.Delay(200);
            }
        }
    }

    /// <summary>What was sent over a session that has lasted has arrived.</summary>
    async Task CheckToldAsync()
    {
        var must = tally.Told.Where(t => t.Session?.IsOpen ?? settings.Faults == Faults.None).ToList();
        for (var tries = 0; tries < 50 && must.Any(t => journal.Runs(t.Id) == 0); tries++)
            await Task.Delay(100);
        foreach (var (id, step, _) in must.Where(t => journal.Runs(t.Id) == 0))
            findings.Add(step.Where, "a one-way message arrives as long as its session lasts", $"message {id} has not");
    }
}
