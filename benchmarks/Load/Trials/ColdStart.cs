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

    // benchmarks/run.sh makes both; this program lies in benchmarks/Load/bin/<configuration>/<framework>.
    static readonly string Built = ProgramIn("Release", "net10.0");
    static readonly string Published = ProgramIn("ReadyToRun");
    static readonly string Packaged = ProgramIn("Packaged");

    static readonly Start[] All =
    [
        new("bare", Built, "bare", "floor"), new("butler", Built, "butler", "butler"), new("http", Built, "http", "aspnet-h2-json"),
        new("butler, the library ReadyToRun", Packaged, "butler", "butler"),
        new("bare, ReadyToRun", Published, "bare", "floor"), new("butler, ReadyToRun", Published, "butler", "butler"),
    ];

    public override string Title => "From the start of a process to its first reply";

    public override async Task<Finding> RunAsync(Plan plan)
    {
        if (!File.Exists(Built))
            throw new ChildFailedException($"{Built} is not there: dotnet build -c Release benchmarks/FirstCall");
        var starts = All.Where(s => File.Exists(s.Program)).ToArray();
        var servers = new Dictionary<string, ChildProcess>();
        try
        {
            var times = starts.ToDictionary(s => s.Name, _ => new List<double>());
            var ports = new Dictionary<string, string>();
            foreach (var contestant in starts.Select(s => s.Contestant).Distinct())
            {
                servers[contestant] = Contestant.Of(contestant).StartServer(Workload.Echo(32, 1));
                ports[contestant] = (await servers[contestant].ReadAsync("ready "))["ready ".Length..];
            }

            for (var round = 0; round <= plan.ColdStarts; round++)
            {
                foreach (var start in starts)
                {
                    var took = await TimeAsync(start, ports[start.Contestant]);
                    if (round > 0)
                        times[start.Name].Add(took);
                }
            }

            double Median(string name) => times.TryGetValue(name, out var taken) ? Spread.Of(taken).Median : double.NaN;
            double ToBare(Start start) => Median(start.Name) / Median(start.Program == Published ? "bare, ReadyToRun" : "bare");
            return new Finding(
                Title, ["program", "ms", "least … most", "× bare"],
                [.. starts.Select(s => (Start: s, Times: Spread.Of(times[s.Name]))).Select(t => (string[])[
                    t.Start.Name, Text($"{t.Times.Median:0.0}"), Text($"{t.Times.Least:0.0} … {t.Times.Most:0.0}"), Text($"{ToBare(t.Start):0.00}")])],
                [
                    $"Medians of {plan.ColdStarts} starts of each. Bare: a socket, connected, with one message there and back. Http: HttpClient, HTTP/2, JSON by source generation. " +
                    "ReadyToRun: published with PublishReadyToRun, so that less is left to the JIT; the library alone: as it comes out of its package.",
                    .. starts.Length < All.Length ? ["ReadyToRun is missing: dotnet publish did not make it, benchmarks/run.sh says why"] : Array.Empty<string>(),
                ],
                new Dictionary<string, double>
                {
                    ["butler_to_bare"] = Median("butler") / Median("bare"),
                    ["butler_to_bare_packaged"] = Median("butler, the library ReadyToRun") / Median("bare"),
                    ["butler_to_bare_r2r"] = Median("butler, ReadyToRun") / Median("bare, ReadyToRun"),
                });
        }
        finally
        {
            foreach (var server in servers.Values)
                await server.DisposeAsync();
        }
    }

    static async Task<double> TimeAsync(Start start, string port)
    {
        var begun = Stopwatch.GetTimestamp();
        await using var process = ChildProcess.StartProgram("dotnet", start.Program, start.Kind, port);
        await process.ReadAsync("answered");
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }

    static string ProgramIn(params string[] folders) => Path.GetFullPath(
        Path.Combine([AppContext.BaseDirectory, "..", "..", "..", "..", "FirstCall", "bin", .. folders, "ButlerRpc.Benchmarks.FirstCall.dll"]));

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    sealed record Start(string Name, string Program, string Kind, string Contestant);
}
