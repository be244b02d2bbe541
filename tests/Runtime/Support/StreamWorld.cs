using ButlerRpc.Sessions;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Support;

/// <summary>A server with streams, a client of it, and what must be true when all is over.</summary>
sealed class StreamWorld
{
    StreamWorld(World world, ButlerClient client)
    {
        World = world;
        Client = client;
        ClientSession = client.Session!;
        ServerSession = world.Server.Sessions.Single();
    }

    public World World { get; }

    public Simulation Sim => World.Sim;

    public Probe Probe => World.Probe;

    public StreamProbe Streams { get; private init; } = null!;

    public ButlerClient Client { get; }

    /// <summary>The client's end of the first session.</summary>
    public Session ClientSession { get; }

    /// <summary>The server's end of the first session.</summary>
    public Session ServerSession { get; }

    public static async Task<StreamWorld> StartAsync(
        Simulation sim, Func<ButlerServerOptions, ButlerServerOptions>? server = null, Func<ButlerClientOptions, ButlerClientOptions>? client = null)
    {
        sim.Network.Records = false;
        var world = await World.StartAsync(sim, server);
        var streams = new StreamProbe();
        world.Server.Services.Add(streams);
        var connected = await world.ConnectAsync(client);
        return new StreamWorld(world, connected) { Streams = streams };
    }

    /// <summary>Runs a test once per seed, and asserts afterwards that nothing is left of it.</summary>
    public static void RunMany(
        int seeds, Func<StreamWorld, Task> test, Func<ButlerServerOptions, ButlerServerOptions>? server = null,
        Func<ButlerClientOptions, ButlerClientOptions>? client = null) =>
        Simulation.RunMany(seeds, async sim =>
        {
            var world = await StartAsync(sim, server, client);
            await test(world);
            await world.AssertConservedAsync();
        }, new SimulationOptions { TimeLimit = TimeSpan.FromHours(3) });

    /// <summary>Credits and slots are where they were; nothing is queued, nothing is kept.</summary>
    public async Task AssertConservedAsync()
    {
        await Sim.DelayAsync(TimeSpan.FromSeconds(1));
        foreach (var session in new[] { ClientSession, ServerSession })
        {
            var end = ReferenceEquals(session, ClientSession) ? "client" : "server";
            Assert.That(session.Statistics.Serving, Is.Zero, $"{end}: handlers that run");
            Assert.That(session.RaisedStreamBytes, Is.Zero, $"{end}: raised stream bytes");
            Assert.That(session.ReassemblingBytes, Is.Zero, $"{end}: messages begun");
            if (session.State == SessionState.Closed)
                continue;
            Assert.That(session.InFlight, Is.Zero, $"{end}: slots");
            Assert.That(session.Waiting, Is.Zero, $"{end}: calls that wait");
            Assert.That(session.QueuedBytes, Is.Zero, $"{end}: bytes that wait");
        }

        if (ClientSession.State == SessionState.Open)
            Assert.That(await Client.CallAsync(Methods.Work, 77), Is.EqualTo(77), "the session serves as before");
    }
}
