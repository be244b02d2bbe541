using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>Requests of many frames, which leave one frame at a time with others in between: nothing of their call overtakes them, and what is said of them is true.</summary>
public sealed class LargeRequestTests
{
    [Test]
    public void Request_that_is_cancelled_before_it_has_begun_to_leave_never_does()
    {
        StreamWorld.RunMany(20, async world =>
        {
            var link = Hold(world);
            var first = world.Client.CallAsync(Methods.Bytes, new byte[200_000]).AsTask();
            await world.Sim.SettleAsync();
            var queued = world.ClientSession.QueuedBytes;
            using var source = new CancellationTokenSource();
            var second = world.Client.CallAsync(Methods.Bytes, new byte[300_000], source.Token).AsTask();
            source.Cancel();
            Assert.That((await Thrown.OfAsync<OperationCanceledException>(() => second)).CancellationToken, Is.EqualTo(source.Token));
            Assert.That((world.ClientSession.InFlight, world.ClientSession.QueuedBytes), Is.EqualTo((1, queued)), "its slot and its room are free at once");
            link.Open();
            Assert.That(await first, Has.Length.EqualTo(200_000));
            Assert.That(world.Probe.Started, Is.EqualTo(1));
        });
    }

    [Test]
    public void Request_that_is_cancelled_on_its_way_is_not_run()
    {
        StreamWorld.RunMany(20, async world =>
        {
            var link = Hold(world);
            using var source = new CancellationTokenSource();
            var call = world.Client.CallAsync(Methods.Bytes, new byte[300_000], source.Token).AsTask();
            await world.Sim.SettleAsync();
            source.Cancel();
            await Thrown.OfAsync<OperationCanceledException>(() => call);
            link.Open();
            await world.Sim.UntilAsync(() => world.ClientSession.InFlight == 0);
            Assert.That(world.Probe.Started, Is.Zero);
        });
    }

    [Test]
    public void Slots_of_requests_that_never_left_serve_others()
    {
        StreamWorld.RunMany(5, async world =>
        {
            var link = Hold(world);
            var first = world.Client.CallAsync(Methods.Bytes, new byte[200_000]).AsTask();
            for (var i = 0; i < 100; i++)
            {
                using var source = new CancellationTokenSource();
                var call = world.Client.CallAsync(Methods.Bytes, new byte[100_000], source.Token).AsTask();
                source.Cancel();
                await Thrown.OfAsync<OperationCanceledException>(() => call);
            }

            var last = world.Client.CallAsync(Methods.Work, 7).AsTask();
            link.Open();
            Assert.That(await last, Is.EqualTo(7));
            await first;
        });
    }

