using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace ButlerRpc.Benchmarks.Load.Measuring;

/// <summary>
/// An open loop: calls are made at a fixed rate by a clock, whether or not earlier ones have been answered, and a latency counts from the time at which its call was to be made.
/// So whatever holds the client up is in the latencies of all calls that waited for it, and none is omitted.
/// </summary>
sealed class PacedLoop<TCaller, TReply>(TCaller caller, Meter meter, int callsPerSecond)
    where TCaller : struct, ICaller<TReply>
{
    readonly Lock _gate = new(); // whoever holds it is the lane's one writer
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long _inFlight;
    bool _stopped;

    public async Task RunAsync()
    {
        var pacing = Task.Factory.StartNew(Pace, TaskCreationOptions.LongRunning);
        await Task.WhenAny(pacing, _ended.Task); // a call that fails ends it at once
        lock (_gate)
        {
            _stopped = true;
            if (_inFlight == 0)
                _ended.TrySetResult();
        }

        await _ended.Task;
        await pacing;
    }

    void Pace()
    {
        Nap.BePrecise();
        var interval = (double)Stopwatch.Frequency / callsPerSecond;
        var first = Stopwatch.GetTimestamp();
        for (long sequence = 1; !meter.Stopping && !_ended.Task.IsCompleted; sequence++)
        {
            var due = first + (long)(sequence * interval);
            while (Stopwatch.GetTimestamp() < due)
                Nap.Take();
            lock (_gate)
            {
                _inFlight++;
                meter.Issue(due);
            }

            _ = OneAsync(sequence, due);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    async ValueTask OneAsync(long sequence, long due)
    {
        Exception? failure = null;
        try
        {
            caller.Check(await caller.CallAsync(0, sequence), 0, sequence);
        }
        catch (Exception e)
        {
            failure = e; // RunAsync throws it
        }

        lock (_gate)
        {
            meter[0].End(Pacing.IsSlow(sequence) ? 0 : due);
            meter.Answer(due);
            if (failure is not null)
                _ended.TrySetException(failure);
            else if (--_inFlight == 0 && _stopped)
                _ended.TrySetResult();
        }
    }
}

/// <summary>Which calls of an open loop have a slow handler, and how slow it is.</summary>
static class Pacing
{
    public const int SlowMilliseconds = 10;

    public static bool IsSlow(long sequence) => sequence % 100 == 0;
}
