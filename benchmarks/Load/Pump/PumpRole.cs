using System.Diagnostics;
using System.Globalization;
using ButlerRpc.Benchmarks.Load.Contestants;
using ButlerRpc.Benchmarks.Load.Reporting;

namespace ButlerRpc.Benchmarks.Load.Pump;

/// <summary>Client and server on one thread over memory: nanoseconds of the library's own work per call, both sides together.</summary>
static class PumpRole
{
    const double WarmUpSeconds = 3, RoundSeconds = 0.2;
    const int Rounds = 30;

    public static int Run(int callers, bool inline, bool iproto)
    {
        var endpoint = iproto ? "mem://pump?framing=iproto" : "mem://pump";
        var platform = new PumpPlatform();
        var starting = ButlerServer.StartAsync(endpoint, s => s.Add<IEcho>(new Echo()), new ButlerServerOptions { Platform = platform });
        platform.RunUntil(() => starting.IsCompleted);
        var connecting = ButlerClient.ConnectAsync(
            endpoint, new ButlerClientOptions { Platform = platform, InlineContinuations = inline });
        platform.RunUntil(() => connecting.IsCompleted);
        using var cancellation = new CancellationTokenSource();
        var echo = connecting.GetAwaiter().GetResult().Create<IEcho>();
        var meter = new Meter(callers);
        for (var i = 0; i < callers; i++)
            _ = inline ? CallInlineAsync(echo, meter[i], i, cancellation.Token) : CallAsync(echo, meter[i], i, cancellation.Token);

        // The compiler's tiers first; then the best of many short rounds, since whatever else runs on the machine can only add.
        platform.RunUntil(After(WarmUpSeconds));
        var (best, times, allocated) = (double.MaxValue, new List<double>(), 0.0);
        for (var round = 0; round < Rounds; round++)
        {
            var first = ProcessSample.Now();
            var before = meter.Calls;
            platform.RunUntil(After(RoundSeconds));
            var used = ProcessSample.Now() - first;
            var calls = meter.Calls - before;
            times.Add(used.CpuMicroseconds * 1000 / calls);
            best = Math.Min(best, times[^1]);
            allocated = used.AllocatedBytes!.Value / (double)calls;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{callers} callers{(inline ? ", inline" : "")}{(iproto ? ", iproto" : "")}: {best:0} ns of processor time per call (median {Spread.Of(times).Median:0}), {allocated:0.00} B"));
        return 0;
    }

    static Func<bool> After(double seconds)
    {
        var start = Stopwatch.GetTimestamp();
        return () => Stopwatch.GetElapsedTime(start).TotalSeconds > seconds;
    }

    static async Task CallAsync(IEcho echo, Meter.Lane lane, int caller, CancellationToken token)
    {
        for (long sequence = 1; ; sequence++)
        {
            (await echo.EchoAsync(Numbers.Of(caller, sequence), token)).Check(caller, sequence);
            lane.End(0);
        }
    }

    static async Task CallInlineAsync(IEcho echo, Meter.Lane lane, int caller, CancellationToken token)
    {
        for (long sequence = 1; ; sequence++)
        {
            (await echo.EchoInlineAsync(Numbers.Of(caller, sequence), token)).Check(caller, sequence);
            lane.End(0);
        }
    }
}
