using ButlerRpc.Calls;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Support;

/// <summary>A server with a probe in a simulation, and what tests do with it.</summary>
sealed class World
{
    public const string Endpoint = "tcp://127.0.0.1:9000";

    World(Simulation sim, Probe probe, LogLines log)
    {
        Sim = sim;
        Probe = probe;
        Log = log;
    }

    public Simulation Sim { get; }

    public Probe Probe { get; }

    public LogLines Log { get; }

    public ButlerServer Server { get; private set; } = null!;

    public static async Task<World> StartAsync(Simulation sim, Func<ButlerServerOptions, ButlerServerOptions>? configure = null)
    {
        var world = new World(sim, new Probe(), new LogLines());
        var options = new ButlerServerOptions { Platform = sim.Platform, LoggerFactory = world.Log };
        world.Server = await ButlerServer.StartAsync(Endpoint, s => s.Add(world.Probe), configure is null ? options : configure(options));
        return world;
    }

    public Task<ButlerClient> ConnectAsync(Func<ButlerClientOptions, ButlerClientOptions>? configure = null)
    {
        var options = new ButlerClientOptions { Platform = Sim.Platform, LoggerFactory = Log };
        return ButlerClient.ConnectAsync(Endpoint, configure is null ? options : configure(options));
    }

    public Task<SimPeer> DialRawAsync() => SimPeer.DialAsync(Sim.Platform, Endpoint);

    public async Task<SimPeer> OpenRawAsync()
    {
        var peer = await DialRawAsync();
        await peer.OpenAsync();
        return peer;
    }
}
