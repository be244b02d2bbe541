using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Limits;

public sealed class AdmissionTests
{
    [Test]
    public void One_address_gets_256_connections_and_others_are_not_harmed()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim);
            sim.Network.DialFrom = "10.9.9.9";
            var peers = new List<SimPeer>();
            for (var i = 0; i < 256; i++)
                peers.Add(await world.OpenRawAsync());
            var refused = await world.DialRawAsync();
            Assert.That(await refused.ReadToEndAsync(), Is.Empty);
            Assert.That(world.Server.SessionCount, Is.EqualTo(256));
            sim.Network.DialFrom = "10.8.8.8";
            await world.OpenRawAsync();
            sim.Network.DialFrom = "10.9.9.9";
            await peers[0].DisposeAsync();
            await sim.DelayAsync(TimeSpan.FromSeconds(2));
            await world.OpenRawAsync();
            await world.Server.StopAsync(new CancellationToken(canceled: true));
        });
    }

    [Test]
    public void One_address_gets_64_connections_whose_handshake_is_not_over()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim);
            sim.Network.DialFrom = "10.9.9.9";
            for (var i = 0; i < 64; i++)
                await world.DialRawAsync();
            await sim.SettleAsync();
            Assert.That(await (await world.DialRawAsync()).ReadToEndAsync(), Is.Empty);
            Assert.That(world.Server.SessionCount, Is.EqualTo(64));
            await sim.DelayAsync(TimeSpan.FromSeconds(7));
            Assert.That(world.Server.SessionCount, Is.Zero, "the handshake limit has ended them");
            await world.OpenRawAsync();
            await world.Server.StopAsync(new CancellationToken(canceled: true));
        });
    }

    [Test]
    public void A_server_takes_no_more_connections_than_it_may()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim, o => o with { MaxConnections = 3 });
            for (var i = 0; i < 3; i++)
                await world.OpenRawAsync();
            Assert.That(await (await world.DialRawAsync()).ReadToEndAsync(), Is.Empty);
            await world.Server.StopAsync(new CancellationToken(canceled: true));
        });
    }
}
