using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>Sessions that end while calls are in flight: every call ends at once, and what it says of its execution is true.</summary>
public class DropTests
{
    const int Calls = 4;

    // The conversation is recorded once; then it is run again and again, cut at every byte in either direction.
    [TestCase(false, SimCut.Fin)]
    [TestCase(false, SimCut.Reset)]
    [TestCase(true, SimCut.Fin)]
    [TestCase(true, SimCut.Reset)]
    public void Conversation_cut_at_every_byte(bool toClient, SimCut kind)
    {
        long length = 0;
        Simulation.Run(1, async sim => length = await ConverseAsync(sim, toClient, long.MaxValue, kind));
        Assert.That(length, Is.InRange(80, 400));
        for (var cut = 0L; cut <= length; cut++)
        {
            for (var seed = 1UL; seed <= 4; seed++)
                Simulation.Run(seed, sim => ConverseAsync(sim, toClient, cut, kind));
        }
    }

    static async Task<long> ConverseAsync(Simulation sim, bool toClient, long cut, SimCut kind)
    {
        var world = await World.StartAsync(sim);
        var executed = new HashSet<int>();
        world.Probe.Work = async (value, _) =>
        {
            executed.Add(value);
            if (value == 2)
                await sim.DelayAsync(TimeSpan.FromMilliseconds(20));
            return value + 100;
        };
        if (cut < long.MaxValue)
        {
            sim.Network.OnLink = link =>
            {
                sim.Network.OnLink = null; // the client may dial again: that link is whole
                (toClient ? link.ToClient : link.ToServer).CutAfter(cut, kind);
            };
        }

        var client = ButlerClient.Open(World.Endpoint, new ButlerClientOptions { Platform = sim.Platform });
        var outcomes = Enumerable.Range(1, Calls).Select(CallAsync).ToArray();
        var succeeded = 0;
        foreach (var outcome in outcomes)
            succeeded += await outcome ? 1 : 0;
        Assert.That(sim.Time.Elapsed, Is.LessThan(TimeSpan.FromSeconds(1)), "a call hung");
        if (cut == long.MaxValue)
            Assert.That(succeeded, Is.EqualTo(Calls));
        if (!await CallAsync(50))
            Assert.That(await CallAsync(51), "the client dials again");
        var link = sim.Network.Links[0];
        var length = toClient ? link.ToClient.BytesSent : link.ToServer.BytesSent;
        await client.DisposeAsync();
        return length;

        async Task<bool> CallAsync(int value)
        {
            try
            {
                Assert.That(await client.CallAsync(Methods.Work, value), Is.EqualTo(value + 100));
                return true;
            }
            catch (ButlerException e)
            {
                Assert.That(e.Status, Is.EqualTo(ButlerStatus.Unavailable));

                // The first link's request frames, whole or begun, as they were handed to the transport.
                var handedOver = HandedOver(sim.Network.Links[0].ToServer.Recorded, value);
                Assert.That(e.Certainty, Is.EqualTo(handedOver ? ButlerCertainty.Unknown : ButlerCertainty.NotExecuted), e.Message);
                if (e.Certainty == ButlerCertainty.NotExecuted)
                    Assert.That(executed, Does.Not.Contain(value));
                return false;
            }
        }
    }

    static bool HandedOver(byte[] sent, int value) =>
        WireFrame.ParseAll(sent).Any(f => f.Kind == Wire.Request && f.Payload[^1] == value);

