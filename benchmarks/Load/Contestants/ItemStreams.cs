namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>Streams of items over a contract: each as fast as the credit of its reader lets it.</summary>
static class ItemStreams
{
    public static Task RunAsync(IEcho[] services, WorkloadKind kind, Meter meter)
    {
        var streams = new Task[meter.Lanes];
        for (var i = 0; i < streams.Length; i++)
        {
            var (service, lane) = (services[i % services.Length], meter[i]);
            streams[i] = Task.Run(() => kind switch
            {
                WorkloadKind.ServerStream => ReadAsync(service.WatchAsync(), meter, lane),
                WorkloadKind.ClientStream => WriteAsync(service, meter, lane),
                _ => ReadAsync(service.MirrorAsync(ItemsAsync(meter)), meter, lane),
            });
        }

        return Task.WhenAll(streams);
    }

    public static async Task ReadAsync(IAsyncEnumerable<Numbers> items, Meter meter, Meter.Lane lane)
    {
        long sequence = 0;
        await foreach (var item in items)
        {
            item.Check(0, ++sequence);
            lane.End(0);
            if (meter.Stopping)
                break;
        }
    }

    static async Task WriteAsync(IEcho service, Meter meter, Meter.Lane lane)
    {
        var counted = await service.CountAsync(ItemsAsync(meter, lane));
        if (counted != lane.Calls)
            throw new InvalidDataException($"{counted} of {lane.Calls} items have arrived");
    }

    static async IAsyncEnumerable<Numbers> ItemsAsync(Meter meter, Meter.Lane? lane = null)
    {
        for (long sequence = 1; !meter.Stopping; sequence++)
        {
            lane?.End(0);
            yield return Numbers.Of(0, sequence);
        }

        await Task.CompletedTask;
    }
}
