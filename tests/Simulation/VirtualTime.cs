namespace ButlerRpc.Testing;

/// <summary>
/// A clock that moves only when it is told to. Timers that come due are given to the scheduler one by one, so that those of one instant run in an order the
/// seed decides. The wall clock has an offset of its own: it can jump while the monotonic clock goes on. Timers may be armed from any thread: it is the clock of
/// <see cref="HandPlatform"/>, too.
/// </summary>
public sealed class VirtualTime : TimeProvider
{
    static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    readonly Lock _gate = new();
    readonly PriorityQueue<(VirtualTimer Timer, long Version), (long Due, long Order)> _timers = new();
    readonly Action<Action> _run;
    readonly Action _assertInside;
    long _ticks = TimeSpan.FromHours(1).Ticks; // not 0: what takes 0 for "never" must show itself
    long _order;
    int _armed;

    /// <summary>A clock on its own: timers run inside <see cref="Advance"/>, in the order of their due times.</summary>
    public VirtualTime()
        : this(static action => action(), static () => { })
    {
    }

    internal VirtualTime(Action<Action> run, Action assertInside)
    {
        _run = run;
        _assertInside = assertInside;
    }

    /// <summary>What the wall clock is ahead of the monotonic one.</summary>
    public TimeSpan WallOffset { get; set; }

    /// <summary>The monotonic clock.</summary>
    public long Milliseconds => _ticks / TimeSpan.TicksPerMillisecond;

    /// <summary>The time since the start of the run.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(_ticks) - TimeSpan.FromHours(1);

    /// <summary>The timers that are armed.</summary>
    public int ArmedTimers => Volatile.Read(ref _armed);

    /// <summary>Told, by whoever arms a timer, that one is armed.</summary>
    internal Action? Armed { get; init; }

    /// <summary>How long it is until the next timer is due; null: none is armed.</summary>
    public TimeSpan? UntilNext => NextDue is { } due ? TimeSpan.FromTicks(Math.Max(0, due - _ticks)) : null;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long GetTimestamp() => _ticks;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Epoch + TimeSpan.FromTicks(_ticks) + WallOffset;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _assertInside();
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock and runs, or hands to the scheduler, what comes due on the way.</summary>
    public void Advance(TimeSpan by)
    {
        _assertInside();
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var end = _ticks + by.Ticks;
        while (NextDue is { } due && due <= end)
        {
            _ticks = Math.Max(_ticks, due);
            RunDue();
        }

        _ticks = end;
    }

    // Moves the clock to the next timer and hands all timers of that instant over. False: no timer is armed.
    internal bool AdvanceToNext()
    {
        if (NextDue is not { } due)
            return false;
        _ticks = Math.Max(_ticks, due);
        RunDue();
        return true;
    }

    long? NextDue
    {
        get
        {
            lock (_gate)
                return NextDueInsideLock();
        }
    }

    long? NextDueInsideLock()
    {
        while (_timers.TryPeek(out var next, out var key))
        {
            if (next.Timer.Version == next.Version)
                return key.Due;
            _timers.Dequeue(); // changed or disposed since
        }

        return null;
    }

    void RunDue()
    {
        while (true)
        {
            VirtualTimer timer;
            long version;
            lock (_gate)
            {
                if (NextDueInsideLock() is not { } due || due > _ticks)
                    return;
                (timer, version) = _timers.Dequeue();
            }

            _run(() => timer.Fire(version));
        }
    }

    sealed class VirtualTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        readonly ExecutionContext? _context = ExecutionContext.Capture();
        TimeSpan _period = Timeout.InfiniteTimeSpan;
        bool _armed;
        bool _disposed;

        public long Version { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            time._assertInside();
            lock (time._gate)
            {
                if (_disposed)
                    return false;
                Disarm();
                _period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                    Arm(dueTime);
            }

            time.Armed?.Invoke();
            return true;
        }

        public void Fire(long version)
        {
            lock (time._gate)
            {
                if (Version != version)
                    return;
                Disarm();
                if (_period > TimeSpan.Zero)
                    Arm(_period);
            }

            if (_context is null)
                callback(state);
            else
                ExecutionContext.Run(_context, callback.Invoke, state);
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                Disarm();
                _disposed = true;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        void Arm(TimeSpan dueTime)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
            _armed = true;
            time._armed++;
            time._timers.Enqueue((this, Version), (time._ticks + dueTime.Ticks, time._order++));
        }

        void Disarm()
        {
            Version++;
            if (_armed)
                time._armed--;
            _armed = false;
        }
    }
}
