using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Limits;

/// <summary>Sessions that nobody uses.</summary>
public sealed class IdleTests
{
    static readonly ButlerLimits TenSeconds = new() { IdleTimeout = TimeSpan.FromSeconds(10), PingAfter = TimeSpan.FromSeconds(3) };

    [TestCase(true)]
    [TestCase(false)]
    public void Session_that_nobody_uses_is_drained_and_dialled_again_when_there_is_a_call(bool byServer)
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim, byServer ? o => o with { Limits = TenSeconds } : null);
            await using var client = await world.ConnectAsync(byServer ? null : o => o with { Limits = TenSeconds });
            Assert.That(await client.CallAsync(Methods.Work, 1), Is.EqualTo(1));
            var session = client.Online[0];
            await session.Done;
            Assert.That(sim.Time.Elapsed, Is.InRange(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10.3)), "pings are no use");
            await sim.DelayAsync(TimeSpan.FromMinutes(5));
            Assert.That((world.Server.SessionCount, client.Statistics.Dials, sim.Network.OpenConnections), Is.EqualTo((0, 1L, 0)));
            Assert.That(await client.CallAsync(Methods.Work, 2), Is.EqualTo(2));
            Assert.That(client.Statistics.Dials, Is.EqualTo(2));
        });
    }

    [Test]
    public void Session_that_is_used_is_kept()
    {
        Simulation.RunMany(3, async sim =>
        {
            var world = await World.StartAsync(sim, o => o with { Limits = TenSeconds });
            await using var client = await world.ConnectAsync(o => o with { CallTimeout = Timeout.InfiniteTimeSpan });
            for (var i = 0; i < 10; i++)
            {
                await sim.DelayAsync(TimeSpan.FromSeconds(9));
                await client.CallAsync(Methods.Work, i);
            }

            world.Probe.Work = async (value, _) =>
            {
                await sim.DelayAsync(TimeSpan.FromSeconds(60));
                return value;
            };
            Assert.That(await client.CallAsync(Methods.Work, 1), Is.EqualTo(1), "a call in flight is use");
            await sim.DelayAsync(TimeSpan.FromSeconds(9));
            Assert.That(client.Statistics.Dials, Is.EqualTo(1));
        });
    }

    [Test]
    public void Idle_sessions_are_kept_unless_they_are_told_otherwise()
    {
        Simulation.RunMany(2, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            await sim.DelayAsync(TimeSpan.FromMinutes(30));
            Assert.That((world.Server.SessionCount, client.Statistics.Dials), Is.EqualTo((1, 1L)));
        });
    }
}
