using System.Buffers.Binary;

namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>Large frames, each received whole before it is answered.</summary>
static class BulkEcho
{
    const int Prefix = 4;

    public static async Task CallAsync(Socket socket, int payload, int inFlight, Meter meter, Meter.Lane lane)
    {
        var request = new byte[Prefix + payload];
        BinaryPrimitives.WriteInt32LittleEndian(request, payload);
        request.AsSpan(Prefix).Fill(0x5A);
        using var free = new SemaphoreSlim(inFlight);
        var started = new long[inFlight];
        var receiving = Task.Run(ReceiveAsync);
        for (var i = 0L; !meter.Stopping; i++)
        {
            await free.WaitAsync();
            started[i % inFlight] = lane.Start(every: true);
            await SendAllAsync(socket, request);
        }

        socket.Shutdown(SocketShutdown.Send);
        await receiving;

        async Task ReceiveAsync()
        {
            var reply = new byte[request.Length];
            for (var i = 0L; await ReceiveWholeAsync(socket, reply) > 0; i++)
            {
                lane.End(started[i % inFlight]);
                free.Release();
            }
        }
    }

    public static async Task ServeAsync(Socket socket, Workload workload)
    {
        using var owned = socket;
        socket.NoDelay = true;
        var (filling, leaving) = (new byte[Prefix + workload.PayloadBytes], new byte[Prefix + workload.PayloadBytes]);
        var sending = Task.CompletedTask;
        while (await ReceiveWholeAsync(socket, filling) is > 0 and var length)
        {
            await sending;
            (filling, leaving) = (leaving, filling);
            sending = SendAllAsync(socket, leaving.AsMemory(0, length)).AsTask();
        }

        await sending;
    }

    /// <summary>One frame; 0 when the peer has closed.</summary>
    static async ValueTask<int> ReceiveWholeAsync(Socket socket, byte[] buffer)
    {
        var (filled, wanted) = (0, Prefix);
        while (filled < wanted)
        {
            // The prefix and what follows in one receive: nothing of the next frame can be read, since the frames of a run are of one size.
            var received = await socket.ReceiveAsync(buffer.AsMemory(filled));
            if (received == 0)
                return 0;
            filled += received;
            if (filled >= Prefix)
                wanted = Prefix + BinaryPrimitives.ReadInt32LittleEndian(buffer);
        }

        return wanted;
    }

    static async ValueTask SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[await socket.SendAsync(bytes)..];
    }
}
