using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Diagnostics;

public class StatusTests
{
    [Test]
    public void Server_says_what_it_serves_and_where()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim);
            var served = new TaskCompletionSource<int>();
            world.Probe.Work = (_, _) => new(served.Task);
            await using var client = await world.ConnectAsync();
            var call = client.CallAsync(Methods.Work, 7);
            await sim.SettleAsync();

            var status = world.Server.Status;
            Assert.That((status.State, $"{status.Endpoints.Single()}"), Is.EqualTo((ButlerServerState.Serving, World.Endpoint)));
            Assert.That((status.Connections, status.Sessions, status.CallsInFlight, status.CallbacksInFlight, status.EndedSessions), Is.EqualTo((1, 1, 1L, 0L, 0L)));
            Assert.That((status.BytesSent, status.BytesReceived), Is.EqualTo((world.Server.Host.Totals.Sum(s => s.BytesSent), world.Server.Host.Totals.Sum(s => s.BytesReceived))));
            Assert.That(status.BytesReceived, Is.Positive);

            served.SetResult(7);
            await call;
            await sim.SettleAsync();
            Assert.That(status.CallsInFlight, Is.EqualTo(1), "a snapshot changes no more");
            Assert.That(world.Server.Status.CallsInFlight, Is.Zero);
        });
    }

    [Test]
    public void Server_that_stops_drains_and_then_has_stopped()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim);
            var served = new TaskCompletionSource<int>();
            world.Probe.Work = (_, _) => new(served.Task);
            await using var client = await world.ConnectAsync();
            var call = client.CallAsync(Methods.Work, 7);
            await sim.SettleAsync();

            var stop = world.Server.StopAsync();
            await sim.SettleAsync();
            Assert.That((world.Server.Status.State, world.Server.Status.CallsInFlight), Is.EqualTo((ButlerServerState.Draining, 1L)));

            served.SetResult(7);
            await call;
            await stop;
            var status = world.Server.Status;
            Assert.That((status.State, status.Sessions, status.CallsInFlight, status.EndedSessions), Is.EqualTo((ButlerServerState.Stopped, 0, 0L, 1L)));
        });
    }

    [Test]
    public void Server_counts_whom_it_refuses()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim, o => o with { MaxConnections = 1 });
            await using var client = await world.ConnectAsync();
            await world.DialRawAsync();
            await sim.SettleAsync();

            Assert.That((world.Server.Status.Connections, world.Server.Status.RefusedConnections), Is.EqualTo((1, 1L)));
        });
    }
}
