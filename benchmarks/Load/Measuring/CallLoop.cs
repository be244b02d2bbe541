namespace ButlerRpc.Benchmarks.Load.Measuring;

/// <summary>Makes one call. A struct, so that the loop around it is compiled for it.</summary>
interface ICaller<TReply>
{
    ValueTask<TReply> CallAsync(int caller, long sequence);

    /// <summary>Throws unless the reply is the one to this call.</summary>
    void Check(in TReply reply, int caller, long sequence);
}

/// <summary>N independent callers, each making its next call when its last has been answered (a closed loop).</summary>
static class CallLoop
{
    public static Task RunAsync<TCaller, TReply>(TCaller caller, Meter meter)
        where TCaller : struct, ICaller<TReply>
    {
        var loops = new Task[meter.Lanes];
        for (var i = 0; i < loops.Length; i++)
            loops[i] = OneAsync<TCaller, TReply>(caller, meter, i);
        return Task.WhenAll(loops);
    }

    static async Task OneAsync<TCaller, TReply>(TCaller caller, Meter meter, int index)
        where TCaller : struct, ICaller<TReply>
    {
        await Task.Yield();
        var lane = meter[index];
        lane.Stagger(index);
        var alone = meter.Lanes < 8;
        for (long sequence = 1; !meter.Stopping; sequence++)
        {
            var start = lane.Start(alone);
            var reply = await caller.CallAsync(index, sequence);
            lane.End(start);
            caller.Check(in reply, index, sequence);
        }
    }
}