    [TestCase("cancelled")]
    [TestCase("overdue")]
    [TestCase("refused")]
    public void Request_that_never_leaves_makes_room_for_all_who_wait_for_it(string how)
    {
        Simulation.RunMany(5, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.DialsAsync(sim);
            raw.Link.ToServer.Hold();
            raw.Probe.Bytes = static (_, _) => new(new byte[200_000]);
            var filled = new TaskCompletionSource();
            var given = 0;
            var stream = Failing.OfAsync(raw.Session.SumAsync(NumbersAsync()));
            var first = Failing.OfAsync(raw.Session.CallAsync(Methods.Bytes, new byte[600_000]));
            await sim.SettleAsync();
            using var source = new CancellationTokenSource();
            var timeout = TimeSpan.FromSeconds(how == "overdue" ? 1 : 4);
            var second = raw.Session.CallAsync(Methods.Bytes, new byte[1_000_000], new CallContext(new CallOptions { Timeout = timeout }, source.Token)).AsTask();
            filled.SetResult();
            await raw.Peer.SendAsync(Wire.Frame(Wire.Request, 0, Methods.Bytes.Code, Wire.CallId(0, byAcceptor: true), 0xC4, 0));
            await sim.SettleAsync();
            Assert.That((raw.Session.Statistics.Serving, given), Is.EqualTo((1, 1)), "a reply and an item wait for room");
            if (how == "cancelled")
                source.Cancel();
            else if (how == "refused")
                await raw.Peer.SendAsync(Wire.Frame(Wire.Goaway, 0, (uint)ButlerReason.Stopped, 0, Wire.U32(2)));
            await sim.DelayAsync(TimeSpan.FromSeconds(2));
            Assert.That(second.IsCompleted);
            Assert.That((raw.Session.Statistics.Serving, given), Is.EqualTo((0, 3)), "both have the room that it leaves");
            raw.Link.Reset();
            await stream;
            await first;

            async IAsyncEnumerable<int> NumbersAsync()
            {
                await filled.Task;
                while (given < 3)
                    yield return ++given;
            }
        });
    }

    [Test]
    public void Items_do_not_overtake_the_large_request_of_their_call()
    {
        StreamWorld.RunMany(20, async world =>
        {
            var calls = Enumerable.Range(0, 6).Select(i => world.Client.LabelAsync(new byte[i * 60_000], Items.RangeAsync(i * 10)).AsTask());
            Assert.That(await Task.WhenAll(calls), Is.EqualTo(Enumerable.Range(0, 6).Select(i => (i * 60_000) + (i * 10 * ((i * 10) - 1) / 2))));
        });
    }

    [Test]
    public void What_callers_are_told_agrees_with_what_ran_when_large_and_small_requests_are_cancelled_overdue_and_stopped()
    {
        var (notExecuted, ran, unknown) = (0, 0, 0);
        Simulation.RunMany(200, async sim =>
        {
            sim.Network.Records = false;
            sim.Network.LatencyMax = TimeSpan.FromMilliseconds(3);
            var world = await World.StartAsync(sim, o => o with { DrainTimeout = TimeSpan.FromSeconds(5) });
            var journal = new HashSet<int>();
            world.Probe.Bytes = (bytes, _) =>
            {
                Assert.That(journal.Add(BitConverter.ToInt32(bytes)), "no call runs twice");
                return new(bytes[..4]);
            };
            await using var client = await world.ConnectAsync(o => o with { Retry = new ButlerRetryOptions { NotExecutedMoves = 0 } });
            var session = client.Session!;
            var calls = Enumerable.Range(1, 40).Select(CallAsync).ToArray();
            await sim.DelayAsync(TimeSpan.FromMilliseconds(sim.Random.Next(60)));
            var end = sim.Random.Next(5);
            if (end == 0)
                await world.Server.DisposeAsync();
            else if (end == 1)
                session.Abort(ButlerReason.Stopped, "the session was closed");
            else if (end == 2)
                sim.Network.Links[^1].Reset();
            await Task.WhenAll(calls);
            await sim.UntilAsync(() => session.InFlight == 0 || session.CloseReason is not null);
            Assert.That(session.CloseReason?.Reason, Is.Not.EqualTo(ButlerReason.ProtocolViolation));
            ran += journal.Count;

            async Task CallAsync(int id)
            {
                var bytes = new byte[sim.Random.Next(3) == 0 ? 66_000 + sim.Random.Next(600_000) : 4 + sim.Random.Next(2000)];
                BitConverter.TryWriteBytes(bytes, id);
                using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(sim.Random.Next(3) == 0 ? sim.Random.Next(40) : 60_000), sim.Time);
                var timeout = sim.Random.Next(3) == 0 ? TimeSpan.FromMilliseconds(1 + sim.Random.Next(40)) : TimeSpan.FromSeconds(30);
                await sim.DelayAsync(TimeSpan.FromMilliseconds(sim.Random.Next(10)));
                try
                {
                    var reply = await client.CallAsync(Methods.Bytes, bytes, new CallContext(new CallOptions { Timeout = timeout }, source.Token));
                    Assert.That(BitConverter.ToInt32(reply), Is.EqualTo(id));
                }
                catch (OperationCanceledException)
                {
                }
                catch (ButlerException e) when (e.Certainty == ButlerCertainty.NotExecuted)
                {
                    notExecuted++;
                    await sim.DelayAsync(TimeSpan.FromSeconds(20));
                    Assert.That(journal, Does.Not.Contain(id), e.ToString());
                }
                catch (ButlerException e)
                {
                    unknown++;
                    Assert.That(e.Reason, Is.EqualTo(ButlerReason.Timeout).Or.EqualTo(ButlerReason.ConnectionDropped).Or.EqualTo(ButlerReason.Stopped), e.ToString());
                }
            }
        });
        Assert.That((notExecuted > 200, ran > 2000, unknown > 20), Is.EqualTo((true, true, true)), $"{notExecuted}, {ran}, {unknown}");
    }

    // Nothing more arrives at the server until the pipe is opened.
    static SimPipe Hold(StreamWorld world)
    {
        var pipe = world.Sim.Network.Links[^1].ToServer;
        pipe.Hold();
        return pipe;
    }
}
