using ButlerRpc.Testing;

namespace ButlerRpc.Contracts.Tests.Complaints;

/// <summary>A desk on a server and its caller, over the simulated network, in virtual time.</summary>
sealed class DeskWorld
{
    const string Endpoint = "tcp://127.0.0.1:9000";

    public required Simulation Sim { get; init; }

    public Desk Desk { get; } = new();

    public DeskCaller Caller { get; } = new();

    public ButlerServer Server { get; private set; } = null!;

    public ButlerClient Client { get; private set; } = null!;

    public IDesk Proxy { get; private set; } = null!;

    public static void RunMany(Func<DeskWorld, Task> test) => Simulation.RunMany(20, async sim =>
    {
        var world = new DeskWorld { Sim = sim };
        world.Server = await ButlerServer.StartAsync(Endpoint, s => s.Add<IDesk>(world.Desk), new ButlerServerOptions { Platform = sim.Platform });
        world.Client = (await ButlerClient.ConnectAsync(Endpoint, new ButlerClientOptions { Platform = sim.Platform })).Add<IDeskCaller>(world.Caller);
        world.Proxy = world.Client.Create<IDesk>();
        await test(world);
    });

    /// <summary>Waits, in virtual time, until a token fires.</summary>
    public static async Task UntilFiresAsync(CancellationToken token)
    {
        var fired = new TaskCompletionSource();
        using (token.UnsafeRegister(static fired => ((TaskCompletionSource)fired!).SetResult(), fired))
            await fired.Task;
    }

    /// <summary>What some work must throw.</summary>
    public static async Task<T> FailureAsync<T>(Func<Task> work)
        where T : Exception
    {
        try
        {
            await work();
        }
        catch (T e)
        {
            return e;
        }

        throw new AssertionException($"no {typeof(T).Name} was thrown");
    }
}
