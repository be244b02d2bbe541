using System.Runtime.CompilerServices;
using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>Handlers that would go on for ever are told that their session is about to end, before they are cut off.</summary>
public class DrainTokenTests
{
    [Test]
    public void Endless_stream_ends_by_itself_when_its_server_stops()
    {
        StreamWorld.RunMany(30, async world =>
        {
            world.Streams.Count = static (_, context) => TicksAsync(context.Draining);
            var reading = world.Client.CountAsync(0).ToListAsync();
            await world.Sim.SettleAsync();
            var begun = world.Sim.Time.Elapsed;
            await world.World.Server.StopAsync();
            Assert.That(await reading, Is.EqualTo(new[] { 1, 2 }), "all its items, and its end");
            Assert.That(world.Sim.Time.Elapsed - begun, Is.LessThan(TimeSpan.FromSeconds(3)), "the drain time is 30 s");
        });
    }

    [Test]
    public void Endless_stream_ends_by_itself_when_its_client_is_disposed()
    {
        StreamWorld.RunMany(30, async world =>
        {
            world.Streams.Count = static (_, context) => TicksAsync(context.Draining);
            var reading = world.Client.CountAsync(0).ToListAsync();
            await world.Sim.SettleAsync();
            var begun = world.Sim.Time.Elapsed;
            await world.Client.DisposeAsync();
            Assert.That(await reading, Is.EqualTo(new[] { 1, 2 }));
            Assert.That(world.Sim.Time.Elapsed - begun, Is.LessThan(TimeSpan.FromSeconds(3)));
        });
    }

    [Test]
    public void Handler_that_throws_for_its_drain_token_fails_as_stopped_and_not_as_internal()
    {
        StreamWorld.RunMany(30, async world =>
        {
            world.Probe.Work = async (value, context) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, world.Sim.Time, context.Draining);
                return value;
            };
            var call = Failing.OfAsync(world.Client.CallAsync(Methods.Work, 1, new CallContext(new CallOptions { Timeout = TimeSpan.FromHours(1) })));
            await world.Sim.UntilAsync(() => world.Probe.Started == 1);
            await world.World.Server.StopAsync();
            (await call).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Executed, ButlerReason.Stopped);
        });
    }

    [Test]
    public void Token_asked_for_while_the_session_drains_has_fired()
    {
        StreamWorld.RunMany(10, async world =>
        {
            var release = new TaskCompletionSource();
            world.Probe.Work = async (value, context) =>
            {
                await release.Task;
                return context.Draining.IsCancellationRequested ? value : 0;
            };
            var call = world.Client.CallAsync(Methods.Work, 7).AsTask();
            await world.Sim.UntilAsync(() => world.Probe.Started == 1);
            var stopping = world.World.Server.StopAsync();
            await world.Sim.SettleAsync();
            release.SetResult();
            Assert.That(await call, Is.EqualTo(7));
            await stopping;
        });
    }

    [Test]
    public void Token_fires_when_the_session_is_cut()
    {
        StreamWorld.RunMany(10, async world =>
        {
            var fired = false;
            world.Probe.Work = async (value, context) =>
            {
                var draining = context.Draining;
                using var registration = draining.UnsafeRegister(_ => fired = true, null);
                await world.Sim.DelayAsync(TimeSpan.FromSeconds(1));
                return value;
            };
            var call = Failing.OfAsync(world.Client.CallAsync(Methods.Work, 1));
            await world.Sim.UntilAsync(() => world.Probe.Started == 1);
            world.Sim.Network.Links[0].Reset();
            await call;
            await world.Sim.SettleAsync();
            Assert.That(fired, Is.True);
            await world.Sim.DelayAsync(TimeSpan.FromSeconds(1));
            world.Probe.Work = static (value, _) => new(value);
        });
    }

    static async IAsyncEnumerable<int> TicksAsync([EnumeratorCancellation] CancellationToken until)
    {
        yield return 1;
        var never = new TaskCompletionSource();
        using (until.UnsafeRegister(_ => never.SetResult(), null))
            await never.Task;
        yield return 2;
    }
}
