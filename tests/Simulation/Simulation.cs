using System.Globalization;

namespace ButlerRpc.Testing;

/// <summary>How a simulated run is bounded.</summary>
public sealed record SimulationOptions
{
    /// <summary>True: ready items run in the order in which they became ready. Default: the seed decides.</summary>
    public bool Fifo { get; init; }

    /// <summary>More steps than this fail the run. Default 5 million.</summary>
    public long MostSteps { get; init; } = 5_000_000;

    /// <summary>More virtual time than this fails the run. Default one hour.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// What looks like a deadlock is often a continuation on its way through the real pool: how long a run that has failed anyway waits for it, in real time, to
    /// tell the better reason. Default 100 ms.
    /// </summary>
    public TimeSpan EscapeWait { get; init; } = TimeSpan.FromMilliseconds(100);
}

/// <summary>What a run has left behind.</summary>
public sealed record SimulationResult(ulong Seed, long Steps, ulong Hash, TimeSpan Elapsed);

/// <summary>
/// One simulated world: a clock, a scheduler, random numbers, names and a network, all decided by one seed. <see cref="Run"/> is the entry of every test:
/// what it is given runs inside, with everything it starts.
/// </summary>
public sealed class Simulation
{
    readonly List<string> _trace = [];

    Simulation(ulong seed, SimulationOptions options)
    {
        Seed = seed;
        var root = new SimRandom(seed);
        Scheduler = new SimScheduler(root.Fork(1), options);
        Time = new VirtualTime(Scheduler.Post, () => Scheduler.AssertInside("VirtualTime"));
        Scheduler.Time = Time;
        Names = new SimNames();
        Network = new SimNetwork(Scheduler, Time, root.Fork(2), Names);
        Random = root.Fork(3);
        Platform = new SimPlatform(Time, Scheduler, root.Fork(4), Names, Network);
        Scheduler.OnDump(() => string.Join("\n", _trace.TakeLast(50)));
    }

    /// <summary>What replays the run.</summary>
    public ulong Seed { get; }

    /// <summary>The clock.</summary>
    public VirtualTime Time { get; }

    /// <summary>The scheduler.</summary>
    public SimScheduler Scheduler { get; }

    /// <summary>The names.</summary>
    public SimNames Names { get; }

    /// <summary>The network.</summary>
    public SimNetwork Network { get; }

    /// <summary>Random numbers for the test itself.</summary>
    public SimRandom Random { get; }

    /// <summary>All of it, as the library sees it.</summary>
    public SimPlatform Platform { get; }

    /// <summary>
    /// Runs a test in a world of its own and returns when it is over. The environment variable <c>BUTLER_SEED</c> replaces the seed, to replay a failure.
    /// </summary>
    /// <exception cref="SimulationException">It failed; the message begins with the seed.</exception>
    public static SimulationResult Run(ulong seed, Func<Simulation, Task> test, SimulationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(test);
        if (Environment.GetEnvironmentVariable("BUTLER_SEED") is { Length: > 0 } replay)
            seed = ulong.Parse(replay, CultureInfo.InvariantCulture);
        var simulation = new Simulation(seed, options ?? new SimulationOptions());
        try
        {
            simulation.Run(test);
        }
        catch (Exception e)
        {
            throw new SimulationException($"seed {seed} (BUTLER_SEED={seed} replays it): {e.Message}", e);
        }

        return new SimulationResult(seed, simulation.Scheduler.Steps, simulation.Scheduler.Hash, simulation.Time.Elapsed);
    }

    /// <summary>Runs a test once per seed, from 1 on.</summary>
    /// <inheritdoc cref="Run"/>
    public static void RunMany(int seeds, Func<Simulation, Task> test, SimulationOptions? options = null)
    {
        for (var seed = 1; seed <= seeds; seed++)
            Run((ulong)seed, test, options);
    }

    /// <summary>Waits in virtual time.</summary>
    public Task DelayAsync(TimeSpan time) => Task.Delay(time, Time);

    /// <summary>Waits until everything that can happen without time passing has happened: a timer comes due only when nothing is ready.</summary>
    public async Task SettleAsync()
    {
        var settled = new TaskCompletionSource(); // a Task.Delay of less than a millisecond is none at all
        using var timer = Time.CreateTimer(_ => settled.SetResult(), null, TimeSpan.FromTicks(1), Timeout.InfiniteTimeSpan);
        await settled.Task;
    }

    /// <summary>Waits, in virtual time, until a condition holds.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        while (!condition())
            await Task.Delay(TimeSpan.FromMilliseconds(1), Time);
    }

    /// <summary>Starts something beside the test. Its failure fails the run.</summary>
    public Task Start(Func<Task> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var started = new TaskCompletionSource(); // with RunContinuationsAsynchronously a WhenAll of it would leave for the real pool
        Scheduler.Post(() => _ = WatchAsync());
        return started.Task;

        async Task WatchAsync()
        {
            try
            {
                await work();
                started.SetResult();
            }
            catch (Exception e)
            {
                Scheduler.Fail(e);
                started.SetException(e);
            }
        }
    }

    /// <summary>Blocks as a thread would, while everything else goes on.</summary>
    public void Block(Func<bool> until) => Scheduler.Block(until);

    /// <summary>Remembers a line for the dump of a failed run.</summary>
    public void Trace(string line) => _trace.Add($"[{Time.Elapsed}] {line}");

    void Run(Func<Simulation, Task> test)
    {
        Task? main = null;
        Scheduler.Begin(() => main = RunTestAsync(test));
        Scheduler.Run(() => main is { IsCompleted: true });
    }

    async Task RunTestAsync(Func<Simulation, Task> test)
    {
        try
        {
            await test(this);
        }
        catch (Exception e)
        {
            Scheduler.Fail(e);
        }
    }
}
