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

static class Failing
{
    /// <summary>The failure of a call that must fail.</summary>
    public static async Task<ButlerException> OfAsync<T>(ValueTask<T> call)
    {
        try
        {
            var result = await call;
            throw new AssertionException($"the call gave {result} instead of failing");
        }
        catch (ButlerException e)
        {
            return e;
        }
    }

    /// <inheritdoc cref="OfAsync{T}(ValueTask{T})"/>
    public static async Task<ButlerException> OfAsync(ValueTask call)
    {
        try
        {
            await call;
        }
        catch (ButlerException e)
        {
            return e;
        }

        throw new AssertionException("the call succeeded instead of failing");
    }

    public static void AssertIs(this ButlerException failure, ButlerStatus status, ButlerCertainty certainty, ButlerReason reason)
    {
        Assert.That((failure.Status, failure.Certainty, failure.Reason), Is.EqualTo((status, certainty, reason)), failure.Message);
    }
}
