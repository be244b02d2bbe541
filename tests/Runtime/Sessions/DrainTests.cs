using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

public class DrainTests
{
    [Test]
    public void Stopping_server_lets_calls_in_flight_end()
    {
        Simulation.RunMany(50, async sim =>
        {
            sim.Network.LatencyMax = TimeSpan.FromMilliseconds(2);
            var world = await World.StartAsync(sim);
            world.Probe.Work = async (value, _) =>
            {
                await sim.DelayAsync(TimeSpan.FromMilliseconds(100 + value));
                return value;
            };
            var client = await world.ConnectAsync();
            var calls = Enumerable.Range(0, 50).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
            await sim.UntilAsync(() => world.Probe.Started == 50);
            var stopping = world.Server.StopAsync();
            for (var i = 0; i < calls.Length; i++)
                Assert.That(await calls[i], Is.EqualTo(i));
            await stopping;
            Assert.That(sim.Time.Elapsed, Is.LessThan(TimeSpan.FromSeconds(3)));
            await client.DisposeAsync();
            await sim.DelayAsync(TimeSpan.FromSeconds(2));
            Assert.That(sim.Network.OpenConnections, Is.Zero);
        });
    }

    [Test]
    public void Disposed_server_leaves_no_connection_open_to_a_peer_that_does_not_read()
    {
        Simulation.RunMany(20, async sim =>
        {
            sim.Network.BufferBytes = 1024;
            var world = await World.StartAsync(sim, o => o with { DrainTimeout = TimeSpan.FromSeconds(1) });
            await world.OpenRawAsync();
            sim.Network.Links[0].Stall();
            var notice = Failing.OfAsync(new ValueTask(world.Server.Online[0].NotifyAsync(9, new byte[10_000]).AsTask()));
            await sim.SettleAsync();
            await world.Server.DisposeAsync();
            await sim.DelayAsync(TimeSpan.FromSeconds(3));
            Assert.That(sim.Network.Links[0].Server.IsDisposed);
        });
    }

    // Whatever is in flight when the server is asked to stop: each call succeeds, or says that it was not executed, and that is true.
    [Test]
    public void Stopping_server_loses_no_call_and_runs_none_twice()
    {
        Simulation.RunMany(200, async sim =>
        {
            sim.Network.LatencyMax = TimeSpan.FromMilliseconds(3);
            var world = await World.StartAsync(sim);
            var executed = new List<int>();
            world.Probe.Work = async (value, _) =>
            {
                executed.Add(value);
                if (value % 2 == 0)
                    await sim.DelayAsync(TimeSpan.FromMilliseconds(1 + (value % 9)));
                return value;
            };
            var client = await world.ConnectAsync();
            var calls = Enumerable.Range(0, 30).Select(CallAsync).ToArray();
            await sim.DelayAsync(TimeSpan.FromMilliseconds(sim.Random.Next(15)));
            await world.Server.StopAsync();
            foreach (var call in calls)
                await call;
            Assert.That(executed, Is.Unique);
            await client.DisposeAsync();

            async Task CallAsync(int value)
            {
                await sim.DelayAsync(TimeSpan.FromMilliseconds(sim.Random.Next(12)));
                try
                {
                    Assert.That(await client.CallAsync(Methods.Work, value), Is.EqualTo(value));
                }
                catch (ButlerException e)
                {
                    Assert.That((e.Status, e.Certainty), Is.EqualTo((ButlerStatus.Unavailable, ButlerCertainty.NotExecuted)), e.Message);
                    Assert.That(executed, Does.Not.Contain(value));
                }
            }
        });
    }

