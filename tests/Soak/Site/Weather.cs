using ButlerRpc.Soak.Calls;

namespace ButlerRpc.Soak.Site;

/// <summary>What happens to connections and processes while calls are made.</summary>
sealed class Weather
{
    const int MostGuests = 2;

    readonly Settings _settings;
    readonly Site _site;
    readonly Func<Settings, IdRange, Callers> _callers;
    readonly CancellationTokenSource _ends = new();
    readonly List<Child> _guests = [];
    readonly int _crowd;
    readonly Task _blowing;

    public Weather(Settings settings, Site site, Func<Settings, IdRange, Callers> callers)
    {
        (_settings, _site, _callers) = (settings, site, callers);
        _crowd = settings.ThroughBroker ? 100 : 500; // a broker lets 64 open at once
        _blowing = Task.WhenAll(
            BlowAsync("connections", 600, [(Faults.Cut, CutAsync), (Faults.Cut, CutAsync), (Faults.Cut, CutAsync), (Faults.Freeze, FreezeAsync)]),
            BlowAsync("processes", 3000, [(Faults.Drain, DrainAsync), (Faults.Kill, KillAsync), (Faults.Pause, PauseAsync), (Faults.Guests, GuestAsync), (Faults.Guests, GuestAsync)]),
            (_settings.Faults & Faults.Crowd) == 0 ? Task.CompletedTask : BlowAsync("crowds", 20_000, [(Faults.Crowd, CrowdAsync)]));
    }

    /// <summary>How often each thing has happened.</summary>
    public Tally Tally { get; } = new();

    /// <summary>The sun shines: all that stood still goes on, and all guests have left.</summary>
    public async Task EndAsync()
    {
        await _ends.CancelAsync();
        await _blowing;
        foreach (var guest in _guests)
            await guest.DrainAsync();
    }

    async Task BlowAsync(string what, int pause, IReadOnlyList<(Faults Fault, Func<Random, Task> HappensAsync)> all)
    {
        var possible = all.Where(f => (_settings.Faults & f.Fault) != 0).ToList();
        for (long number = 0; possible.Count > 0; number++)
        {
            var dice = _settings.Dice(what, number);
            await Task.Delay(dice.Next(pause), _ends.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_ends.IsCancellationRequested)
                return;
            var (fault, happensAsync) = possible[dice.Next(possible.Count)];
            Tally.Count($"{fault}");
            await happensAsync(dice);
        }
    }

    Task CutAsync(Random dice)
    {
        _site.Fronts[dice.Next(_site.Fronts.Count)].Cut(dice);
        return Task.CompletedTask;
    }

    async Task FreezeAsync(Random dice)
    {
        var front = _site.Fronts[dice.Next(_site.Fronts.Count)];
        front.Freeze();
        await Task.Delay(dice.Next(1500));
        front.Thaw();
    }

    Task DrainAsync(Random dice) => Any(dice).ReplaceAsync(kill: false);

    Task KillAsync(Random dice) => Any(dice).ReplaceAsync(kill: true);

    Task PauseAsync(Random dice) => Any(dice).Child.PauseAsync(TimeSpan.FromMilliseconds(dice.Next(1500)));

    async Task GuestAsync(Random dice)
    {
        if (_guests.Count < MostGuests && await _site.StartGuestAsync() is { } come)
        {
            _guests.Add(come);
            return;
        }

        if (_guests.Count == 0)
            return;
        var guest = _guests[dice.Next(_guests.Count)];
        switch (dice.Next(3))
        {
            case 0:
                _guests.Remove(guest);
                await guest.KillAsync();
                break;
            case 1:
                _guests.Remove(guest);
                await guest.DrainAsync();
                break;
            default:
                await guest.PauseAsync(TimeSpan.FromMilliseconds(dice.Next(1500)));
                break;
        }
    }

    async Task CrowdAsync(Random dice)
    {
        if (IdRange.Take(_crowd * Step.Ids) is not { } ids)
            return;
        var crowd = _callers(_settings with { Workers = _crowd, Only = ["visit"], Seed = dice.Next() }, ids);
        crowd.Start(steps: 1);
        await crowd.DoneAsync();
    }

    Post Any(Random dice) => _site.Posts[dice.Next(_site.Posts.Count)];
}
