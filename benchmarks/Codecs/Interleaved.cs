using System.Diagnostics;

namespace ButlerRpc.Benchmarks.Codecs;

/// <summary>
/// Ratios on a machine that has other things to do: all contestants take turns in one process, each turn a few milliseconds, and the fastest turn of each counts, since
/// nothing but interference makes a turn slower.
/// </summary>
static class Interleaved
{
    const int Rounds = 60;
    static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(8);

    public static void Run(TextWriter output)
    {
        output.WriteLine("| record | contestant | encode ns | × Protobuf | × by hand | B | decode ns | × Protobuf | × by hand | B |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (var record in Contestants.Records)
        {
            var contestants = Contestants.Names.Select(name => Contestants.Create(name, record)).ToArray();
            var encode = Measure(contestants, c => c.Encode());
            var decode = Measure(contestants, c => c.Decode());
            for (var i = 0; i < contestants.Length; i++)
                output.WriteLine($"| {record} | {Contestants.Names[i]} | {Columns(encode, i)} | {Columns(decode, i)} |");
        }
    }

    static string Columns((double Nanoseconds, double Bytes)[] results, int i) =>
        FormattableString.Invariant($"{results[i].Nanoseconds:F1} | {results[i].Nanoseconds / results[2].Nanoseconds:F2} | {results[i].Nanoseconds / results[1].Nanoseconds:F2} | {results[i].Bytes:F0}");

    static (double Nanoseconds, double Bytes)[] Measure(Contestant[] contestants, Action<Contestant> action)
    {
        // Long enough for every contestant to reach its last tier of compilation.
        foreach (var contestant in contestants)
        {
            for (var i = 0; i < 100; i++)
            {
                TimeFor(contestant, action, 1_000);
                Thread.Sleep(2);
            }
        }

        var counts = contestants.Select(c => (int)Math.Max(1, Turn.TotalNanoseconds / TimeFor(c, action, 5_000))).ToArray();
        var best = Enumerable.Repeat(double.MaxValue, contestants.Length).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < contestants.Length; i++)
                best[i] = Math.Min(best[i], TimeFor(contestants[i], action, counts[i]));
        }

        return [.. contestants.Select((c, i) => (best[i], BytesFor(c, action)))];
    }

    static double TimeFor(Contestant contestant, Action<Contestant> action, int count)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
            action(contestant);
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / count;
    }

    static double BytesFor(Contestant contestant, Action<Contestant> action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            action(contestant);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / 1000.0;
    }
}
