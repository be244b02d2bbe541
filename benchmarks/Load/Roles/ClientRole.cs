using System.Globalization;
using System.Runtime;
using System.Text.Json;
using ButlerRpc.Benchmarks.Load.Contestants;

namespace ButlerRpc.Benchmarks.Load.Roles;

/// <summary>
/// The client's process. It says <c>connected</c>, makes calls, and answers to lines: <c>compiled</c> tells how many methods the JIT has compiled,
/// <c>measure seconds</c> says <c>begin</c> and <c>end</c> around its window, <c>stop</c> ends it with its report.
/// </summary>
static class ClientRole
{
    public static async Task<int> RunAsync(string contestant, string row, int port)
    {
        var workload = Workload.Parse(row);
        await using var client = await DotNetContestant.Of(contestant).ConnectAsync(workload, port);
        var meter = new Meter(workload.Lanes);
        var calls = Task.Run(() => client.RunAsync(meter));
        ServerRole.Say("connected");

        // A thread of its own for the clock and the coordinator: the pool belongs to the contestant.
        var report = await Task.Factory.StartNew(() => Converse(workload, meter, calls), TaskCreationOptions.LongRunning);
        meter.Stop();
        await calls.WaitAsync(TimeSpan.FromSeconds(30));
        ServerRole.Say(JsonSerializer.Serialize(report, PipeJson.Default.ClientReport));
        return 0;
    }

    static ClientReport? Converse(Workload workload, Meter meter, Task calls)
    {
        ClientReport? report = null;
        while (Console.In.ReadLine() is { } line && line != "stop")
        {
            if (calls.IsCompleted)
                calls.GetAwaiter().GetResult(); // they end by themselves only by failing
            if (line == "compiled")
                ServerRole.Say(Compiled());
            else
                report = Measure(workload, meter, calls, double.Parse(line["measure ".Length..], CultureInfo.InvariantCulture));
        }

        return report;
    }

    internal static string Compiled() => string.Create(CultureInfo.InvariantCulture, $"compiled {JitInfo.GetCompiledMethodCount()}");

    static ClientReport Measure(Workload workload, Meter meter, Task calls, double seconds)
    {
        meter.BeginWindow();
        var first = ProcessSample.Now();
        var before = meter.Calls;
        ServerRole.Say("begin");
        ((IAsyncResult)calls).AsyncWaitHandle.WaitOne(TimeSpan.FromSeconds(seconds));
        if (calls.IsCompleted)
            calls.GetAwaiter().GetResult();
        var after = meter.Calls;
        var used = ProcessSample.Now() - first;
        meter.EndWindow();
        ServerRole.Say("end");
        if (after == before)
            throw new InvalidOperationException("no call was answered");
        if (workload.IsPaced && !SpinWait.SpinUntil(() => meter.IsSettled || calls.IsCompleted, TimeSpan.FromSeconds(20)))
            throw new InvalidOperationException("calls of the window were not answered within 20 s");
        var latencies = meter.Latencies();
        return new ClientReport(
            after - before, latencies.Percentile(0.5), latencies.Percentile(0.9), latencies.Percentile(0.99), latencies.Percentile(0.999), used)
        {
            Longest = latencies.Percentile(1),
            Steps = latencies.Steps(),
            Memory = MemoryUse.Now(),
        };
    }
}
