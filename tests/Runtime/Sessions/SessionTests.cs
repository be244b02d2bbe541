using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>Sessions as the application sees them: listed, pinned, counted, initialised, ended.</summary>
public sealed class SessionTests
{
    [Test]
    public void Online_sessions_are_listed_at_both_ends()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync(o => o with { SessionsPerEndpoint = 3 });
            await sim.UntilAsync(() => client.Online.Count == 3);
            Assert.That(world.Server.Online.Select(s => s.Id), Is.EquivalentTo(client.Online.Select(s => s.Id)));
            Assert.That(client.Online, Is.EqualTo(client.Online), "the same objects each time");
            world.Server.Online[0].Close();
            await sim.SettleAsync();
            Assert.That(client.Online, Has.Count.LessThan(3));
            Assert.That(client.Online.Select(s => s.IsOpen), Is.All.True);
        });
    }

    [Test]
    public void Call_pinned_to_a_session_goes_over_it_and_fails_with_it()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync(o => o with { SessionsPerEndpoint = 2 });
            await sim.UntilAsync(() => client.Online.Count == 2);
            world.Server.Services.Handle(9, (_, _, context) => new(BitConverter.GetBytes(ButlerSession.Of(context.Peer).Id)));
            var pinned = client.Online[1];
            for (var i = 0; i < 5; i++)
                Assert.That(BitConverter.ToUInt64(await pinned.CallAsync(9, default)), Is.EqualTo(pinned.Id));
            pinned.Close();
            await pinned.Done;
            (await Failing.OfAsync(pinned.CallAsync(Methods.Work, 1))).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.Stopped);
            Assert.That(await client.CallAsync(Methods.Work, 1), Is.EqualTo(1), "those that are not pinned move");
            Assert.That(client.NextSession(), Is.Not.SameAs(pinned));
        });
    }

    [Test]
    public void Client_is_no_peer_of_a_session()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            Assert.That(() => ButlerSession.Of(client), Throws.ArgumentException.With.Message.Contains("ButlerClient is no peer of a session"));
        });
    }

    [Test]
    public void Session_and_pool_count_what_they_do()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            for (var i = 0; i < 7; i++)
                await client.CallAsync(Methods.Work, i);
            await client.SendAsync(Methods.Note, 1);
            using (var cancellation = new CancellationTokenSource())
            {
                world.Probe.Work = async (value, context) =>
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, sim.Time, context.CancellationToken);
                    return value;
                };
                var call = client.CallAsync(Methods.Work, 9, cancellation.Token);
                await sim.SettleAsync();
                Assert.That((client.Statistics.Sessions.InFlight, world.Server.Online[0].Statistics.Serving), Is.EqualTo((1L, 1L)));
                cancellation.Cancel();
                try
                {
                    await call;
                    Assert.Fail("it was cancelled");
                }
                catch (OperationCanceledException)
                {
                }

                await sim.SettleAsync();
            }

            var ours = client.Statistics;
            Assert.That((ours.Online, ours.Dials, ours.DialErrors, ours.Sessions.Calls, ours.Sessions.Notices, ours.Sessions.CallsCancelled, ours.Sessions.InFlight),
                Is.EqualTo((1, 1L, 0L, 8L, 1L, 1L, 0L)));
            var theirs = world.Server.Online[0].Statistics;
            Assert.That((theirs.CallsServed, theirs.FramesReceived, theirs.BytesReceived), Is.EqualTo((9L, ours.Sessions.FramesSent, ours.Sessions.BytesSent)));
            Assert.That(ours.Sessions.BytesReceived, Is.EqualTo(theirs.BytesSent));

            await world.Server.DisposeAsync();
            Assert.That((await Failing.OfAsync(client.CallAsync(Methods.Work, 1))).Reason, Is.EqualTo(ButlerReason.NoSession));
            ours = client.Statistics;
            Assert.That((ours.Online, ours.WaitErrors, ours.Sessions.Calls), Is.EqualTo((0, 1L, 8L)), "what has ended stays counted");
            Assert.That(ours.DialErrors, Is.GreaterThan(0));
        });
    }

    [Test]
    public void Session_that_has_ended_counts_no_calls_in_flight()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Work = static async (value, context) =>
            {
                await context.CancellationToken.CancelledAsync();
                return value;
            };
            await using var client = await world.ConnectAsync();
            var session = client.NextSession()!;
            var call = Failing.OfAsync(session.CallAsync(Methods.Work, 1));
            await sim.SettleAsync();
            Assert.That(session.Statistics.InFlight, Is.EqualTo(1));
            session.Close();
            await call;
            Assert.That((session.Statistics.InFlight, client.Statistics.Sessions.InFlight), Is.EqualTo((0L, 0L)));
        });
    }

    [Test]
    public void New_session_is_initialised_before_it_gets_calls()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim);
            var log = new List<string>();
            world.Probe.Work = (value, _) =>
            {
                log.Add($"call {value}");
                return new(value);
            };
            await using var client = ButlerClient.Open(World.Endpoint, new ButlerClientOptions
            {
                Platform = sim.Platform,
                Init = async (session, _) =>
                {
                    await session.CallAsync(Methods.Work, -1);
                    await sim.DelayAsync(TimeSpan.FromMilliseconds(20));
                    log.Add("initialised");
                },
            });
            await client.CallAsync(Methods.Work, 1);
            sim.Network.Links[0].Reset();
            await sim.SettleAsync();
            await client.CallAsync(Methods.Work, 2);
            Assert.That(log, Is.EqualTo(new[] { "call -1", "initialised", "call 1", "call -1", "initialised", "call 2" }));
        });
    }

    [Test]
    public void Session_whose_initialisation_fails_is_not_used_and_its_end_is_told_why()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            var tries = 0;
            await using var client = ButlerClient.Open(World.Endpoint, new ButlerClientOptions
            {
                Platform = sim.Platform,
                Init = (_, _) => ++tries < 3 ? throw new InvalidOperationException("not yet") : default,
            });
            Assert.That(await client.CallAsync(Methods.Work, 1), Is.EqualTo(1));
            Assert.That((tries, client.Statistics.Dials), Is.EqualTo((3, 3L)));
            Assert.That(client.Statistics.DialErrors, Is.EqualTo(2));
        });
    }

    [Test]
    public void Initialisation_that_never_ends_is_given_up_at_the_handshake_limit()
    {
        Simulation.RunMany(3, async sim =>
        {
            _ = await World.StartAsync(sim);
            var begun = 0;
            await using var client = ButlerClient.Open(World.Endpoint, new ButlerClientOptions
            {
                Platform = sim.Platform,
                Init = async (_, cancellation) =>
                {
                    begun++;
                    await Task.Delay(Timeout.InfiniteTimeSpan, sim.Time, cancellation);
                },
            });
            _ = client.WaitUntilReadyAsync();
            await sim.DelayAsync(TimeSpan.FromSeconds(5.5));
            Assert.That(begun, Is.EqualTo(2));
        });
    }

    [Test]
    public void Server_initialises_the_sessions_that_it_accepts_and_may_call_over_them()
    {
        Simulation.RunMany(10, async sim =>
        {
            var greeted = new List<int>();
            var world = await World.StartAsync(sim, o => o with
            {
                Init = async (session, _) => greeted.Add((await session.CallAsync(5, default)).Length),
            });
            await using var client = ButlerClient.Open(World.Endpoint, new ButlerClientOptions { Platform = sim.Platform });
            client.Services.Handle(5, (_, _, _) => new(new byte[3]));
            await client.WaitUntilReadyAsync();
            await sim.SettleAsync();
            Assert.That(greeted, Is.EqualTo(new[] { 3 }));
        });
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Shutdown_runs_the_callbacks_waits_for_calls_in_flight_and_closes(bool byServer)
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var log = new List<string>();
            var ours = client.Online[0];
            var theirs = world.Server.Online[0];
            foreach (var (name, session) in new[] { ("ours", ours), ("theirs", theirs) })
            {
                session.OnShutdown(async () =>
                {
                    await sim.DelayAsync(TimeSpan.FromMilliseconds(100));
                    log.Add(name);
                });
                session.OnClose(() => log.Add("closed " + name));
            }

            world.Probe.Work = async (value, _) =>
            {
                await sim.DelayAsync(TimeSpan.FromMilliseconds(300));
                log.Add("call");
                return value;
            };
            var call = client.CallAsync(Methods.Work, 4);
            await sim.SettleAsync();
            await (byServer ? theirs : ours).ShutdownAsync();
            Assert.That(await call, Is.EqualTo(4));
            await ours.Done;
            await theirs.Done;
            await sim.SettleAsync();
            Assert.That(log.Take(3), Is.EquivalentTo(new[] { "ours", "theirs", "call" }));
            Assert.That(log.Skip(3), Is.EquivalentTo(new[] { "closed ours", "closed theirs" }));
            Assert.That(sim.Time.Elapsed, Is.InRange(TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(400)));
        });
    }

    [Test]
    public void Shutdown_waits_for_a_callback_that_takes_longer_than_the_calls_and_not_longer_than_it_may()
    {
        Simulation.RunMany(5, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var ours = client.Online[0];
            var never = new TaskCompletionSource();
            ours.OnShutdown(() => never.Task);
            await ours.ShutdownAsync(TimeSpan.FromSeconds(3));
            Assert.That(sim.Time.Elapsed, Is.InRange(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3.2)));
            Assert.That(ours.Error!.Message, Does.Contain("a callback"));
        });
    }

    [Test]
    public void Shutdown_callback_that_throws_keeps_no_other_from_running()
    {
        Simulation.RunMany(5, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var ours = client.Online[0];
            var ran = false;
            ours.OnShutdown(() => throw new InvalidOperationException("a callback of the user"));
            ours.OnShutdown(() =>
            {
                ran = true;
                return Task.CompletedTask;
            });
            await ours.ShutdownAsync();
            Assert.That(ran);
            Assert.That(world.Log.Lines.Single(l => l.Id.Id == 63).Exception!.Message, Is.EqualTo("a callback of the user"));
        });
    }

    [Test]
    public void Callback_on_the_token_of_Init_that_throws_keeps_nothing_of_the_session_from_ending()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim, o => o with
            {
                Init = (_, ended) =>
                {
                    ended.Register(() => throw new InvalidOperationException("a callback of the user"));
                    return default;
                },
            });
            await using var client = await world.ConnectAsync();
            await sim.SettleAsync();
            var theirs = world.Server.Online[0];
            theirs.Close();
            await theirs.Done;
            await sim.UntilAsync(() => sim.Network.Links[0].Server.IsDisposed);
            Assert.That(world.Log.Lines.Single(l => l.Id.Id == 10).Text, Does.Contain("the session with"));
        });
    }

    [Test]
    public void Drain_time_that_is_over_says_what_had_not_ended()
    {
        Simulation.RunMany(5, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync(o => o with { CallTimeout = Timeout.InfiniteTimeSpan });
            var theirs = world.Server.Online[0];
            world.Probe.Work = async (value, context) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, sim.Time, context.CancellationToken);
                return value;
            };
            var calls = Enumerable.Range(0, 3).Select(i => Failing.OfAsync(client.CallAsync(Methods.Work, i))).ToArray();
            await sim.SettleAsync();
            await theirs.ShutdownAsync(TimeSpan.FromSeconds(2));
            Assert.That(theirs.Error!.Message, Does.Contain("the drain time of 2 s was over").And.Contain("3 calls being served (Tests.IProbe.WorkAsync)"));
            foreach (var call in calls)
                Assert.That((await call).Status, Is.EqualTo(ButlerStatus.Unavailable));
        });
    }

    [Test]
    public void Callback_on_a_session_that_has_ended_runs_at_once()
    {
        Simulation.RunMany(5, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var ours = client.Online[0];
            ours.Close();
            await ours.Done;
            await sim.SettleAsync();
            var ran = false;
            ours.OnClose(() => ran = true);
            Assert.That(ran);
        });
    }
}
