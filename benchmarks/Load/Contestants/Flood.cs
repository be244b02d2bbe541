using System.Buffers.Binary;

namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>Small frames in one direction, as many as go: what a stream of items is measured by. 64 KiB leave in one send; the receiver walks the frames by their lengths.</summary>
static class Flood
{
    const int Prefix = 4, BlockBytes = 64 * 1024;

    /// <summary>Sends until the meter says stop or the peer is gone; counts in the lane, if there is one.</summary>
    public static async Task SendAsync(Socket socket, int payload, Func<bool> stopping, Meter.Lane? lane)
    {
        var frames = BlockBytes / (Prefix + payload);
        var block = new byte[frames * (Prefix + payload)];
        for (var i = 0; i < frames; i++)
            BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(i * (Prefix + payload)), payload);
        try
        {
            while (!stopping())
            {
                for (ReadOnlyMemory<byte> rest = block; rest.Length > 0;)
                    rest = rest[await socket.SendAsync(rest)..];
                lane?.End(0, frames);
            }

            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.OperationAborted)
        {
            // The client has all it wants and has closed.
        }
    }

    /// <summary>Receives until the peer ends or the meter says stop; counts in the lane, if there is one.</summary>
    public static async Task ReceiveAsync(Socket socket, Func<bool> stopping, Meter.Lane? lane)
    {
        var buffer = new byte[2 * BlockBytes];
        var filled = 0;
        while (!stopping() && await socket.ReceiveAsync(buffer.AsMemory(filled)) is > 0 and var received)
        {
            filled += received;
            var (whole, frames) = BatchingEcho.Walk(buffer.AsSpan(0, filled));
            buffer.AsSpan(whole, filled - whole).CopyTo(buffer);
            filled -= whole;
            lane?.End(0, frames);
        }
    }

    public static async Task ServeAsync(Socket socket, Workload workload)
    {
        using var owned = socket;
        socket.NoDelay = true;
        await (workload.Kind == WorkloadKind.ServerStream
            ? SendAsync(socket, workload.PayloadBytes, static () => false, lane: null)
            : ReceiveAsync(socket, static () => false, lane: null));
    }

    public static Task CallAsync(Socket socket, Workload workload, Meter meter, Meter.Lane lane)
    {
        bool Stopping() => meter.Stopping;
        return workload.Kind switch
        {
            WorkloadKind.ServerStream => ReceiveAsync(socket, Stopping, lane),
            WorkloadKind.ClientStream => SendAsync(socket, workload.PayloadBytes, Stopping, lane),
            _ => Task.WhenAll(
                Task.Run(() => SendAsync(socket, workload.PayloadBytes, Stopping, lane: null)),
                Task.Run(() => ReceiveAsync(socket, static () => false, lane))),
        };
    }
}
