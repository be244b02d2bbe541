using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.RabbitMq.Tests.Support;

/// <summary>A channel that nobody else uses, with consumers and providers that end with it.</summary>
sealed class Place : IAsyncDisposable
{
    /// <summary>What takes longer will never happen.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly List<IAsyncDisposable> _open = [];

    Place(Cluster cluster) => Cluster = cluster;

    public Cluster Cluster { get; }

    public Guid Channel { get; } = Guid.NewGuid();

    public LogLines Log { get; } = new();

    public RabbitMqOptions Rabbit { get; init; } = new();

    public string Endpoint => Cluster.Of(Channel);

    public static async Task<Place> OpenAsync(RabbitMqOptions? rabbit = null) => new(await Cluster.GetAsync()) { Rabbit = rabbit ?? new RabbitMqOptions() };

    public BrokerConnectionOptions Options(Func<BrokerConnectionOptions, BrokerConnectionOptions>? configure = null)
    {
        var options = new BrokerConnectionOptions { Carriers = [new RabbitMqCarrier(Rabbit)] };
        // Nodes and tests share two cores: nothing here is about how fast one connects.
        options = options with
        {
            Client = options.Client with
            {
                LoggerFactory = Log, CallTimeout = TimeSpan.FromSeconds(30), SessionTimeout = TimeSpan.FromSeconds(20), DialTimeout = TimeSpan.FromSeconds(10), DrainTimeout = TimeSpan.FromSeconds(10),
                LongestBackoff = TimeSpan.FromMilliseconds(200),
            },
        };
        return configure is null ? options : configure(options);
    }

    public async Task<BrokerConsumer> ConsumeAsync(string? endpoint = null, Func<BrokerConnectionOptions, BrokerConnectionOptions>? configure = null) =>
        Keep(await BrokerConsumer.ConnectAsync(endpoint ?? Endpoint, Options(configure)));

    public async Task<BrokerProvider> ProvideAsync(Action<ServiceTable> services, string? endpoint = null, Func<BrokerConnectionOptions, BrokerConnectionOptions>? configure = null) =>
        Keep(await BrokerProvider.ConnectAsync(endpoint ?? Endpoint, services, Options(configure)));

    public Task<BrokerProvider> ProvideAsync(Ledger ledger, string? endpoint = null) => ProvideAsync(s => s.Add<ILedger>(ledger), endpoint);

    public async Task<ILedger> CallAsync(string? endpoint = null, Func<BrokerConnectionOptions, BrokerConnectionOptions>? configure = null) =>
        (await ConsumeAsync(endpoint, configure)).Create<ILedger>();

    public T Keep<T>(T thing)
        where T : IAsyncDisposable
    {
        _open.Add(thing);
        return thing;
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = _open.Count - 1; i >= 0; i--)
            await _open[i].DisposeAsync();
    }
}

static class Failing
{
    public static async Task<ButlerException> OfAsync<T>(ValueTask<T> call)
    {
        try
        {
            var result = await call;
            throw new AssertionException($"the call should have failed and returned {result}");
        }
        catch (ButlerException e)
        {
            return e;
        }
    }

    public static void AssertIs(this ButlerException failure, ButlerStatus status, ButlerCertainty certainty, ButlerReason reason) =>
        Assert.That((failure.Status, failure.Certainty, failure.Reason), Is.EqualTo((status, certainty, reason)), failure.Message);
}
