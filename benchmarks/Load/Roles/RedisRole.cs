using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace ButlerRpc.Benchmarks.Load.Roles;

/// <summary>Speaks for redis-server and redis-benchmark as <see cref="ServerRole"/> and <see cref="ClientRole"/> speak for themselves.</summary>
static class RedisRole
{
    /// <summary>Starts redis-server on a port of its own, and answers for it until the input ends.</summary>
    public static async Task<int> ServeAsync()
    {
        var port = FreePort().ToString(CultureInfo.InvariantCulture);
        using var server = Run("redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--daemonize", "no");
        try
        {
            while (await server.StandardOutput.ReadLineAsync() is { } line && !line.Contains("Ready to accept connections", StringComparison.OrdinalIgnoreCase))
            {
            }

            if (server.HasExited)
                throw new InvalidOperationException($"redis-server ended with exit code {server.ExitCode}");
            _ = server.StandardOutput.ReadToEndAsync();
            ServerRole.Say($"ready {port}");
            ServerRole.Answer(() => Programs.Sample(server), () => MemoryOf(server));
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }

        return 0;
    }

    /// <summary>Runs redis-benchmark: first for as long as the warm-up lasts, in order to see how fast it is, then with as many requests as fill the window.</summary>
    public static int Call(string command, Workload workload, string port)
    {
        var payload = new string('x', workload.PayloadBytes);
        if (command == "GET")
            Benchmark(1, "-t", "set", "-d", workload.PayloadBytes.ToString(CultureInfo.InvariantCulture));
        string[] test = command == "GET" ? ["-t", "get", "-d", workload.PayloadBytes.ToString(CultureInfo.InvariantCulture)] : ["ECHO", payload];
        ServerRole.Say("connected");
        ClientReport? report = null;
        while (Console.In.ReadLine() is { } line && line != "stop")
        {
            if (line == "compiled")
            {
                ServerRole.Say("compiled 0");
                continue;
            }

            var seconds = double.Parse(line["measure ".Length..], CultureInfo.InvariantCulture);
            var rate = Benchmark(Benchmark(20_000, test).Rate / 4, test).Rate; // in two steps, since the first is too short to be exact
            var before = Programs.EndedMicroseconds();
            ServerRole.Say("begin");
            var measured = Benchmark(rate * seconds, test);
            ServerRole.Say("end");
            var used = new ProcessSample(measured.Calls / measured.Rate, Programs.EndedMicroseconds() - before, AllocatedBytes: null, 0, 0);
            report = new ClientReport(measured.Calls, measured.P50, P90: 0, measured.P99, P999: 0, used) { Longest = measured.Longest };
        }

        ServerRole.Say(JsonSerializer.Serialize(report, PipeJson.Default.ClientReport));
        return 0;

        Result Benchmark(double requests, params string[] what)
        {
            var calls = Math.Max(workload.Callers, (long)requests);
            using var process = Run("redis-benchmark", [
                "-h", "127.0.0.1", "-p", port, "--csv", "-c", workload.Sessions.ToString(CultureInfo.InvariantCulture),
                "-P", (workload.Callers / workload.Sessions).ToString(CultureInfo.InvariantCulture), "-n", calls.ToString(CultureInfo.InvariantCulture), .. what]);
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            var last = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";
            var fields = last.Split("\",\"").Select(f => f.Trim('"')).ToArray(); // "test","rps","avg_latency_ms","min…","p50…","p95…","p99…","max…"
            if (process.ExitCode != 0 || fields.Length != 8)
                throw new InvalidOperationException($"redis-benchmark ended with exit code {process.ExitCode} and said '{last}'");
            double Number(int index) => fields[index] == "inf" ? double.PositiveInfinity : double.Parse(fields[index], CultureInfo.InvariantCulture);
            return new Result(calls, Number(1), Number(4) * 1000, Number(6) * 1000, Number(7) * 1000);
        }
    }

    readonly record struct Result(long Calls, double Rate, double P50, double P99, double Longest);

    static MemoryUse MemoryOf(Process process)
    {
        process.Refresh();
        return new MemoryUse(null, process.WorkingSet64);
    }

    static Process Run(string program, params IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true })!;

    // redis-server takes no port 0; whoever binds it in between makes it end with an error, which the coordinator tells.
    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
