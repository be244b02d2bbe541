using System.Globalization;
using ButlerRpc.Benchmarks.Load.Trials;

namespace ButlerRpc.Benchmarks.Load.Reporting;

/// <summary>What several rows say together.</summary>
static class Comparisons
{
    /// <summary>Latencies of the open loop, share by share. Null where no such row was run.</summary>
    public static Finding? OpenLoop(IReadOnlyList<Section> sections)
    {
        double[] shares = [0.5, 0.9, 0.99, 0.999, 0.9999, 1];
        var rows = new List<IReadOnlyList<string>>();
        foreach (var section in sections.Where(s => s.Row.IsPaced))
        {
            rows.AddRange(section.Lines.Select(line => (IReadOnlyList<string>)[
                section.Row.Title, line.Contestant, Text($"{line.Rate.Median:N0}"),
                .. shares.Select(share => line.Steps.FirstOrDefault(s => s.Share == share) is { } step ? Text($"{step.Microseconds:0}") : "–")]));
        }

        return rows.Count == 0 ? null : new Finding(
            "Open loop: latency from the time at which a call was to be made, µs",
            ["rate asked for", "contestant", "calls/s", "p50", "p90", "p99", "p99.9", "p99.99", "longest"], rows,
            ["Of the ninety-nine calls in a hundred whose handler is not slow. The floor knows no slow handlers: it is what the clock that makes the calls and the machine give."],
            new Dictionary<string, double>());
    }

    /// <summary>How rate and memory grow with the callers. Null where there are not two rows to compare.</summary>
    public static Finding? Callers(IReadOnlyList<Section> sections)
    {
        var points = sections.Where(s => s.Row is { Kind: WorkloadKind.Unary, Sessions: 1, Callers: >= 64 })
            .Select(s => (s.Row.Callers, Line: s.Lines.FirstOrDefault(l => l.Contestant == "butler")))
            .Where(p => p.Line is not null).OrderBy(p => p.Callers).ToArray();
        if (points.Length < 2)
            return null;
        var (first, last) = (points[0], points[^1]);
        double PerCaller(Func<Line, double> bytes) => (bytes(last.Line!) - bytes(first.Line!)) / (last.Callers - first.Callers);
        var least = points.Min(p => p.Line!.Rate.Median) / first.Line!.Rate.Median;
        return new Finding(
            "Callers on one session: rate and memory",
            ["callers", "calls/s", $"× that of {first.Callers}", "heap of both ends, KiB", "per caller more, B", "working sets, MiB"],
            [
                .. points.Select(p => (IReadOnlyList<string>)[
                    Text($"{p.Callers}"), Text($"{p.Line!.Rate.Median:N0}"), Text($"{p.Line.Rate.Median / first.Line.Rate.Median:0.00}"), Text($"{p.Line.HeapBytes / 1024:N0}"),
                    p.Callers == first.Callers ? "–" : Text($"{(p.Line.HeapBytes - first.Line.HeapBytes) / (p.Callers - first.Callers):N0}"),
                    Text($"{p.Line.WorkingSetBytes / (1 << 20):0}")]),
            ],
            [Text($"A caller holds {PerCaller(l => l.HeapBytes):N0} B of heap at both ends together, the benchmark's own loop and counters for it included.")],
            new Dictionary<string, double> { ["least_to_first"] = least, ["bytes_per_caller"] = PerCaller(l => l.HeapBytes), ["most_callers"] = last.Callers });
    }

    /// <summary>What large replies do to the small calls beside them.</summary>
    public static Finding? Mixed(IReadOnlyList<Section> sections)
    {
        var rows = (from section in sections
                    from alone in sections
                    where section.Row.Alone == alone.Row
                    from line in section.Lines
                    let lineAlone = alone.Lines.FirstOrDefault(l => l.Contestant == line.Contestant)
                    where lineAlone is not null
                    select (IReadOnlyList<string>)[
                        section.Row.Title, line.Contestant, Text($"{lineAlone.P50:0} → {line.P50:0}"), Text($"{lineAlone.P99:0} → {line.P99:0}"),
                        Text($"{line.P99 / lineAlone.P99:0.0}")]).ToArray();
        return rows.Length == 0 ? null : new Finding(
            "Small calls beside large replies", ["row", "contestant", "p50 µs, alone → beside", "p99 µs, alone → beside", "p99 ×"], rows,
            ["Where the replies have a session of their own, they cost the small calls what the machine's processors do; the rest is what comes before them in their session."],
            new Dictionary<string, double>());
    }

    /// <summary>Items of a stream against unary calls of 64 callers, both of the same run.</summary>
    public static Finding? Streams(IReadOnlyList<Section> sections, IReadOnlyList<Measurement> measurements)
    {
        var rows = (from section in sections
                    where section.Row.IsStream
                    from line in section.Lines
                    let ratio = RunByRun.Ratio(measurements, (section.Row, line.Contestant), (Workload.Echo(32, 64), line.Contestant), m => m.Rate)
                    where !double.IsNaN(ratio.Median)
                    select (IReadOnlyList<string>)[section.Row.Title, line.Contestant, Text($"{line.Rate.Median:N0}"), Text($"{ratio.Median:0.00}")]).ToArray();
        return rows.Length == 0 ? null : new Finding(
            "Items of a stream against calls of 64 callers", ["row", "contestant", "items/s", "× calls/s"], rows, [], new Dictionary<string, double>());
    }

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Ratios of two contestants or rows, each run's figure to the other's of the same run.</summary>
static class RunByRun
{
    public static Spread Ratio(
        IReadOnlyList<Measurement> measurements, (Workload Row, string Contestant) of, (Workload Row, string Contestant) to, Func<Measurement, double> figure) => Spread.Of(
        from one in measurements
        where one.Row == of.Row.Id && one.Contestant == of.Contestant
        from other in measurements
        where other.Row == to.Row.Id && other.Contestant == to.Contestant && other.Run == one.Run
        select figure(one) / figure(other));
}
