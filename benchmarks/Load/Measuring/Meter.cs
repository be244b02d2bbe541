using System.Diagnostics;

namespace ButlerRpc.Benchmarks.Load.Measuring;

/// <summary>What the callers of one client write to: each its own lane, so that counting costs no shared cache line.</summary>
sealed class Meter
{
    readonly Lane[] _lanes;
    volatile bool _stopping;
    volatile bool _recording;

    public Meter(int lanes)
    {
        _lanes = new Lane[lanes];
        for (var i = 0; i < lanes; i++)
            _lanes[i] = new Lane(this);
    }

    public bool Stopping => _stopping;

    public int Lanes => _lanes.Length;

    /// <summary>The calls made so far.</summary>
    public long Calls => _lanes.Sum(l => Volatile.Read(ref l.Calls));

    public Lane this[int index] => _lanes[index];

    /// <summary>Latencies count from now on.</summary>
    public void BeginWindow() => _recording = true;

    /// <summary>Latencies count no longer.</summary>
    public void EndWindow() => _recording = false;

    public void Stop() => _stopping = true;

    public LatencyHistogram Latencies()
    {
        var all = new LatencyHistogram();
        foreach (var lane in _lanes)
            all.Add(lane.Latencies);
        return all;
    }

    /// <summary>One caller's counts.</summary>
    public sealed class Lane(Meter meter)
    {
        /// <summary>The clock is dear on virtual machines (38 ns), so of many callers only one call in 13 is timed; a prime, so that no batch size is favoured.</summary>
        const int SampleEvery = 13;

        public long Calls;
#pragma warning disable CS0169, CA1823 // keeps the next lane's counter off this cache line
        readonly long _padding0, _padding1, _padding2, _padding3, _padding4, _padding5;
#pragma warning restore CS0169, CA1823

        int _untilSample;

        public LatencyHistogram Latencies { get; } = new();

        /// <summary>The start time of a call that is to be timed, else 0.</summary>
        public long Start(bool every)
        {
            if (every)
                return Stopwatch.GetTimestamp();
            if (--_untilSample > 0)
                return 0;
            _untilSample = SampleEvery;
            return Stopwatch.GetTimestamp();
        }

        /// <summary>Counts calls that have ended; <paramref name="start"/> as <see cref="Start"/> gave it.</summary>
        public void End(long start, int calls = 1)
        {
            Calls += calls;
            if (start != 0 && meter._recording)
                Latencies.Record((long)(Stopwatch.GetElapsedTime(start).TotalNanoseconds), calls);
        }

        internal void Stagger(int index) => _untilSample = 1 + index % SampleEvery;
    }
}
