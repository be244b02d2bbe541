namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>The contract that is called.</summary>
[ButlerService]
partial interface IEcho
{
    [ButlerMethod(Code = 1)]
    ValueTask<Numbers> EchoAsync(Numbers numbers, CancellationToken ct = default);

    [ButlerMethod(Code = 2, Inline = true)]
    ValueTask<Numbers> EchoInlineAsync(Numbers numbers, CancellationToken ct = default);

    [ButlerMethod(Code = 3)]
    ValueTask<Block> EchoBlockAsync(Block block, CancellationToken ct = default);

    [ButlerMethod(Code = 4)]
    ValueTask<Block> TakeBlockAsync(int bytes, CancellationToken ct = default);
}

sealed class Echo(int blockBytes = 0) : IEcho
{
    readonly Block _block = Block.OfSize(blockBytes);

    public ValueTask<Numbers> EchoAsync(Numbers numbers, CancellationToken ct) => new(numbers);

    public ValueTask<Numbers> EchoInlineAsync(Numbers numbers, CancellationToken ct) => new(numbers);

    public ValueTask<Block> EchoBlockAsync(Block block, CancellationToken ct) => new(block);

    public ValueTask<Block> TakeBlockAsync(int bytes, CancellationToken ct) => new(bytes == _block.Bytes.Length ? _block : Block.OfSize(bytes));
}

/// <summary>A typed contract over one session, with everything a call has: deadline, cancellation, certainty.</summary>
sealed class ButlerContestant(string name, string scheme, bool inline, string configuration) : Contestant
{
    /// <summary>The native wire, as it is by default.</summary>
    public static readonly ButlerContestant Native = new(
        "butler", "tcp", inline: false,
        "ButlerRpc, generated contract, default options: 5 s deadline on every call, a live cancellation token on every call, which the handler takes too; " +
        "one client per session");

    public static readonly ButlerContestant Inline = new(
        "butler-inline", "tcp", inline: true,
        "as butler, but the handler is Inline and the client has InlineContinuations: user code on the read loops");

    public static readonly ButlerContestant Iproto = new("butler-iproto", "iproto", inline: false, "as butler, over the wire of go-iproto: the same contract, iproto:// endpoints");

    public override string Name => name;

    public override string Configuration => configuration;

    // An iproto body is one message of its own codec, and a method that gives blocks has none.
    public override bool Runs(Workload workload) => workload.Kind != WorkloadKind.Mixed || scheme == "tcp";

    public override async Task<LoadServer> ServeAsync(Workload workload)
    {
        var server = await ButlerServer.StartAsync($"{scheme}://127.0.0.1:0", s => s.Add<IEcho>(new Echo(workload.PayloadBytes)));
        return new LoadServer(server.Endpoints[0].Port, server);
    }

    public override async Task<LoadClient> ConnectAsync(Workload workload, int port)
    {
        var clients = new ButlerClient[workload.Sessions];
        for (var i = 0; i < clients.Length; i++)
            clients[i] = await ButlerClient.ConnectAsync($"{scheme}://127.0.0.1:{port}", new ButlerClientOptions { InlineContinuations = inline });
        return new Client(clients, workload, inline);
    }

    sealed class Client(ButlerClient[] clients, Workload workload, bool inline) : LoadClient
    {
        public override async Task RunAsync(Meter meter)
        {
            using var cancellation = new CancellationTokenSource();
            var token = cancellation.Token;
            var services = clients.Select(c => c.Create<IEcho>()).ToArray();
            var beside = workload.Kind == WorkloadKind.Mixed ? TakeBlocksAsync(services[0], meter, token) : Task.CompletedTask;
            await ((workload.Kind, inline) switch
            {
                (WorkloadKind.Bulk, _) => CallLoop.RunAsync<BlockCaller, Block>(new BlockCaller(services, Block.OfSize(workload.PayloadBytes), token), meter),
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

    readonly struct BlockCaller(IEcho[] services, Block block, CancellationToken token) : ICaller<Block>
    {
        public ValueTask<Block> CallAsync(int caller, long sequence) => services[caller % services.Length].EchoBlockAsync(block, token);

        public void Check(in Block reply, int caller, long sequence) => reply.Check(block.Bytes.Length);
    }
}