    [Test]
    public void Stopping_server_says_how_many_requests_it_has_taken_and_refuses_later_ones()
    {
        Simulation.RunMany(30, async sim =>
        {
            var raw = await RawSession.AcceptsAsync(sim);
            var release = new TaskCompletionSource();
            raw.Probe.Run = async (_, _) => await release.Task;
            await raw.Peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0), 1), Wire.Frame(Wire.Request, 0, 4, Wire.CallId(1), 1));
            await sim.UntilAsync(() => raw.Probe.Ran == 2);
            var drained = raw.Session.DrainAsync(TimeSpan.FromSeconds(30));
            var goaway = await raw.Peer.ExpectFrameAsync(Wire.Goaway);
            Assert.That((goaway.Code, goaway.Payload), Is.EqualTo(((uint)ButlerReason.Stopped, Wire.U32(2))).Using<(uint, byte[])>(
                (a, b) => a.Item1 == b.Item1 && a.Item2.SequenceEqual(b.Item2)));
            await raw.Peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(2), 1));
            var refused = await raw.Peer.ExpectFrameAsync(Wire.Error);
            Assert.That((refused.Call, refused.Code, refused.Payload[0]),
                Is.EqualTo((Wire.CallId(2), (uint)ButlerStatus.Unavailable, (byte)ButlerCertainty.NotExecuted)));
            release.SetResult();
            await raw.Peer.ExpectFrameAsync(Wire.Reply);
            await raw.Peer.ExpectFrameAsync(Wire.Reply);
            Assert.That(await raw.Peer.ReadFrameAsync(), Is.Null, "the end of the stream, not a reset");
            Assert.That(raw.Probe.Ran, Is.EqualTo(2));
            await raw.Peer.DisposeAsync();
            await drained;
        });
    }

    [Test]
    public void Request_that_comes_after_GOAWAY_on_a_slot_used_before_is_refused_and_not_run()
    {
        Simulation.RunMany(30, async sim =>
        {
            var raw = await RawSession.AcceptsAsync(sim);
            var release = new TaskCompletionSource();
            raw.Probe.Run = async (_, _) => await release.Task;
            await raw.Peer.SendAsync(Wire.Frame(Wire.Request, 0, 2, Wire.CallId(0), 1));
            await raw.Peer.ExpectFrameAsync(Wire.Reply);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(1), 1));
            await sim.UntilAsync(() => raw.Probe.Ran == 1);
            var drained = raw.Session.DrainAsync(TimeSpan.FromSeconds(30));
            Assert.That((await raw.Peer.ExpectFrameAsync(Wire.Goaway)).Payload, Is.EqualTo(Wire.U32(2)));
            await raw.Peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0, 2), 1));
            var refused = await raw.Peer.ExpectFrameAsync(Wire.Error);
            Assert.That((refused.Call, refused.Code, refused.Payload[0]),
                Is.EqualTo((Wire.CallId(0, 2), (uint)ButlerStatus.Unavailable, (byte)ButlerCertainty.NotExecuted)));
            release.SetResult();
            await raw.Peer.ExpectFrameAsync(Wire.Reply);
            Assert.That(await raw.Peer.ReadFrameAsync(), Is.Null);
            Assert.That(raw.Probe.Ran, Is.EqualTo(1));
            await raw.Peer.DisposeAsync();
            await drained;
        });
    }

    [Test]
    public void Calls_beyond_the_accepted_number_were_not_executed_and_those_within_end()
    {
        Simulation.RunMany(30, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var calls = Enumerable.Range(0, 3).Select(i => raw.CallAsync(i)).ToArray();
            var requests = new List<WireFrame>();
            for (var i = 0; i < 3; i++)
                requests.Add(await raw.Peer.ExpectFrameAsync(Wire.Request));
            await raw.Peer.SendAsync(Wire.Frame(Wire.Goaway, 0, 3, 0, Wire.U32(1)));
            (await Failing.OfAsync(calls[1])).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.Stopped);
            (await Failing.OfAsync(calls[2])).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.Stopped);
            (await Failing.OfAsync(raw.CallAsync(9))).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.Stopped);
            await raw.ReplyAsync(requests[0], 55);
            Assert.That(await calls[0], Is.EqualTo(55));
            await raw.Session.Closed;
        });
    }

    [Test]
    public void Refusal_before_WELCOME_means_that_nothing_was_executed()
    {
        Simulation.RunMany(20, async sim =>
        {
            var raw = await RawSession.StartAsync(sim, null, isAcceptor: false, null);
            var calls = Enumerable.Range(0, 3).Select(i => Failing.OfAsync(raw.CallAsync(i))).ToArray();
            await raw.Peer.ExpectAsync(Wire.Preface);
            await raw.Peer.ExpectFrameAsync(Wire.Hello);
            await raw.Peer.ExpectFrameAsync(Wire.Request);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Goaway, 0, 3, 0, Wire.U32(0)));
            foreach (var call in calls)
                Assert.That((await call).Certainty, Is.EqualTo(ButlerCertainty.NotExecuted));
            await raw.Session.Closed;
        });
    }

    [Test]
    public void What_has_not_ended_in_the_drain_time_is_cut_off()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            var cancelled = false;
            world.Probe.Work = async (value, context) =>
            {
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, sim.Time, context.CancellationToken);
                }
                finally
                {
                    cancelled = true;
                }

                return value;
            };
            var client = await world.ConnectAsync(o => o with { CallTimeout = Timeout.InfiniteTimeSpan });
            var call = Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            await sim.UntilAsync(() => world.Probe.Started == 1);
            var begun = sim.Time.Elapsed;
            await world.Server.StopAsync();
            Assert.That(sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30.1)));
            Assert.That((await call).Certainty, Is.EqualTo(ButlerCertainty.Unknown));
            await sim.SettleAsync();
            Assert.That(cancelled);
            await client.DisposeAsync();
        });
    }

    [Test]
    public void Stop_that_is_cancelled_cuts_off_at_once()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Work = async (value, context) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, sim.Time, context.CancellationToken);
                return value;
            };
            var client = await world.ConnectAsync();
            var call = Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            await sim.UntilAsync(() => world.Probe.Started == 1);
            var before = sim.Time.Elapsed;
            await world.Server.StopAsync(new CancellationToken(true));
            await call;
            Assert.That(sim.Time.Elapsed, Is.EqualTo(before));
            await client.DisposeAsync();
        });
    }

    [Test]
    public void Disposed_client_lets_its_calls_end_and_takes_no_new_ones()
    {
        Simulation.RunMany(50, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Work = async (value, _) =>
            {
                await sim.DelayAsync(TimeSpan.FromMilliseconds(100));
                return value;
            };
            var client = await world.ConnectAsync();
            var calls = Enumerable.Range(0, 10).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
            await sim.UntilAsync(() => world.Probe.Started == 10);
            var disposing = client.DisposeAsync().AsTask();
            await sim.SettleAsync();
            Assert.That((await Failing.OfAsync(client.CallAsync(Methods.Work, 99))).Reason, Is.EqualTo(ButlerReason.Stopped));
            for (var i = 0; i < calls.Length; i++)
                Assert.That(await calls[i], Is.EqualTo(i));
            await disposing;
            await sim.DelayAsync(TimeSpan.FromSeconds(2));
            Assert.That((world.Server.SessionCount, sim.Network.OpenConnections), Is.EqualTo((0, 0)));
        });
    }

    [Test]
    public void Idle_sessions_are_stopped_without_waiting()
    {
        Simulation.RunMany(50, async sim =>
        {
            var world = await World.StartAsync(sim);
            var client = await world.ConnectAsync();
            await client.CallAsync(Methods.Work, 1);
            var begun = sim.Time.Elapsed;
            await world.Server.DisposeAsync();
            Assert.That(sim.Time.Elapsed - begun, Is.LessThan(TimeSpan.FromSeconds(1.2)));
            await client.DisposeAsync();
            await sim.DelayAsync(TimeSpan.FromSeconds(2));
            Assert.That((sim.Network.OpenConnections, sim.Time.ArmedTimers), Is.EqualTo((0, 0)));
        });
    }

    [Test]
    public void Both_ends_may_stop_at_the_same_moment()
    {
        Simulation.RunMany(100, async sim =>
        {
            var world = await World.StartAsync(sim);
            var client = await world.ConnectAsync();
            var calls = Enumerable.Range(0, 5).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
            var stopping = world.Server.DisposeAsync().AsTask();
            var disposing = client.DisposeAsync().AsTask();
            foreach (var call in calls)
            {
                try
                {
                    await call;
                }
                catch (ButlerException e)
                {
                    Assert.That(e.Certainty, Is.EqualTo(ButlerCertainty.NotExecuted), e.Message);
                }
            }

            await stopping;
            await disposing;
            Assert.That(sim.Time.Elapsed, Is.LessThan(TimeSpan.FromSeconds(3)));
        });
    }
}
