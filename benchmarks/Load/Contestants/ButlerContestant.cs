namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>A typed contract over one session, with everything a call has: deadline, cancellation, certainty.</summary>
sealed class ButlerContestant(string name, string scheme, bool inline, string configuration) : DotNetContestant
{
    /// <summary>The native wire, as it is by default.</summary>
    public static readonly ButlerContestant Native = new(
        "butler", "tcp", inline: false,
        "ButlerRpc, generated contract, default options: 5 s deadline on every call, a live cancellation token on every call, which the handler takes too; " +
        "one client per session. Cancel storm: the server's limits for abuse are raised, since by default it ends a session that cancels more than 100 calls a second in the long run");

    public static readonly ButlerContestant Inline = new(
        "butler-inline", "tcp", inline: true,
        "as butler, but the handler is Inline and the client has InlineContinuations: user code on the read loops");

    public static readonly ButlerContestant Iproto = new("butler-iproto", "iproto", inline: false, "as butler, over the wire of go-iproto: the same contract, iproto:// endpoints");

    public override string Name => name;

    public override string Configuration => configuration;

    // An iproto body is one message of its own codec, and a method that gives blocks or streams has none.
    public override bool Runs(Workload workload) =>
        base.Runs(workload) || (scheme == "tcp" && !inline) || (workload.Kind is WorkloadKind.Mixed or WorkloadKind.Apart && scheme == "tcp");

    public override async Task<LoadServer> ServeAsync(Workload workload)
    {
        var server = await ButlerServer.StartAsync($"{scheme}://127.0.0.1:0", s => s.Add<IEcho>(new Echo(workload.PayloadBytes)), Options(workload));
        return new LoadServer(server.Endpoints[0].Port, server);
    }

    public override async Task<LoadClient> ConnectAsync(Workload workload, int port)
    {
        var clients = new ButlerClient[workload.Kind == WorkloadKind.Apart ? workload.Sessions + 1 : workload.Sessions];
        for (var i = 0; i < clients.Length; i++)
            clients[i] = await ButlerClient.ConnectAsync($"{scheme}://127.0.0.1:{port}", new ButlerClientOptions { InlineContinuations = inline });
        return new Client(clients, workload, inline);
    }

    static ButlerServerOptions Options(Workload workload) => workload.Kind == WorkloadKind.CancelStorm
        ? new ButlerServerOptions { Limits = new ButlerLimits { AbusePerSecond = 100_000_000, AbuseBurst = 1_000_000_000 } }
        : new ButlerServerOptions();

    sealed class Client(ButlerClient[] clients, Workload workload, bool inline) : LoadClient
    {
        public override async Task RunAsync(Meter meter)
        {
            using var cancellation = new CancellationTokenSource();
            var token = cancellation.Token;
            var services = clients.Select(c => c.Create<IEcho>()).ToArray();
            var beside = workload.Kind is WorkloadKind.Mixed or WorkloadKind.Apart ? TakeBlocksAsync(services[workload.Kind == WorkloadKind.Apart ? workload.Sessions : 0], meter, token) : Task.CompletedTask;
            services = services[..workload.Sessions];
            await ((workload.Kind, inline) switch
            {
                (WorkloadKind.Bulk, _) => CallLoop.RunAsync<BlockCaller, Block>(new BlockCaller(services, Block.OfSize(workload.PayloadBytes), token), meter),
                (WorkloadKind.Paced or WorkloadKind.PacedBlocking, _) =>
                    new PacedLoop<SlowCaller, Numbers>(new SlowCaller(services[0], workload.Kind == WorkloadKind.PacedBlocking, token), meter, workload.Callers).RunAsync(),
                (WorkloadKind.CancelStorm, _) => CancelStorm.RunAsync(services, meter),
                (WorkloadKind.ServerStream or WorkloadKind.ClientStream or WorkloadKind.Duplex, _) => ItemStreams.RunAsync(services, workload.Kind, meter),
                (_, true) => CallLoop.RunAsync<InlineCaller, Numbers>(new InlineCaller(services, token), meter),
                _ => CallLoop.RunAsync<Caller, Numbers>(new Caller(services, token), meter),
            });
            await beside;
        }

        async Task TakeBlocksAsync(IEcho service, Meter meter, CancellationToken token)
        {
            await Task.Yield();
            while (!meter.Stopping)
                (await service.TakeBlockAsync(workload.PayloadBytes, token)).Check(workload.PayloadBytes);
        }

        public override async ValueTask DisposeAsync()
        {
            foreach (var client in clients)
                await client.DisposeAsync();
        }
    }

    internal readonly struct Caller(IEcho[] services, CancellationToken token) : ICaller<Numbers>
    {
        public ValueTask<Numbers> CallAsync(int caller, long sequence) => services[caller % services.Length].EchoAsync(Numbers.Of(caller, sequence), token);

        public void Check(in Numbers reply, int caller, long sequence) => reply.Check(caller, sequence);
    }

    readonly struct InlineCaller(IEcho[] services, CancellationToken token) : ICaller<Numbers>
    {
        public ValueTask<Numbers> CallAsync(int caller, long sequence) => services[caller % services.Length].EchoInlineAsync(Numbers.Of(caller, sequence), token);

        public void Check(in Numbers reply, int caller, long sequence) => reply.Check(caller, sequence);
    }

    readonly struct SlowCaller(IEcho service, bool blocking, CancellationToken token) : ICaller<Numbers>
    {
        public ValueTask<Numbers> CallAsync(int caller, long sequence) => service.EchoSlowlyAsync(Numbers.Of(caller, sequence), blocking, token);

        public void Check(in Numbers reply, int caller, long sequence) => reply.Check(caller, sequence);
    }

    readonly struct BlockCaller(IEcho[] services, Block block, CancellationToken token) : ICaller<Block>
    {
        public ValueTask<Block> CallAsync(int caller, long sequence) => services[caller % services.Length].EchoBlockAsync(block, token);

        public void Check(in Block reply, int caller, long sequence) => reply.Check(block.Bytes.Length);
    }
}
