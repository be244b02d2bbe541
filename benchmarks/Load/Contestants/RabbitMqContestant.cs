using System.Diagnostics;
using ButlerRpc.Benchmarks.Load.Roles;

namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>
/// Request and reply through a RabbitMQ of its own. The server's process starts that, and the provider in a process of its own; the client's process is the consumer.
/// </summary>
sealed class RabbitMqContestant : DotNetContestant
{
    const string Channel = "5d0f7a52-6f0e-4c55-9b9e-0d5f2f0f8a11";
    const string Server = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    static readonly string s_script = Path.Combine(AppContext.BaseDirectory, "cluster.sh");

    public override string Name => "rabbitmq";

    public override string Configuration =>
        "the same echo through ButlerRpc.RabbitMq: one node of RabbitMQ as it comes, a classic queue, publisher confirms, direct reply-to, default options; provider and consumer in a process " +
        "each. What RabbitMQ itself takes is counted among others";

    public override string? Missing => File.Exists(Server) ? null : "RabbitMQ is not installed (Debian: rabbitmq-server)";

    public override bool Runs(Workload workload) => workload is { Kind: WorkloadKind.Unary, PayloadBytes: 32, Callers: 64, Sessions: 1 };

    public override async Task<LoadServer> ServeAsync(Workload workload)
    {
        var folder = Directory.CreateTempSubdirectory("butler-rabbitmq-").FullName;
        var broker = new Broker(folder);
        try
        {
            await ClusterAsync("start", folder, "1");
            var node = (await File.ReadAllLinesAsync(Path.Combine(folder, "endpoints")))[0];
            broker.Provider = ChildProcess.Start("rabbitmq-provider", EndpointOf(node));
            await broker.Provider.ReadAsync("serving");
            return new LoadServer(new Uri(node).Port, broker);
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    public override async Task<LoadClient> ConnectAsync(Workload workload, int port) =>
        new Client(await BrokerConsumer.ConnectAsync(EndpointOf($"amqp://guest:guest@127.0.0.1:{port}"), Options()));

    /// <summary>The provider's process: serves until its input ends.</summary>
    public static async Task<int> ProvideAsync(string endpoint)
    {
        await using var provider = await BrokerProvider.ConnectAsync(endpoint, s => s.Add<IQueueEcho>(new QueueEcho()), Options());
        ServerRole.Say("serving");
        while (Console.In.ReadLine() is not null)
        {
        }

        return 0;
    }

    static BrokerConnectionOptions Options() => new() { Carriers = [new RabbitMqCarrier()] };

    static string EndpointOf(string node) => $"{node}/?channel={Channel}";

    static async Task ClusterAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [s_script, .. arguments]))!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"RabbitMQ did not {arguments[0]}");
    }

    sealed class Broker(string folder) : IAsyncDisposable
    {
        public ChildProcess? Provider { get; set; }

        public async ValueTask DisposeAsync()
        {
            if (Provider is not null)
                await Provider.DisposeAsync();
            await ClusterAsync("stop", folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    sealed class Client(BrokerConsumer consumer) : LoadClient
    {
        public override async Task RunAsync(Meter meter)
        {
            using var cancellation = new CancellationTokenSource();
            await CallLoop.RunAsync<Caller, Numbers>(new Caller(consumer.Create<IQueueEcho>(), cancellation.Token), meter);
        }

        public override ValueTask DisposeAsync() => consumer.DisposeAsync();
    }

    readonly struct Caller(IQueueEcho echo, CancellationToken token) : ICaller<Numbers>
    {
        public ValueTask<Numbers> CallAsync(int caller, long sequence) => echo.EchoAsync(Numbers.Of(caller, sequence), token);

        public void Check(in Numbers reply, int caller, long sequence) => reply.Check(caller, sequence);
    }
}

/// <summary>What a queue can carry of the contract that is called: <see cref="IEcho"/> has streams.</summary>
[ButlerService]
partial interface IQueueEcho
{
    ValueTask<Numbers> EchoAsync(Numbers numbers, CancellationToken ct = default);
}

sealed class QueueEcho : IQueueEcho
{
    public ValueTask<Numbers> EchoAsync(Numbers numbers, CancellationToken ct) => new(numbers);
}
