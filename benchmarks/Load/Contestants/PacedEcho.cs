using System.Collections.Concurrent;

namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>The floor of the open loop: a send for each request at its time, replies in the order of the requests. Nothing is slow in its server.</summary>
sealed class PacedEcho(Socket socket, Meter meter, Workload workload)
{
    readonly ConcurrentQueue<TaskCompletionSource<bool>> _waiting = new();

    public async Task RunAsync()
    {
        var receiving = Task.Run(ReceiveAsync);
        var request = new byte[4 + workload.PayloadBytes];
        request[0] = (byte)workload.PayloadBytes;
        await new PacedLoop<Caller, bool>(new Caller(this, request), meter, workload.Callers).RunAsync();
        socket.Shutdown(SocketShutdown.Both);
        await receiving;
    }

    async Task ReceiveAsync()
    {
        var buffer = new byte[64 * 1024];
        var filled = 0;
        while (await socket.ReceiveAsync(buffer.AsMemory(filled)) is > 0 and var received)
        {
            filled += received;
            var (whole, frames) = BatchingEcho.Walk(buffer.AsSpan(0, filled));
            buffer.AsSpan(whole, filled - whole).CopyTo(buffer);
            filled -= whole;
            for (var i = 0; i < frames && _waiting.TryDequeue(out var one); i++)
                one.SetResult(true);
        }
    }

    readonly struct Caller(PacedEcho echo, byte[] request) : ICaller<bool>
    {
        public ValueTask<bool> CallAsync(int caller, long sequence)
        {
            var one = new TaskCompletionSource<bool>();
            echo._waiting.Enqueue(one);
            var sent = echo.Send(request);
            return sent == request.Length ? new ValueTask<bool>(one.Task) : throw new IOException($"{sent} of {request.Length} bytes were taken");
        }

        public void Check(in bool reply, int caller, long sequence)
        {
        }
    }

    int Send(byte[] request) => socket.Send(request);
}
