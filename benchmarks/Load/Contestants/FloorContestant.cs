namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>What the machine gives to anyone: bare sockets, no correlation, no codec, no callers that wait on their own. The measure of all others.</summary>
sealed class FloorContestant : DotNetContestant
{
    public override string Name => "floor";

    public override string Configuration =>
        "bare async Socket, NoDelay, u32 length + payload. Up to 256 KiB in flight: all callers' requests leave in one send, the server echoes what one receive brought " +
        "in one send, the next batch leaves when the last reply has come (1 caller: async ping-pong). More: whole frames, the client sends and receives at once, " +
        "the server receives a frame while it sends the last. Streams: 64 KiB of frames in one send, as many as go. Open loop: one send for each request. Replies beside: over a socket of their own, each into the same buffer";

    public override bool Runs(Workload workload) =>
        workload.Callers >= workload.Sessions && workload.Kind is not (WorkloadKind.Mixed or WorkloadKind.PacedBlocking or WorkloadKind.CancelStorm);

    /// <summary>What one send can carry goes in one send: the fastest way for small frames, and the slowest for large ones, of which each end would wait for a whole batch.</summary>
    internal static bool Batches(Workload workload) =>
        workload.Kind is WorkloadKind.Unary or WorkloadKind.Apart or WorkloadKind.Duplex or WorkloadKind.Paced || (long)workload.PayloadBytes * workload.Callers / workload.Sessions <= 256 << 10;

    public override Task<LoadServer> ServeAsync(Workload workload)
    {
        var listener = new FloorListener(
            workload.Kind is WorkloadKind.ServerStream or WorkloadKind.ClientStream ? Flood.ServeAsync : workload.Kind == WorkloadKind.Apart ? Blocks.ServeAsync : Batches(workload) ? BatchingEcho.ServeAsync : BulkEcho.ServeAsync,
            workload);
        return Task.FromResult(new LoadServer(listener.Port, listener));
    }

    public override async Task<LoadClient> ConnectAsync(Workload workload, int port)
    {
        var sockets = new Socket[workload.IsStream ? workload.Callers : workload.Kind == WorkloadKind.Apart ? workload.Sessions + 1 : workload.Sessions];
        for (var i = 0; i < sockets.Length; i++)
        {
            sockets[i] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await sockets[i].ConnectAsync(IPAddress.Loopback, port);
        }

        return new FloorClient(sockets, workload);
    }
}

/// <summary>Accepts connections and serves each in a loop of its own.</summary>
sealed class FloorListener : IAsyncDisposable
{
    readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    readonly Func<Socket, Workload, Task> _serve;
    readonly Workload _workload;
    readonly Task _accepting;

    public FloorListener(Func<Socket, Workload, Task> serve, Workload workload)
    {
        (_serve, _workload) = (serve, workload);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    async Task AcceptAsync()
    {
        var serving = new List<Task>();
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                break; // closed by DisposeAsync
            }

            serving.Add(Task.Run(() => _serve(socket, _workload)));
        }

        await Task.WhenAll(serving);
    }
}

sealed class FloorClient(Socket[] sockets, Workload workload) : LoadClient
{
    public override Task RunAsync(Meter meter)
    {
        if (workload.IsPaced)
            return new PacedEcho(sockets[0], meter, workload).RunAsync();
        if (workload.IsStream)
            return Task.WhenAll(Enumerable.Range(0, workload.Callers).Select(i => Task.Run(() => Flood.CallAsync(sockets[i], workload, meter, meter[i]))));
        return Task.WhenAll(sockets.Select((socket, i) => Task.Run(() =>
        {
            if (i == workload.Sessions)
                return Blocks.TakeAsync(socket, workload.PayloadBytes, meter);
            var share = workload.Callers / workload.Sessions + (i < workload.Callers % workload.Sessions ? 1 : 0);
            return FloorContestant.Batches(workload)
                ? BatchingEcho.CallAsync(socket, workload.Kind == WorkloadKind.Apart ? 32 : workload.PayloadBytes, share, meter, meter[i])
                : BulkEcho.CallAsync(socket, workload.PayloadBytes, share, meter, meter[i]);
        })));
    }

    public override ValueTask DisposeAsync()
    {
        foreach (var socket in sockets)
            socket.Dispose();
        return default;
    }
}