    [Test]
    public void All_calls_in_flight_fail_at_once_when_the_connection_breaks()
    {
        Simulation.RunMany(30, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Work = async (value, context) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, sim.Time, context.CancellationToken);
                return value;
            };
            var client = await world.ConnectAsync();
            var calls = Enumerable.Range(0, 200).Select(i => Failing.OfAsync(client.CallAsync(Methods.Work, i))).ToArray();
            await sim.UntilAsync(() => world.Probe.Started == 200);
            var before = sim.Time.Elapsed;
            sim.Network.Links[0].Reset();
            foreach (var call in calls)
                (await call).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
            Assert.That(sim.Time.Elapsed, Is.EqualTo(before));
            await client.DisposeAsync();
        });
    }

    [Test]
    public void Handlers_tokens_fire_when_their_session_drops()
    {
        Simulation.RunMany(30, async sim =>
        {
            var world = await World.StartAsync(sim);
            var cancelled = 0;
            world.Probe.Run = async (_, context) =>
            {
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, sim.Time, context.CancellationToken);
                }
                finally
                {
                    cancelled++;
                }
            };
            var client = await world.ConnectAsync();
            var calls = Enumerable.Range(0, 20).Select(i => Failing.OfAsync(client.InvokeAsync(Methods.Run, i))).ToArray();
            await sim.UntilAsync(() => world.Probe.Ran == 20);
            sim.Network.Links[0].Reset();
            foreach (var call in calls)
                await call;
            await sim.SettleAsync();
            Assert.That(cancelled, Is.EqualTo(20));
            Assert.That(world.Server.SessionCount, Is.Zero);
            await client.DisposeAsync();
        });
    }

    [Test]
    public void Calls_that_wait_for_a_slot_were_not_executed_when_the_session_drops()
    {
        Simulation.RunMany(20, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim, welcome: Wire.WelcomeFrame(slots: 1));
            var first = Failing.OfAsync(raw.CallAsync(1));
            var waiting = Failing.OfAsync(raw.CallAsync(2));
            await raw.Peer.ExpectFrameAsync(Wire.Request);
            await raw.Peer.DisposeAsync();
            (await first).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
            (await waiting).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.ConnectionDropped);
        });
    }

    [Test]
    public void Calls_behind_a_send_that_does_not_end_were_not_executed_when_the_session_drops()
    {
        Simulation.RunMany(30, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            raw.Link.ToServer.Hold();
            var handedOver = Failing.OfAsync(raw.CallAsync(1));
            await sim.SettleAsync();
            Assert.That(raw.Link.ToServer.HasPendingSend);
            var buffered = Enumerable.Range(2, 5).Select(i => Failing.OfAsync(raw.CallAsync(i))).ToArray();
            await sim.SettleAsync();
            raw.Link.Reset();
            Assert.That((await handedOver).Certainty, Is.EqualTo(ButlerCertainty.Unknown));
            foreach (var call in buffered)
                Assert.That((await call).Certainty, Is.EqualTo(ButlerCertainty.NotExecuted));
        });
    }

    [Test]
    public void Large_request_was_not_executed_unless_a_byte_of_its_last_frame_was_handed_over()
    {
        Simulation.RunMany(20, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.DialsAsync(sim);
            raw.Link.ToServer.Hold();
            var call = Failing.OfAsync(raw.Session.CallAsync(Methods.Bytes, new byte[200_000])); // four frames
            var released = sim.Random.Next(6);
            for (var i = 0; i < released; i++)
            {
                await sim.SettleAsync();
                raw.Link.ToServer.Release();
            }

            await sim.SettleAsync();
            raw.Link.Reset();
            var failure = await call;
            var frames = WireFrame.ParseAll(raw.Link.ToServer.Recorded).Where(f => f.Kind == Wire.Request).ToList();
            var last = frames.Any(f => (f.Flags & Wire.More) == 0);
            Assert.That(failure.Certainty, Is.EqualTo(last ? ButlerCertainty.Unknown : ButlerCertainty.NotExecuted), $"{frames.Count} frames were handed over");
        });
    }

    [Test]
    public void Client_calls_again_over_a_new_session_after_a_drop()
    {
        Simulation.RunMany(30, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            for (var i = 0; i < 5; i++)
            {
                Assert.That(await client.CallAsync(Methods.Work, i), Is.EqualTo(i));
                sim.Network.Links[^1].Reset();
                await sim.SettleAsync();
            }

            Assert.That(sim.Network.Links, Has.Count.GreaterThanOrEqualTo(5));
        });
    }

    [Test]
    public void Call_without_a_server_fails_after_the_session_timeout_and_was_not_executed()
    {
        Simulation.RunMany(10, async sim =>
        {
            await using var client = ButlerClient.Open(World.Endpoint, new ButlerClientOptions { Platform = sim.Platform });
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            failure.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoSession);
            Assert.That(sim.Time.Elapsed, Is.InRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.1)));
            Assert.That(failure.Message, Does.Contain(World.Endpoint).And.Contains("refused"));
        });
    }

    [Test]
    public void Connecting_to_nobody_says_so()
    {
        Simulation.RunMany(10, async sim =>
        {
            try
            {
                await ButlerClient.ConnectAsync(World.Endpoint, new ButlerClientOptions { Platform = sim.Platform });
                Assert.Fail("it connected");
            }
            catch (ButlerException e)
            {
                e.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoSession);
            }

            await sim.DelayAsync(TimeSpan.FromSeconds(2));
            Assert.That(sim.Time.ArmedTimers, Is.Zero);
        });
    }

    [Test]
    public void Dial_that_hangs_ends_after_a_second()
    {
        Simulation.RunMany(10, async sim =>
        {
            sim.Network.At(World.Endpoint).Policy = SimDials.Hang;
            try
            {
                await ButlerClient.ConnectAsync(World.Endpoint, new ButlerClientOptions { Platform = sim.Platform });
                Assert.Fail("it connected");
            }
            catch (ButlerException e)
            {
                Assert.That(e.Reason, Is.EqualTo(ButlerReason.NoSession));
            }

            Assert.That(sim.Time.Elapsed, Is.InRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.1)));
        });
    }

    [Test]
    public void Server_that_never_welcomes_is_given_up_at_the_handshake_limit()
    {
        Simulation.RunMany(10, async sim =>
        {
            await using var listener = await SimPeer.ListenAsync(sim.Platform, World.Endpoint);
            try
            {
                await ButlerClient.ConnectAsync(World.Endpoint, new ButlerClientOptions { Platform = sim.Platform });
                Assert.Fail("it connected");
            }
            catch (ButlerException e)
            {
                Assert.That(e.Status, Is.EqualTo(ButlerStatus.Unavailable));
            }

            Assert.That(sim.Time.Elapsed, Is.InRange(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5.1)));
        });
    }

    [Test]
    public void Disposed_client_refuses_calls()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            var client = await world.ConnectAsync();
            await client.DisposeAsync();
            (await Failing.OfAsync(client.CallAsync(Methods.Work, 1))).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.Stopped);
            await client.DisposeAsync();
        });
    }
}
