using System.Globalization;
using ButlerRpc.Benchmarks.Load.Trials;

namespace ButlerRpc.Benchmarks.Load.Reporting;

/// <summary>The targets of docs/performance.md, each with what was measured. Ratios are each run's own; what stands here is their median.</summary>
static class Targets
{
    static readonly Workload Alone = Workload.Echo(32, 1), Many = Workload.Echo(32, 64), More = Workload.Echo(32, 256), Large = Workload.Echo(1 << 20, 4);

    static readonly Workload Stream = new(WorkloadKind.ServerStream, 32, 1, 1), Beside = new(WorkloadKind.Mixed, 1 << 20, 4, 1);

    public static Finding Of(IReadOnlyList<Section> sections, IReadOnlyList<Measurement> measurements, IReadOnlyList<Finding> findings)
    {
        double Ratio(Workload row, string contestant, Workload toRow, string to, Func<Measurement, double>? figure = null) =>
            RunByRun.Ratio(measurements, (row, contestant), (toRow, to), figure ?? (m => m.Rate)).Median;
        double To(Workload row, string contestant, string to) => Ratio(row, contestant, row, to);
        double Figure(string name) => findings.Select(f => f.Figures.TryGetValue(name, out var value) ? value : double.NaN).FirstOrDefault(v => !double.IsNaN(v), double.NaN);
        Line? butler = sections.FirstOrDefault(s => s.Row == Many)?.Lines.FirstOrDefault(l => l.Contestant == "butler");

        Target[] targets =
        [
            AtLeast("32 B, 64 callers, default: × floor", To(Many, "butler", "floor"), 0.60),
            AtLeast("the same, inline: × floor", To(Many, "butler-inline", "floor"), 0.75),
            AtLeast("the same, default: × redis-benchmark ECHO -P 64", To(Many, "butler", "redis-echo"), 1),
            AtLeast("the same, default: × ASP.NET Core HTTP/2 with JSON", To(Many, "butler", "aspnet-h2-json"), 10),
            AtLeast("the same, default: × gRPC C++", To(Many, "butler", "grpc-cpp"), 10),
            AtLeast("256 callers, default: × floor", To(More, "butler", "floor"), 0.35),
            AtLeast("256 callers, inline: × floor", To(More, "butler-inline", "floor"), 0.40),
            AtMost("1 caller, p50: × floor", Ratio(Alone, "butler", Alone, "floor", m => m.Client.P50), 1.10),
            AtMost("1 caller, p99: × floor", Ratio(Alone, "butler", Alone, "floor", m => m.Client.P99), 1.25),
            AtMost("64 callers, p99 ÷ p50: × floor's", Ratio(Many, "butler", Many, "floor", m => m.Client.P99 / m.Client.P50), 1.5),
            AtLeast("1 MiB echo, 4 in flight: × floor", To(Large, "butler", "floor"), 0.90),
            AtMost("bytes allocated per call, client", butler?.ClientBytes ?? double.NaN, 0.5),
            AtMost("bytes allocated per call, server", butler?.ServerBytes ?? double.NaN, 0.5),
            AtLeast("requests per send, 64 callers", butler?.RequestsPerSend ?? double.NaN, 32),
            AtLeast("replies per send, 64 callers", butler?.RepliesPerSend ?? double.NaN, 32),
            AtLeast("server stream, 1 stream, items: × calls of 64 callers", Ratio(Stream, "butler", Many, "butler"), 2.5),
            AtLeast("server stream, 1 stream: × gRPC C++", To(Stream, "butler", "grpc-cpp"), 10),
            AtMost("32 B beside 1 MiB replies, p99: × alone", Ratio(Beside, "butler", Beside.Alone!, "butler", m => m.Client.P99), 3),
            AtLeast("64 to 4096 callers, least rate: × that of 64", Figure("least_to_first"), 1),
            AtLeast("through the broker: × direct", To(Many, "broker", "butler"), 0.35),
            AtLeast("through the broker: × RabbitMQ", To(Many, "broker", "rabbitmq"), 20),
            AtMost("idle sessions that dropped", Figure("dropped"), 0),
            AtMost("KiB held by an idle session, both sides", Figure("kib_both"), 20),
            AtMost("timer ticks while nothing is pending", Figure("ticks_without_pings"), 0),
            AtMost("first call after process start: × bare", Figure("butler_to_bare"), 1.3),
            AtMost("the same, the library as its package carries it", Figure("butler_to_bare_packaged"), 1.3),
            AtMost("the same, both published with ReadyToRun", Figure("butler_to_bare_r2r"), 1.3),
        ];
        return new Finding(
            "Targets", ["what", "target", "measured", "reached"],
            [.. targets.Select(t => (IReadOnlyList<string>)[t.What, t.Wanted, double.IsNaN(t.Measured) ? "–" : Text($"{t.Measured:0.##}"), t.Verdict])], [],
            new Dictionary<string, double> { ["targets"] = targets.Length, ["reached"] = targets.Count(t => t.Verdict == "yes") });
    }

    static Target AtLeast(string what, double measured, double wanted) =>
        new(what, Text($"≥ {wanted:0.##}"), measured, Verdict(measured, measured >= wanted, (wanted - measured) / wanted, "too little"));

    static Target AtMost(string what, double measured, double wanted) =>
        new(what, Text($"≤ {wanted:0.##}"), measured, Verdict(measured, measured <= wanted, wanted == 0 ? double.NaN : (measured - wanted) / wanted, "too much"));

    static string Verdict(double measured, bool reached, double missing, string how)
    {
        if (double.IsNaN(measured))
            return "not measured";
        return reached ? "yes" : double.IsNaN(missing) ? "no" : Text($"no, {missing * 100:0} % {how}");
    }

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    sealed record Target(string What, string Wanted, double Measured, string Verdict);
}
