namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>Blocks of bytes, one after the other, beside the echoes of other sockets: what large replies on a connection of their own cost small calls on any library.</summary>
static class Blocks
{
    const byte Wanted = 0xFF; // no echo begins with it: the lowest byte of a length of 32

    public static async Task TakeAsync(Socket socket, int payload, Meter meter)
    {
        byte[] request = [Wanted];
        var block = new byte[payload];
        while (!meter.Stopping)
        {
            await socket.SendAsync(request);
            for (var filled = 0; filled < block.Length;)
            {
                var received = await socket.ReceiveAsync(block.AsMemory(filled));
                if (received == 0)
                    throw new IOException("the floor's server has closed");
                filled += received;
            }
        }

        socket.Shutdown(SocketShutdown.Both);
    }

    /// <summary>Gives blocks to whoever asks for one first, and echoes to the others.</summary>
    public static async Task ServeAsync(Socket socket, Workload workload)
    {
        var first = new byte[1];
        if (await socket.ReceiveAsync(first, SocketFlags.Peek) > 0 && first[0] != Wanted)
        {
            await BatchingEcho.ServeAsync(socket, workload);
            return;
        }

        using var owned = socket;
        socket.NoDelay = true;
        var block = new byte[workload.PayloadBytes];
        while (await socket.ReceiveAsync(first) > 0)
        {
            for (ReadOnlyMemory<byte> rest = block; rest.Length > 0;)
                rest = rest[await socket.SendAsync(rest)..];
        }
    }
}
