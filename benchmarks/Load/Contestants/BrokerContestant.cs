using ButlerRpc.Benchmarks.Load.Roles;

namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>The same contract through a broker. The server's process is the broker; it starts the provider in a process of its own, the client's process is the consumer.</summary>
sealed class BrokerContestant : DotNetContestant
{
    const string Channel = "5d0f7a52-6f0e-4c55-9b9e-0d5f2f0f8a11";

    public override string Name => "broker";

    public override string Configuration =>
        "as butler, through ButlerRpc.Broker: broker, provider and consumer in a process each, default options; CPU is counted of broker and consumer";

    public override bool Runs(Workload workload) => workload is { Kind: WorkloadKind.Unary, Callers: 64, Sessions: 1 };

    public override async Task<LoadServer> ServeAsync(Workload workload)
    {
        var broker = await ButlerBroker.StartAsync("tcp://127.0.0.1:0");
        var port = broker.Endpoints[0].Port;
        var provider = ChildProcess.Start("provider", EndpointOf(port));
        await provider.ReadAsync("serving");
        while (broker.Statistics.Providers == 0)
            await Task.Delay(10);
        return new LoadServer(port, new Running(broker, provider));
    }

    public override async Task<LoadClient> ConnectAsync(Workload workload, int port) => new Client(await BrokerConsumer.ConnectAsync(EndpointOf(port)));

    /// <summary>The provider's process: serves until its input ends.</summary>
    public static async Task<int> ProvideAsync(string endpoint)
    {
        await using var provider = await BrokerProvider.ConnectAsync(endpoint, s => s.Add<IEcho>(new Echo()));
        ServerRole.Say("serving");
        while (Console.In.ReadLine() is not null)
        {
        }

        return 0;
    }

    static string EndpointOf(int port) => $"butler://127.0.0.1:{port}/{Channel}";

    sealed class Running(ButlerBroker broker, ChildProcess provider) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await provider.DisposeAsync();
            await broker.DisposeAsync();
        }
    }

    sealed class Client(BrokerConsumer consumer) : LoadClient
    {
        public override async Task RunAsync(Meter meter)
        {
            using var cancellation = new CancellationTokenSource();
            await CallLoop.RunAsync<ButlerContestant.Caller, Numbers>(new ButlerContestant.Caller([consumer.Create<IEcho>()], cancellation.Token), meter);
        }

        public override ValueTask DisposeAsync() => consumer.DisposeAsync();
    }
}
