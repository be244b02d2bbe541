using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Broker.Tests.Support;

/// <summary>A broker in a simulation, with consumers and providers.</summary>
sealed class BrokerWorld
{
    public const string Endpoint = "tcp://127.0.0.1:9100";
    public static readonly Guid Orders = new("cccccccc-cccc-cccc-cccc-cccccccccccc");

    BrokerWorld(Simulation sim, ButlerBroker broker, LogLines log) => (Sim, Broker, Log) = (sim, broker, log);

    public Simulation Sim { get; }

    public ButlerBroker Broker { get; }

    public LogLines Log { get; }

    public static string Of(Guid channel) => $"butler://127.0.0.1:9100/{channel}";

    /// <summary>A whole HELLO frame of a raw peer.</summary>
    public static byte[] Hello(byte role, Guid channel) =>
        Wire.Frame(Wire.Hello, 0, 0, 0, [.. Wire.HelloFrame()[16..34], role, .. channel.ToByteArray(bigEndian: true), .. Wire.Blob([]), .. Wire.Blob("raw"u8.ToArray())]);

    public static async Task<BrokerWorld> StartAsync(Simulation sim, Func<ButlerBrokerOptions, ButlerBrokerOptions>? configure = null)
    {
        var log = new LogLines();
        var options = new ButlerBrokerOptions { Platform = sim.Platform, LoggerFactory = log };
        return new BrokerWorld(sim, await ButlerBroker.StartAsync(Endpoint, configure is null ? options : configure(options)), log);
    }

    public Task<BrokerConsumer> ConsumeAsync(Guid? channel = null, Func<BrokerConnectionOptions, BrokerConnectionOptions>? configure = null) =>
        BrokerConsumer.ConnectAsync(Of(channel ?? Orders), Options(configure));

    /// <summary>A provider that the broker already gives calls to.</summary>
    public async Task<BrokerProvider> ProvideAsync(
        Action<ServiceTable> services, Guid? channel = null, Func<BrokerConnectionOptions, BrokerConnectionOptions>? configure = null)
    {
        var before = Broker.Statistics.Providers;
        var provider = await BrokerProvider.ConnectAsync(Of(channel ?? Orders), services, Options(configure));
        await Sim.UntilAsync(() => Broker.Statistics.Providers > before);
        return provider;
    }

    public Task<BrokerProvider> ProvideAsync(Probe probe, Guid? channel = null) => ProvideAsync(s => s.Add(probe), channel);

    BrokerConnectionOptions Options(Func<BrokerConnectionOptions, BrokerConnectionOptions>? configure)
    {
        var options = new BrokerConnectionOptions();
        options = options with { Client = options.Client with { Platform = Sim.Platform, LoggerFactory = Log } };
        return configure is null ? options : configure(options);
    }
}
