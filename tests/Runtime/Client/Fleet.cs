using System.Net;
using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Client;

/// <summary>Several servers in a simulation, each with a probe, and clients of all of them.</summary>
sealed class Fleet
{
    public static readonly Method<int, int> Repeatable = new()
    {
        Service = Methods.Service, Name = "WorkAsync", Code = Methods.Work.Code, Shape = MethodShape.Unary, Idempotent = true,
        RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
    };

    readonly Simulation _sim;

    Fleet(Simulation sim) => _sim = sim;

    public List<ButlerServer> Servers { get; } = [];

    public List<Probe> Probes { get; } = [];

    public LogLines Log { get; } = new();

    public string Endpoints => string.Join(',', Enumerable.Range(0, Servers.Count).Select(At));

    public static string At(int index) => $"tcp://10.0.1.{index + 1}:9000";

    public static async Task<Fleet> StartAsync(Simulation sim, int servers)
    {
        var fleet = new Fleet(sim);
        for (var i = 0; i < servers; i++)
        {
            fleet.Probes.Add(new Probe());
            fleet.Servers.Add(null!);
            await fleet.StartServerAsync(i);
        }

        return fleet;
    }

    public async Task StartServerAsync(int index) =>
        Servers[index] = await ButlerServer.StartAsync(At(index), s => s.Add(Probes[index]), new ButlerServerOptions { Platform = _sim.Platform });

    public ButlerClient Open(Func<ButlerClientOptions, ButlerClientOptions>? configure = null, string? endpoints = null) =>
        ButlerClient.Open(endpoints ?? Endpoints, Options(configure));

    public Task<ButlerClient> ConnectAsync(Func<ButlerClientOptions, ButlerClientOptions>? configure = null) =>
        ButlerClient.ConnectAsync(Endpoints, Options(configure));

    /// <summary>Connected to all of them.</summary>
    public async Task<ButlerClient> ConnectToAllAsync(Func<ButlerClientOptions, ButlerClientOptions>? configure = null)
    {
        var client = await ConnectAsync(configure);
        while (Servers.Exists(s => s.SessionCount == 0))
            await _sim.DelayAsync(TimeSpan.FromMilliseconds(1));
        await _sim.DelayAsync(TimeSpan.FromMilliseconds(5));
        return client;
    }

    public async Task DisposeAsync(ButlerClient client)
    {
        await client.DisposeAsync();
        foreach (var server in Servers)
            await server.DisposeAsync();
    }

    public ButlerClientOptions Options(Func<ButlerClientOptions, ButlerClientOptions>? configure = null)
    {
        var options = new ButlerClientOptions { Platform = _sim.Platform, LoggerFactory = Log };
        return configure is null ? options : configure(options);
    }

    /// <summary>Awaits a call that must end as cancelled. (An assertion on a delegate would block the simulation's thread.)</summary>
    public static async Task AssertCancelledAsync(Task call)
    {
        try
        {
            await call;
        }
        catch (OperationCanceledException)
        {
            return;
        }

        Assert.Fail("the call was not cancelled");
    }
}
