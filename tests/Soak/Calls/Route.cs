using ButlerRpc.Broker;
using ButlerRpc.Calls;

namespace ButlerRpc.Soak.Calls;

/// <summary>One way to the servers: a client or a consumer, and what it can.</summary>
sealed class Route(string name, CallInvoker invoker, int messageBytes) : IAsyncDisposable
{
    /// <summary>No call comes near these limits unless something has stopped: what reaches them has found a fault.</summary>
    public static readonly ButlerClientOptions Calm = new()
    {
        CallTimeout = TimeSpan.FromSeconds(15),
        SessionTimeout = TimeSpan.FromSeconds(8),
        DialTimeout = TimeSpan.FromSeconds(5),
        LongestBackoff = TimeSpan.FromMilliseconds(200),
        Limits = new ButlerLimits { MessageBytes = 16 << 20, ReassemblyWindowBytes = 32 << 20 },
    };

    public string Name => name;

    /// <summary>The largest message that both ends take.</summary>
    public int MessageBytes => messageBytes;

    public ISoak Api { get; } = invoker.Create<ISoak>();

    /// <summary>Null: it is a consumer, whose calls go through a broker.</summary>
    public ButlerClient? Client => invoker as ButlerClient;

    /// <summary>It speaks iproto, which has neither streams nor deadlines nor errors.</summary>
    public bool IsIproto { get; init; }

    public IPackets Packets { get; } = invoker.Create<IPackets>();

    public static Route Open(string name, string endpoints, Findings findings, ButlerClientOptions options)
    {
        var client = ButlerClient.Open(endpoints, options);
        var route = new Route(name, client, Math.Min(options.Limits.MessageBytes, Calm.Limits.MessageBytes)) { IsIproto = endpoints.StartsWith("iproto:", StringComparison.Ordinal) };
        if (!route.IsIproto)
            client.Add<IGuest>(new Guest(route.Api, findings));
        return route;
    }

    public static async Task<Route> ConsumeAsync(string name, string endpoints, ButlerClientOptions options)
    {
        var consumer = await BrokerConsumer.ConnectAsync(endpoints, new BrokerConnectionOptions { Client = options, ProviderWait = TimeSpan.FromSeconds(8) });
        return new Route(name, consumer, options.Limits.MessageBytes);
    }

    /// <summary>How it is, for whoever looks for what has stopped.</summary>
    public override string ToString() => Client is { } client ? $"{name}: {client.Statistics}" : name;

    public ValueTask DisposeAsync() => ((IAsyncDisposable)invoker).DisposeAsync();
}
