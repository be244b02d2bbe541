using System.Runtime.ExceptionServices;
using ButlerRpc.Platform;

namespace ButlerRpc.Testing;

/// <summary>
/// One item at a time, the next one chosen by the seed among all that are ready; when none is, the clock moves to the next timer; when there is none either,
/// the run has deadlocked.
/// <para>
/// "One thread" is a baton: whoever holds it runs. Code that blocks (<see cref="Block"/>) gives the baton to another thread and waits to get it back, so a
/// blocked handler is simulated with a stack and thread statics of its own, and still only one thread ever runs. Anything that reaches the scheduler, the
/// clock or the network from a thread without the baton has escaped, and fails the run.
/// </para>
/// </summary>
public sealed class SimScheduler : ButlerScheduler
{
    readonly List<ReadyItem> _ready = [];
    readonly List<Parked> _parked = [];
    readonly SimRandom _random;
    readonly bool _fifo;
    readonly long _mostSteps;
    readonly TimeSpan _timeLimit;
    readonly TimeSpan _escapeWait;
    readonly SimContext _context;
    readonly ManualResetEventSlim _done = new();
    readonly List<Func<string>> _describers = [];
    ExecutionContext? _baseline;
    Func<bool> _isOver = static () => false;
    Exception? _failure;
    long _sequence;
    int _holder;
    volatile bool _finished;

    internal SimScheduler(SimRandom random, SimulationOptions options)
    {
        _random = random;
        _fifo = options.Fifo;
        _mostSteps = options.MostSteps;
        _timeLimit = options.TimeLimit;
        _escapeWait = options.EscapeWait;
        _context = new SimContext(this);
    }

    /// <summary>The items that have run.</summary>
    public long Steps { get; private set; }

    /// <summary>All that has happened, in one number: equal for equal seeds, or something is not deterministic.</summary>
    public ulong Hash { get; private set; } = 0xCBF29CE484222325;

    /// <summary>The context under which everything runs.</summary>
    public SynchronizationContext Context => _context;

    /// <summary>Items that could run now.</summary>
    public int Ready => _ready.Count;

    /// <inheritdoc/>
    public override bool HasQueued => _ready.Count > 0;

    internal VirtualTime Time { get; set; } = null!;

    /// <inheritdoc/>
    public override bool IsCurrent => ReferenceEquals(SynchronizationContext.Current, _context);

    /// <inheritdoc/>
    public override void Queue(IThreadPoolWorkItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        Enqueue(new ReadyItem(static (_, state) => ((IThreadPoolWorkItem)state!).Execute(), item), "ButlerScheduler.Queue");
    }

    /// <summary>Runs an action soon.</summary>
    public void Post(Action action) => Enqueue(new ReadyItem(static (_, state) => ((Action)state!)(), action), "SimScheduler.Post");

    /// <summary>Blocks the calling code as a blocked thread would be, while everything else goes on, until the condition holds.</summary>
    public void Block(Func<bool> until)
    {
        ArgumentNullException.ThrowIfNull(until);
        AssertInside("SimScheduler.Block");
        if (until())
            return;
        var context = SynchronizationContext.Current;
        var parked = new Parked(until);
        _parked.Add(parked);
        _holder = 0;
        new Thread(Loop) { IsBackground = true, Name = "simulation" }.Start();
        parked.Resumed.Wait();
        _holder = Environment.CurrentManagedThreadId;
        if (_finished)
            throw new SimulationEndedException();

        SynchronizationContext.SetSynchronizationContext(context);
    }

    /// <summary>Adds a line to what is shown when the run deadlocks.</summary>
    public void OnDump(Func<string> describe) => _describers.Add(describe);

    /// <summary>Mixes something that happened into the hash.</summary>
    public void Note(ulong what) => Hash = SimRandom.Mix(Hash ^ SimRandom.Mix(what + 0x9E3779B97F4A7C15));

    /// <summary>Fails the run, and the caller, when the calling thread is not the one that runs.</summary>
    public void AssertInside(string where)
    {
        if (!IsInside(where))
            throw new SimulationException($"escaped: {where} was called from outside the simulation");
    }

    bool IsInside(string where)
    {
        if (_holder == Environment.CurrentManagedThreadId)
            return true;
        Fail(new SimulationException(
            $"escaped: {where} was called from thread {Environment.CurrentManagedThreadId}, outside the simulation. Something went on with ConfigureAwait(false), " +
            $"Task.Run, a real timer or CancelAsync.{Environment.NewLine}{Environment.StackTrace}"));
        return false;
    }

    // The first item, queued before anybody holds the baton.
    internal void Begin(Action action) =>
        _ready.Add(new ReadyItem(static (_, state) => ((Action)state!)(), action, null, ++_sequence));

