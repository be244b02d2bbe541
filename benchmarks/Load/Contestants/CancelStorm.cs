using System.Diagnostics;

namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>
/// Callers who give up: each call is cancelled once its handler runs, which an echo on the same session tells. What is counted is calls that ended so; at the end not a
/// single handler may be waiting still, and the session must answer as before.
/// </summary>
static class CancelStorm
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(IEcho[] services, Meter meter)
    {
        await Task.WhenAll(Enumerable.Range(0, meter.Lanes).Select(i => OneAsync(services[i % services.Length], meter, meter[i], i)));
        var start = Stopwatch.GetTimestamp();
        while (await services[0].CountWaitingAsync() is > 0 and var waiting)
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
                throw new InvalidOperationException($"{waiting} handlers are waiting {Patience.TotalSeconds:0} s after the last call was cancelled");
            await Task.Delay(10);
        }
    }

    static async Task OneAsync(IEcho service, Meter meter, Meter.Lane lane, int caller)
    {
        await Task.Yield();
        for (long sequence = 1; !meter.Stopping; sequence++)
        {
            using var giveUp = new CancellationTokenSource();
            var call = service.WaitAsync(giveUp.Token).AsTask();
            (await service.EchoAsync(Numbers.Of(caller, sequence))).Check(caller, sequence);
            var start = lane.Start(every: true);
            giveUp.Cancel();
            try
            {
                await call;
                throw new InvalidDataException("a call that was cancelled has succeeded");
            }
            catch (OperationCanceledException e) when (e.CancellationToken == giveUp.Token)
            {
                lane.End(start);
            }
        }
    }
}
