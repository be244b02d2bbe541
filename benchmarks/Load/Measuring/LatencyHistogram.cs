using System.Numerics;

namespace ButlerRpc.Benchmarks.Load.Measuring;

/// <summary>Latencies in buckets at most 1.6 % wide, from nanoseconds to a minute; recording allocates nothing. One writer.</summary>
sealed class LatencyHistogram
{
    const int Precision = 6;
    const int Buckets = (37 - Precision) << Precision;

    readonly long[] _counts = new long[Buckets];

    public long Total { get; private set; }

    public void Record(long nanoseconds, long count = 1)
    {
        _counts[IndexOf(nanoseconds)] += count;
        Total += count;
    }

    public void Clear()
    {
        Array.Clear(_counts);
        Total = 0;
    }

    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < Buckets; i++)
            _counts[i] += other._counts[i];
        Total += other.Total;
    }

    /// <summary>The latency that a share of the calls stays below, in microseconds.</summary>
    public double Percentile(double share)
    {
        var rank = (long)Math.Ceiling(Total * share);
        long seen = 0;
        for (var i = 0; i < Buckets; i++)
        {
            seen += _counts[i];
            if (seen >= rank && seen > 0)
                return MiddleOf(i) / 1000.0;
        }

        return 0;
    }

    /// <summary>Where a share of the calls ends that matters to somebody, up to the longest call.</summary>
    public IReadOnlyList<LatencyStep> Steps()
    {
        double[] shares = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99999, 1];
        return Total == 0 ? [] : [.. shares.Where(s => s == 1 || (1 - s) * Total >= 1).Select(s => new LatencyStep(s, Percentile(s)))];
    }

    static int IndexOf(long value)
    {
        value = Math.Clamp(value, 0, (1L << 36) - 1);
        var shift = Math.Max(0, 63 - BitOperations.LeadingZeroCount((ulong)value | 1) - Precision);
        return (shift << Precision) + (int)(value >> shift);
    }

    static double MiddleOf(int index)
    {
        if (index < 2 << Precision)
            return index;
        var shift = (index >> Precision) - 1;
        var low = (long)(index - (shift << Precision)) << shift;
        return low + (1L << shift) / 2.0;
    }
}
