using ButlerRpc.Testing;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Runtime.Tests.Support;

/// <summary>
/// "Nothing else harmed", asserted the same way for every bad input: a second connection makes steady calls and sees no failure and no added virtual time, and
/// afterwards nothing is left of the attacker.
/// </summary>
sealed class Canary
{
    static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);

    readonly World _world;
    readonly ButlerClient _client;
    readonly int _connections;
    readonly Task _calls;
    bool _stop;

    Canary(World world, ButlerClient client)
    {
        _world = world;
        _client = client;
        _connections = world.Sim.Network.OpenConnections;
        _calls = world.Sim.Start(CallAsync);
    }

    /// <summary>Runs an attack beside the canary, once per seed.</summary>
    public static void Guards(
        int seeds, Func<World, Task> attack, Func<ButlerServerOptions, ButlerServerOptions>? configure = null,
        Func<ButlerClientOptions, ButlerClientOptions>? client = null) =>
        Simulation.RunMany(seeds, async sim =>
        {
            sim.Network.AbortLoses = 0; // a best-effort GOAWAY arrives, so that tests can look at it
            var world = await World.StartAsync(sim, configure);
            var canary = new Canary(world, await world.ConnectAsync(client));
            await attack(world);
            await canary.AssertUnharmedAsync();
        });

    async Task CallAsync()
    {
        for (var i = 1_000_000; !_stop; i++)
        {
            var begun = _world.Sim.Time.Elapsed;
            Assert.That(await _client.CallAsync(Methods.Work, i), Is.EqualTo(i));
            Assert.That(_world.Sim.Time.Elapsed, Is.EqualTo(begun), "the canary's call took longer");
            await _world.Sim.DelayAsync(Period);
        }
    }

    async Task AssertUnharmedAsync()
    {
        await _world.Sim.DelayAsync(TimeSpan.FromSeconds(2)); // a closed session lingers for a second at most
        _stop = true;
        await _calls;
        Assert.That(_world.Server.SessionCount, Is.EqualTo(1), "sessions of the attacker are left");
        Assert.That(_world.Sim.Network.Links.Where(l => l.Number > 0 && !l.Server.IsDisposed), Is.Empty, "connections of the attacker are left at the server");
        Assert.That(_world.Sim.Network.Links[0].Server.IsDisposed || _world.Sim.Network.Links[0].Client.IsDisposed, Is.False, "the canary lost its connection");
        Assert.That(_connections, Is.EqualTo(2));
        Assert.That(_world.Log.Lines.Where(l => l.Level >= LogLevel.Error).Select(l => l.Text), Is.Empty);
        Assert.That(_world.Log.Lines.Select(l => l.Text.Length), Is.All.LessThan(1024));
        Assert.That(_world.Log.Lines.Where(l => l.Text.Any(char.IsControl)).Select(l => l.Text), Is.Empty);
    }
}
