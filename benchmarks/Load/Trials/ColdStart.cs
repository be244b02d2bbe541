using System.Diagnostics;
using System.Globalization;
using ButlerRpc.Benchmarks.Load.Contestants;
using ButlerRpc.Benchmarks.Load.Reporting;
using ButlerRpc.Benchmarks.Load.Roles;

namespace ButlerRpc.Benchmarks.Load.Trials;

/// <summary>
/// From the start of a process to its first reply: a console program (<c>benchmarks/FirstCall</c>) that connects to a server which is warm, makes one call and says so. Its
/// kinds take turns, the first start of each is not counted.
/// </summary>
sealed class ColdStart : Trial
{
    public static readonly ColdStart Instance = new();

    static readonly (string Kind, string Contestant)[] Kinds = [("bare", "floor"), ("butler", "butler"), ("http", "aspnet-h2-json")];

    // benchmarks/run.sh builds it; this program lies in benchmarks/Load/bin/<configuration>/<framework>.
    static readonly string Program = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "..", "..", "FirstCall", "bin", "Release", "net10.0", "ButlerRpc.Benchmarks.FirstCall.dll"));

    public override string Title => "From the start of a process to its first reply";

    public override async Task<Finding> RunAsync(Plan plan)
    {
        if (!File.Exists(Program))
            throw new ChildFailedException($"{Program} is not there: dotnet build -c Release benchmarks/FirstCall");
        var servers = new List<ChildProcess>();
        try
        {
            var times = new Dictionary<string, List<double>>();
            var ports = new Dictionary<string, string>();
            foreach (var (kind, contestant) in Kinds)
            {
                servers.Add(Contestant.Of(contestant).StartServer(Workload.Echo(32, 1)));
                ports[kind] = (await servers[^1].ReadAsync("ready "))["ready ".Length..];
                times[kind] = [];
            }

            for (var start = 0; start <= plan.ColdStarts; start++)
            {
                foreach (var (kind, _) in Kinds)
                {
                    var took = await StartAsync(kind, ports[kind]);
                    if (start > 0)
                        times[kind].Add(took);
                }
            }

            var bare = Spread.Of(times["bare"]);
            return new Finding(
                Title, ["program", "ms", "least … most", "× bare"],
                [.. Kinds.Select(k => Spread.Of(times[k.Kind])).Zip(Kinds, (spread, k) => (string[])[
                    k.Kind, Text($"{spread.Median:0.0}"), Text($"{spread.Least:0.0} … {spread.Most:0.0}"), Text($"{spread.Median / bare.Median:0.00}")])],
                [$"medians of {plan.ColdStarts} starts of each; bare: a socket, connected, with one message there and back; http: HttpClient, HTTP/2, JSON by source generation"],
                new Dictionary<string, double> { ["bare_ms"] = bare.Median, ["butler_ms"] = Spread.Of(times["butler"]).Median, ["butler_to_bare"] = Spread.Of(times["butler"]).Median / bare.Median });
        }
        finally
        {
            foreach (var server in servers)
                await server.DisposeAsync();
        }
    }

    static async Task<double> StartAsync(string kind, string port)
    {
        var start = Stopwatch.GetTimestamp();
        await using var process = ChildProcess.StartProgram("dotnet", Program, kind, port);
        await process.ReadAsync("answered");
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
