namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>What the machine gives to anyone: bare sockets, no correlation, no codec, no callers that wait on their own. The measure of all others.</summary>
sealed class FloorContestant : Contestant
{
    public override string Name => "floor";

    public override string Configuration =>
        "bare async Socket, NoDelay, u32 length + payload. Unary: all callers' requests leave in one send, the server echoes what one receive brought in one send, " +
        "the next batch leaves when the last reply has come (1 caller: async ping-pong). Bulk: whole frames, the client sends and receives at once, " +
        "the server receives a frame while it sends the last";

    public override Task<LoadServer> ServeAsync(Workload workload)
    {
        var listener = new FloorListener(workload.Kind == WorkloadKind.Bulk ? BulkEcho.ServeAsync : BatchingEcho.ServeAsync, workload);
        return Task.FromResult(new LoadServer(listener.Port, listener));
    }

    public override async Task<LoadClient> ConnectAsync(Workload workload, int port)
    {
        var sockets = new Socket[workload.Sessions];
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
    public override Task RunAsync(Meter meter) => Task.WhenAll(sockets.Select((socket, i) => Task.Run(() =>
    {
        var share = workload.Callers / sockets.Length + (i < workload.Callers % sockets.Length ? 1 : 0);
        return workload.Kind == WorkloadKind.Bulk
            ? BulkEcho.CallAsync(socket, workload.PayloadBytes, share, meter, meter[i])
            : BatchingEcho.CallAsync(socket, workload.PayloadBytes, share, meter, meter[i]);
    })));

    public override ValueTask DisposeAsync()
    {
        foreach (var socket in sockets)
            socket.Dispose();
        return default;
    }
}
