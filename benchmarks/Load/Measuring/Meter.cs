using System.Diagnostics;

namespace ButlerRpc.Benchmarks.Load.Measuring;

/// <summary>What the callers of one client write to: each its own lane, so that counting costs no shared cache line.</summary>
sealed class Meter
{
    /// <summary>A histogram takes 16 KiB: where there are thousands of callers, so many of them are timed, and the memory that a caller costs is still seen.</summary>
    const int TimedLanes = 64;

    readonly Lane[] _lanes;
    volatile bool _stopping;
    long _from = long.MaxValue;
    long _until = long.MaxValue;
    long _issued;
    long _unanswered;

    public Meter(int lanes)
    {
        _lanes = new Lane[lanes];
        for (var i = 0; i < lanes; i++)
            _lanes[i] = new Lane(this, i < TimedLanes);
    }

    public bool Stopping => _stopping;

    public int Lanes => _lanes.Length;

    /// <summary>The calls made so far.</summary>
    public long Calls => _lanes.Sum(l => Volatile.Read(ref l.Calls));

    public Lane this[int index] => _lanes[index];

    /// <summary>Latencies of calls that begin from now on count.</summary>
    public void BeginWindow() => Volatile.Write(ref _from, Stopwatch.GetTimestamp());

    /// <summary>Latencies of calls that begin later do not count.</summary>
    public void EndWindow() => Volatile.Write(ref _until, Stopwatch.GetTimestamp());

    public void Stop() => _stopping = true;

    /// <summary>Whether a call that began then belongs to the window.</summary>
    public bool IsInWindow(long start) => start >= Volatile.Read(ref _from) && start <= Volatile.Read(ref _until);

    /// <summary>Open loop: a call that was due then is made.</summary>
    public void Issue(long due)
    {
        Volatile.Write(ref _issued, due);
        if (IsInWindow(due))
            Interlocked.Increment(ref _unanswered);
    }

    /// <summary>Open loop: it has been answered.</summary>
    public void Answer(long due)
    {
        if (IsInWindow(due))
            Interlocked.Decrement(ref _unanswered);
    }

    /// <summary>Open loop: whether every call that was due within the window has been made and answered. To leave out those that still wait would leave out the slowest.</summary>
    public bool IsSettled => Volatile.Read(ref _issued) > Volatile.Read(ref _until) && Volatile.Read(ref _unanswered) == 0;

    public LatencyHistogram Latencies()
    {
        var all = new LatencyHistogram();
        foreach (var lane in _lanes)
        {
            if (lane.Latencies is { } latencies)
                all.Add(latencies);
        }

        return all;
    }

    /// <summary>One caller's counts.</summary>
    public sealed class Lane(Meter meter, bool timed)
    {
        /// <summary>The clock is dear on virtual machines (38 ns), so of many callers only one call in 13 is timed; a prime, so that no batch size is favoured.</summary>
        const int SampleEvery = 13;

        public long Calls;
#pragma warning disable CS0169, CA1823 // keeps the next lane's counter off this cache line
        readonly long _padding0, _padding1, _padding2, _padding3, _padding4, _padding5;
#pragma warning restore CS0169, CA1823

        int _untilSample;

        public LatencyHistogram? Latencies { get; } = timed ? new LatencyHistogram() : null;

        /// <summary>The start time of a call that is to be timed, else 0.</summary>
        public long Start(bool every)
        {
            if (every)
                return Stopwatch.GetTimestamp();
            if (Latencies is null || --_untilSample > 0)
                return 0;
            _untilSample = SampleEvery;
            return Stopwatch.GetTimestamp();
        }

        /// <summary>Counts calls that have ended; <paramref name="start"/> as <see cref="Start"/> gave it.</summary>
        public void End(long start, int calls = 1)
        {
            Calls += calls;
            if (start != 0 && meter.IsInWindow(start))
                Latencies?.Record((long)Stopwatch.GetElapsedTime(start).TotalNanoseconds, calls);
        }

        internal void Stagger(int index) => _untilSample = 1 + index % SampleEvery;
    }
}
