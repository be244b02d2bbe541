using ButlerRpc.Benchmarks.Load.Contestants;
using ButlerRpc.Benchmarks.Load.Roles;

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
    Machine Machine, Plan Plan, IReadOnlyList<Section> Sections, IReadOnlyList<Measurement> Measurements, IReadOnlyList<string> Notes)
{
    public static Report Of(
        Machine machine, Plan plan, IReadOnlyList<Measurement> measurements,
        IReadOnlyDictionary<(string Row, string Contestant), (SystemCalls Client, SystemCalls Server, double Rate)> systemCalls, IReadOnlyList<string> notes)
    {
        var sections = new List<Section>();
        foreach (var row in plan.Rows)
        {
            var lines = new List<Line>();
            foreach (var contestant in plan.Contestants)
            {
                var runs = measurements.Where(m => m.Row == row.Id && m.Contestant == contestant.Name).ToArray();
                if (runs.Length > 0)
                    lines.Add(LineOf(contestant, runs, systemCalls.TryGetValue((row.Id, contestant.Name), out var counted) ? counted : null));
            }

            sections.Add(new Section(row, lines));
        }

        return new Report(machine, plan, sections, measurements, [.. notes, .. Comparisons(sections)]);
    }

    /// <summary>What large replies beside them do to small calls, where both rows were run.</summary>
    static IEnumerable<string> Comparisons(IReadOnlyList<Section> sections) =>
        from section in sections
        from alone in sections
        where section.Row.Alone == alone.Row
        from line in section.Lines
        let lineAlone = alone.Lines.FirstOrDefault(l => l.Contestant == line.Contestant)
        where lineAlone is not null
        select string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{section.Row.Title}, {line.Contestant}: p99 {line.P99:0.0} µs, alone {lineAlone.P99:0.0} µs, {line.P99 / lineAlone.P99:0.00} × (at most 3)");

    static Line LineOf(Contestant contestant, Measurement[] runs, (SystemCalls Client, SystemCalls Server, double Rate)? counted)
    {
        double Median(Func<Measurement, double> figure) => Spread.Of(runs.Select(figure)).Median;
        double PerCall(Func<SystemCalls, double> figure) => counted is { } c ? (figure(c.Client) + figure(c.Server)) / c.Rate : double.NaN;
        return new Line
        {
            Contestant = contestant.Name,
            Rate = Spread.Of(runs.Select(m => m.Rate)),
            Ratio = Spread.Of(runs.Select(m => m.Ratio ?? double.NaN)),
            P50 = Median(m => m.Client.P50),
            P99 = Median(m => m.Client.P99),
            ClientCpu = Median(m => m.Client.Used.CpuMicroseconds / m.Client.Calls),
            ServerCpu = Median(m => m.Server.CpuMicroseconds / m.Client.Calls),
            RequestsPerSend = Median(m => m.ClientSegments is > 0 and var s ? (double)m.Client.Calls / s : double.NaN),
            RepliesPerSend = Median(m => m.ServerSegments is > 0 and var s ? (double)m.Client.Calls / s : double.NaN),
            ClientBytes = Median(m => (double)m.Client.Used.AllocatedBytes / m.Client.Calls),
            ServerBytes = Median(m => (double)m.Server.AllocatedBytes / m.Client.Calls),
            Sends = PerCall(s => s.Sends),
            Receives = PerCall(s => s.Receives),
            Waits = PerCall(s => s.Waits),
            AllSystemCalls = PerCall(s => s.All),
            Foreign = Median(m => m.Foreign),
        };
    }
}
