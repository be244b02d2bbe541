using ButlerRpc.Benchmarks.Load.Contestants;
using ButlerRpc.Benchmarks.Load.Roles;
using ButlerRpc.Benchmarks.Load.Trials;

namespace ButlerRpc.Benchmarks.Load.Reporting;

/// <summary>Several values of one figure: their median and how far they lie apart.</summary>
readonly record struct Spread(double Median, double Least, double Most)
{
    public static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        if (sorted.Length == 0)
            return new Spread(double.NaN, double.NaN, double.NaN);
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }
}

/// <summary>One contestant in one row: medians over the runs.</summary>
sealed record Line
{
    public required string Contestant { get; init; }

    public required Spread Rate { get; init; }

    /// <summary>Over the floor of the same run.</summary>
    public required Spread Ratio { get; init; }

    public required double P50 { get; init; }

    public required double P99 { get; init; }

    /// <summary>The latency that shares of all calls stayed below, in microseconds: medians over the runs.</summary>
    public required IReadOnlyList<LatencyStep> Steps { get; init; }

    /// <summary>What both processes hold while calls are in flight, in bytes: what is alive on the heaps, and what they have of the machine.</summary>
    public required double HeapBytes { get; init; }

    public required double WorkingSetBytes { get; init; }

    /// <summary>Microseconds of processor time per call.</summary>
    public required double ClientCpu { get; init; }

    public required double ServerCpu { get; init; }

    public required double RequestsPerSend { get; init; }

    public required double RepliesPerSend { get; init; }

    public required double ClientBytes { get; init; }

    public required double ServerBytes { get; init; }

    /// <summary>System calls per call, both processes; not a number: not counted.</summary>
    public required double Sends { get; init; }

    public required double Receives { get; init; }

    public required double Waits { get; init; }

    public required double AllSystemCalls { get; init; }

    public required double Foreign { get; init; }
}

/// <summary>One row of the grid with its contestants.</summary>
sealed record Section(Workload Row, IReadOnlyList<Line> Lines);

/// <summary>Everything a run of the benchmark found out.</summary>
sealed record Report(
    Machine Machine, Plan Plan, IReadOnlyList<Section> Sections, IReadOnlyList<Measurement> Measurements, IReadOnlyList<Finding> Findings, IReadOnlyList<string> Notes)
{
    public static Report Of(
        Machine machine, Plan plan, IReadOnlyList<Measurement> measurements,
        IReadOnlyDictionary<(string Row, string Contestant), (SystemCalls Client, SystemCalls Server, double Rate)> systemCalls, IReadOnlyList<Finding> trials,
        IReadOnlyList<string> notes)
    {
        var sections = new List<Section>();
        foreach (var (row, contestants) in plan.Rows)
        {
            var lines = new List<Line>();
            foreach (var contestant in contestants)
            {
                var runs = measurements.Where(m => m.Row == row.Id && m.Contestant == contestant.Name).ToArray();
                if (runs.Length > 0)
                    lines.Add(LineOf(contestant, runs, systemCalls.TryGetValue((row.Id, contestant.Name), out var counted) ? counted : null));
            }

            if (lines.Count > 0)
                sections.Add(new Section(row, lines));
        }

        Finding?[] comparisons = [ Comparisons.OpenLoop(sections), Comparisons.Callers(sections), Comparisons.Mixed(sections), Comparisons.Streams(sections, measurements)];
        Finding[] findings = [.. comparisons.OfType<Finding>(), .. trials];
        return new Report(machine, plan, sections, measurements, plan.HasTargets ? [Targets.Of(sections, measurements, findings), .. findings] : findings, notes);
    }

    static Line LineOf(Contestant contestant, Measurement[] runs, (SystemCalls Client, SystemCalls Server, double Rate)? counted)
    {
        double Median(Func<Measurement, double> figure) => Spread.Of(runs.Select(figure)).Median;
        double PerCall(Func<SystemCalls, double> figure) => counted is { } c ? (figure(c.Client) + figure(c.Server)) / c.Rate : double.NaN;
        return new Line
        {
            Contestant = contestant.Name,
            Rate = Spread.Of(runs.Select(m => m.Rate)),
            Ratio = Spread.Of(runs.Select(m => m.Ratio ?? double.NaN)),
            P50 = Median(m => Taken(m.Client.P50)),
            P99 = Median(m => Taken(m.Client.P99)),
            Steps = [.. from step in runs.SelectMany(m => m.Client.Steps ?? []) group step by step.Share into g select new LatencyStep(g.Key, Spread.Of(g.Select(s => s.Microseconds)).Median)],
            HeapBytes = Median(m => m.Client.Memory?.HeapBytes + m.Server.Memory?.HeapBytes ?? double.NaN),
            WorkingSetBytes = Median(m => m.Client.Memory?.WorkingSetBytes + m.Server.Memory?.WorkingSetBytes ?? double.NaN),
            ClientCpu = Median(m => m.Client.Used.CpuMicroseconds / m.Client.Calls),
            ServerCpu = Median(m => m.Server.Used.CpuMicroseconds / m.Client.Calls),
            RequestsPerSend = Median(m => m.ClientSegments is > 0 and var s ? (double)m.Client.Calls / s : double.NaN),
            RepliesPerSend = Median(m => m.ServerSegments is > 0 and var s ? (double)m.Client.Calls / s : double.NaN),
            ClientBytes = Median(m => m.Client.Used.AllocatedBytes / (double)m.Client.Calls ?? double.NaN),
            ServerBytes = Median(m => m.Server.Used.AllocatedBytes / (double)m.Client.Calls ?? double.NaN),
            Sends = PerCall(s => s.Sends),
            Receives = PerCall(s => s.Receives),
            Waits = PerCall(s => s.Waits),
            AllSystemCalls = PerCall(s => s.All),
            Foreign = Median(m => m.Foreign),
        };
    }

    static double Taken(double latency) => latency > 0 ? latency : double.NaN; // items of a stream have none
}