    // Runs until the condition holds and everything that is ready then has run; or until something fails.
    internal void Run(Func<bool> isOver)
    {
        var context = SynchronizationContext.Current;
        _baseline = ExecutionContext.Capture();
        _isOver = isOver;
        Loop();
        _done.Wait();
        SynchronizationContext.SetSynchronizationContext(context);
        if (_baseline is not null)
            ExecutionContext.Restore(_baseline);
        if (_failure is not null)
            ExceptionDispatchInfo.Throw(_failure);
    }

    internal void Fail(Exception failure) => Interlocked.CompareExchange(ref _failure, failure, null);

    // Holds the baton until the run is over or a blocked thread gets it back.
    void Loop()
    {
        _holder = Environment.CurrentManagedThreadId;
        while (!_finished)
        {
            SynchronizationContext.SetSynchronizationContext(_context);
            if (_failure is not null || (_isOver() && _ready.Count == 0))
            {
                End();
                return;
            }

            if (TakeResumable() is { } parked)
            {
                Steps++;
                Note(3);
                parked.Resumed.Set();
                return;
            }

            if (_ready.Count > 0)
                Step();
            else if (_isOver())
                continue;
            else if (!Time.AdvanceToNext())
            {
                LetEscapesShow();
                Fail(new SimulationException($"deadlock: nothing is ready, no timer is armed and the test is not over.{Environment.NewLine}{Dump()}"));
            }
            else if (Time.Elapsed > _timeLimit)
                Fail(new SimulationException($"the test is not over after {Time.Elapsed} of virtual time.{Environment.NewLine}{Dump()}"));
            else
                Note((ulong)Time.GetTimestamp());
        }
    }

#pragma warning disable RS0030 // Only a run that has failed anyway waits.
    void LetEscapesShow() => SpinWait.SpinUntil(() => _failure is not null, _escapeWait);
#pragma warning restore RS0030

    void Step()
    {
        var index = _fifo ? 0 : _random.Next(_ready.Count);
        var item = _ready[index];
        if (!_fifo)
            _ready[index] = _ready[^1];
        _ready.RemoveAt(_fifo ? 0 : _ready.Count - 1);
        if (++Steps > _mostSteps)
        {
            Fail(new SimulationException($"the test is not over after {_mostSteps} steps.{Environment.NewLine}{Dump()}"));
            return;
        }

        Note((ulong)item.Sequence);
        try
        {
            item.Run(item.Callback, item.State);
        }
        catch (SimulationEndedException)
        {
        }
        catch (Exception e)
        {
            Fail(new SimulationException($"an exception was thrown on the scheduler, which nobody handles: {e.Message}", e));
        }

        if (_baseline is not null)
            ExecutionContext.Restore(_baseline);
    }

    // A blocked thread competes with the ready items for the next step.
    Parked? TakeResumable()
    {
        if (_parked.Count == 0)
            return null;
        var candidates = _parked.Where(p => p.Until()).ToList();
        if (candidates.Count == 0 || (_ready.Count > 0 && _random.Next(_ready.Count + candidates.Count) < _ready.Count))
            return null;
        var chosen = candidates[_random.Next(candidates.Count)];
        _parked.Remove(chosen);
        return chosen;
    }

    void End()
    {
        _finished = true;
        foreach (var parked in _parked)
            parked.Resumed.Set();
        _parked.Clear();
        _done.Set();
    }

    internal string Dump()
    {
        var lines = new List<string>
        {
            $"  virtual time {Time.Elapsed}, {Steps} steps, {_ready.Count} ready, {Time.ArmedTimers} timers, {_parked.Count} blocked, " +
            $"{ThreadPool.PendingWorkItemCount} items on the real pool",
        };
        lines.AddRange(_describers.Select(d => d()).Where(text => text.Length > 0).Select(text => "  " + text.ReplaceLineEndings(Environment.NewLine + "  ")));
        return string.Join(Environment.NewLine, lines);
    }

    // Called from outside, an item is dropped: the run fails, and a pool thread that threw would take the process with it.
    void Enqueue(ReadyItem item, string where)
    {
        if (!IsInside(where))
            return;
        _ready.Add(item with { Sequence = ++_sequence });
    }

    readonly record struct ReadyItem(Action<SendOrPostCallback?, object?> Run, object? State, SendOrPostCallback? Callback = null, long Sequence = 0);

    sealed class Parked(Func<bool> until)
    {
        public Func<bool> Until { get; } = until;

        public ManualResetEventSlim Resumed { get; } = new();
    }

    sealed class SimContext(SimScheduler scheduler) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) =>
            scheduler.Enqueue(new ReadyItem(static (callback, state) => callback!(state), state, d), "SynchronizationContext.Post");

        public override void Send(SendOrPostCallback d, object? state)
        {
            scheduler.AssertInside("SynchronizationContext.Send");
            d(state);
        }

        public override SynchronizationContext CreateCopy() => this;
    }
}
