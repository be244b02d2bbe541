namespace ButlerRpc.Soak.Calls;

/// <summary>Workers, each of which does one step after the other; chance decides which.</summary>
sealed class Callers(Settings settings, IReadOnlyList<Route> routes, Journal journal, Findings findings, IdRange ids)
{
    // All that takes time has less: calls 15 s, frozen connections and processes 2 s, restarts a few.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    readonly Step?[] _current = new Step?[settings.Workers];
    readonly TaskCompletionSource _hung = new(TaskCreationOptions.RunContinuationsAsynchronously);
    Task _workers = Task.CompletedTask;
    volatile bool _ends;
    long _made;

    public Settings Settings => settings;

    public Journal Journal => journal;

    public Findings Findings => findings;

    public Tally Tally { get; init; } = new();

    /// <summary>Makes a client that comes and goes; null: none do.</summary>
    public Func<Step, ButlerClientOptions, Task<Route>>? Visit { get; init; }

    /// <summary>Steps that have been begun.</summary>
    public long Made => Volatile.Read(ref _made);

    /// <summary>Ends when a call does not.</summary>
    public Task Hung => _hung.Task;

    /// <summary>Begins to make calls. </summary>
    /// <param name="steps">How many each worker does. Default: until it is told to end.</param>
    public void Start(long steps = long.MaxValue)
    {
        _workers = Task.WhenAll(Enumerable.Range(0, settings.Workers).Select(worker => Task.Run(() => WorkAsync(worker, steps))));
        _ = Task.Run(WatchAsync);
    }

    /// <summary>Every call that was begun has ended, or has been found to hang.</summary>
    public async Task EndAsync()
    {
        _ends = true;
        await Task.WhenAny(_workers, Hung);
    }

    /// <summary>Ends when every worker has done its steps.</summary>
    public Task DoneAsync() => Task.WhenAny(_workers, Hung);

    async Task WorkAsync(int worker, long steps)
    {
        for (long number = 0; number < steps && !_ends; number++)
        {
            if (ids.Of((number * settings.Workers) + worker) is not { } id)
                return;
            var step = new Step(this, worker, number, id);
            Choose(step);
            Volatile.Write(ref _current[worker], step);
            Interlocked.Increment(ref _made);
            try
            {
                await step.Operation.RunAsync(step);
            }
            catch (Exception e)
            {
                step.Broken("a step ends", e.ToString());
            }
        }

        Volatile.Write(ref _current[worker], null);
    }

    void Choose(Step step)
    {
        var possible = Operation.All
            .Where(o => (Visit is not null || !o.IsVisit) && (settings.Only.Count == 0 || settings.Only.Contains(o.Name)))
            .Select(o => (Operation: o, Routes: routes.Where(o.Fits).ToList()))
            .Where(p => p.Routes.Count > 0)
            .ToList();
        if (possible.Count == 0)
            throw new ArgumentException($"none of {string.Join(',', settings.Only)} can be called; there are {string.Join(',', Operation.All.Select(o => o.Name))}");
        var chosen = step.Dice.Next(possible.Sum(p => p.Operation.Weight));
        (step.Operation, var fitting) = possible.First(p => (chosen -= p.Operation.Weight) < 0);
        step.Route = fitting[step.Dice.Next(fitting.Count)];
    }

    async Task WatchAsync()
    {
        while (!_workers.IsCompleted)
        {
            await Task.Delay(1000);
            foreach (var step in _current)
            {
                if (step is null || Environment.TickCount64 - step.Begun < Patience.TotalMilliseconds)
                    continue;
                step.Broken($"a call ends within {Patience}", $"it has not; {string.Join("; ", routes)}");
                _hung.TrySetResult();
            }

            if (Hung.IsCompleted)
                return;
        }
    }
}
