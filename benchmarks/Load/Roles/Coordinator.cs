using System.Globalization;
using System.Text.Json;
using ButlerRpc.Benchmarks.Load.Contestants;
using ButlerRpc.Benchmarks.Load.Reporting;
using ButlerRpc.Benchmarks.Load.Trials;

namespace ButlerRpc.Benchmarks.Load.Roles;

/// <summary>Runs every contestant through every row, taking turns, each time with a server and a client process of its own.</summary>
sealed class Coordinator(Plan plan)
{
    readonly List<Measurement> _measurements = [];
    readonly List<Finding> _findings = [];
    readonly List<string> _failures = [];
    readonly Dictionary<(string Row, string Contestant), (SystemCalls Client, SystemCalls Server, double Rate)> _systemCalls = [];

    public async Task<int> RunAsync()
    {
        ChildProcess.Niceness = plan.Niceness;
        var machine = Machine.Here(plan.Version);
        var notes = plan.Rows.SelectMany(r => r.Contestants).Distinct().Where(c => c.Missing is not null).Select(c => $"{c.Name} is missing: {c.Missing}").ToList();
        if (plan.Quick)
            notes.Add("--quick: one run of a second each after a second of warm-up shows that it works; its figures mean nothing");
        Console.WriteLine(machine);
        foreach (var note in notes)
            Console.WriteLine(note);

        for (var run = 1; run <= plan.Runs; run++)
        {
            foreach (var row in plan.Rows)
                await TakeTurnsAsync(row, run);
        }

        if (plan.SystemCalls && SystemCallCounter.Missing() is { } missing)
            notes.Add(missing);
        else if (plan.SystemCalls)
            await CountSystemCallsAsync();

        foreach (var trial in plan.Trials)
            await TryAsync(trial);

        var report = Report.Of(machine, plan, _measurements, _systemCalls, _findings, [.. notes, .. _failures]);
        Console.WriteLine();
        TextTable.Write(report, Console.Out);
        var files = await ResultFiles.WriteAsync(report, plan.Out);
        Console.WriteLine($"\n{string.Join('\n', files)}");
        return _failures.Count == 0 ? 0 : 1;
    }

    static IEnumerable<Contestant> TakingPart(PlannedRow row) => row.Contestants.Where(c => c.Missing is null && c.Runs(row.Workload));

    async Task TryAsync(Trial trial)
    {
        try
        {
            Console.WriteLine(trial.Title);
            _findings.Add(await trial.RunAsync(plan));
        }
        catch (ChildFailedException e)
        {
            Fail($"{trial.Title}: {e.Message}");
        }
    }

    void Fail(string what)
    {
        _failures.Add(what);
        Console.WriteLine(what);
    }

    async Task TakeTurnsAsync(PlannedRow planned, int run)
    {
        var row = planned.Workload;
        double? floor = null;
        foreach (var contestant in TakingPart(planned))
        {
            try
            {
                var measured = await MeasureAsync(contestant, row, run);
                if (contestant is FloorContestant)
                    floor = measured.Rate;
                measured = measured with { Ratio = floor is { } f ? measured.Rate / f : null };
                _measurements.Add(measured);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"run {run}  {row.Title,-28}  {contestant.Name,-14}  {measured.Rate,12:N0} {row.Unit}/s  p50 {measured.Client.P50,8:0.0} µs  × floor {measured.Ratio,6:0.000}  others {measured.Foreign,4:P0}"));
            }
            catch (ChildFailedException e)
            {
                Fail($"{row.Title}, {contestant.Name}, run {run}: {e.Message}");
            }
        }
    }

    async Task<Measurement> MeasureAsync(Contestant contestant, Workload row, int run)
    {
        await using var server = contestant.StartServer(row);
        var port = await PortOfAsync(server);
        await using var client = contestant.StartClient(row, port);
        await WarmUpAsync(client, server);
        await client.AskAsync($"measure {plan.Measure.ToString(CultureInfo.InvariantCulture)}", "begin");
        await server.AskAsync("mark", "marked");
        var (before, segments) = (MachineLoad.Now(), SocketSegments.Of(port));
        await client.ReadAsync("end");
        await server.AskAsync("mark", "marked");
        var sent = SocketSegments.Of(port) - segments;
        var after = MachineLoad.Now();
        var served = JsonSerializer.Deserialize(await server.AskAsync("report", "{"), PipeJson.Default.ServerReport)!; // while calls are in flight, for what it holds then
        var report = JsonSerializer.Deserialize(await client.AskAsync("stop", "{"), PipeJson.Default.ClientReport)!;
        return new Measurement
        {
            Contestant = contestant.Name,
            Row = row.Id,
            Run = run,
            Client = report,
            Server = served,
            ClientSegments = sent?.ByClient,
            ServerSegments = sent?.ByServer,
            Foreign = MachineLoad.Foreign(before, after, (report.Used.CpuMicroseconds + served.Used.CpuMicroseconds) / 1e6),
        };
    }

    async Task CountSystemCallsAsync()
    {
        foreach (var planned in plan.Rows)
        {
            var row = planned.Workload;
            foreach (var contestant in TakingPart(planned))
            {
                try
                {
                    _systemCalls[(row.Id, contestant.Name)] = await CountSystemCallsAsync(contestant, row);
                }
                catch (ChildFailedException e)
                {
                    Fail($"{row.Title}, {contestant.Name}, system calls: {e.Message}");
                }
            }
        }
    }

    async Task<(SystemCalls Client, SystemCalls Server, double Rate)> CountSystemCallsAsync(Contestant contestant, Workload row)
    {
        const double Seconds = 1;
        await using var server = contestant.StartServer(row);
        var port = await PortOfAsync(server);
        await using var client = contestant.StartClient(row, port);
        await WarmUpAsync(client, server);
        await client.AskAsync($"measure {(2 * Seconds).ToString(CultureInfo.InvariantCulture)}", "begin");
        var atClient = SystemCallCounter.Start(client.Id, Seconds);
        var atServer = SystemCallCounter.Start(server.Id, Seconds);
        var (clientCalls, serverCalls) = (await atClient.ResultAsync(Seconds), await atServer.ResultAsync(Seconds));
        await client.ReadAsync("end");
        var report = JsonSerializer.Deserialize(await client.AskAsync("stop", "{"), PipeJson.Default.ClientReport)!;
        return (clientCalls, serverCalls, report.Calls / report.Used.Seconds);
    }

    /// <summary>
    /// The JIT's tiers come one by one, later where there is more code: a fixed warm-up alone would measure some contestants half compiled. So it goes on
    /// until neither process has compiled anything for a second.
    /// </summary>
    async Task WarmUpAsync(ChildProcess client, ChildProcess server)
    {
        const int Quiet = 3;
        await client.ReadAsync("connected");
        await Task.Delay(TimeSpan.FromSeconds(plan.WarmUp));
        var last = await CompiledAsync();
        for (var i = 0; i < plan.MostExtraWarmUp; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            var now = await CompiledAsync();
            if (now - last <= Quiet)
                break;
            last = now;
        }

        async Task<int> CompiledAsync() => await CompiledByAsync(client) + await CompiledByAsync(server);
    }

    static async Task<int> PortOfAsync(ChildProcess server) => int.Parse((await server.ReadAsync("ready "))["ready ".Length..], CultureInfo.InvariantCulture);

    static async Task<int> CompiledByAsync(ChildProcess process) =>
        int.Parse((await process.AskAsync("compiled", "compiled "))["compiled ".Length..], CultureInfo.InvariantCulture);
}
