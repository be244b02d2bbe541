using System.Buffers.Binary;

namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>Small frames, many in one send. Both sides walk the frames by their lengths, as anyone must.</summary>
static class BatchingEcho
{
    const int Prefix = 4;

    public static async Task CallAsync(Socket socket, int payload, int inFlight, Meter meter, Meter.Lane lane)
    {
        var frame = Prefix + payload;
        var requests = new byte[frame * inFlight];
        for (var i = 0; i < inFlight; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(requests.AsSpan(i * frame), payload);
            requests.AsSpan(i * frame + Prefix, payload).Fill((byte)i);
        }

        var replies = new byte[Math.Max(64 * 1024, requests.Length)];
        while (!meter.Stopping)
        {
            var start = lane.Start(every: true);
            var sending = SendAllAsync(socket, requests); // not awaited yet: replies to a large batch arrive before its last request has left
            var (filled, answered) = (0, 0);
            while (answered < inFlight)
            {
                var received = await socket.ReceiveAsync(replies.AsMemory(filled));
                if (received == 0)
                    throw new IOException("the floor's server has closed");
                filled += received;
                var (whole, frames) = Walk(replies.AsSpan(0, filled));
                replies.AsSpan(whole, filled - whole).CopyTo(replies);
                filled -= whole;
                answered += frames;
            }

            await sending;
            lane.End(start, answered);
        }

        socket.Shutdown(SocketShutdown.Both);
    }

    public static async Task ServeAsync(Socket socket, Workload workload)
    {
        using var owned = socket;
        socket.NoDelay = true;
        var requests = new byte[Math.Max(64 * 1024, (Prefix + workload.PayloadBytes) * 2)];
        var replies = new byte[requests.Length];
        var filled = 0;
        while (await socket.ReceiveAsync(requests.AsMemory(filled)) is > 0 and var received)
        {
            filled += received;
            var (whole, _) = Walk(requests.AsSpan(0, filled));
            requests.AsSpan(0, whole).CopyTo(replies);
            requests.AsSpan(whole, filled - whole).CopyTo(requests);
            filled -= whole;
            await SendAllAsync(socket, replies.AsMemory(0, whole));
        }
    }

    static async ValueTask SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[await socket.SendAsync(bytes)..];
    }

    public static (int Bytes, int Frames) Walk(ReadOnlySpan<byte> bytes)
    {
        var (position, frames) = (0, 0);
        while (bytes.Length - position >= Prefix)
        {
            var end = position + Prefix + BinaryPrimitives.ReadInt32LittleEndian(bytes[position..]);
            if (end > bytes.Length)
                break;
            (position, frames) = (end, frames + 1);
        }

        return (position, frames);
    }
}
