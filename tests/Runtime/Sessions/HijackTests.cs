using ButlerRpc.Framing;
using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>A native session whose connection is taken over by the application.</summary>
public sealed class HijackTests
{
    static readonly byte[] Foreign = "this is another protocol"u8.ToArray();

    [Test]
    public void Both_ends_take_the_connection_over_and_speak_another_protocol()
    {
        Simulation.RunMany(100, async sim =>
        {
            var world = await World.StartAsync(sim);
            var taken = new TaskCompletionSource<Connection>();
            world.Server.Services.Handle(9, async (_, _, context) =>
            {
                taken.SetResult(await ButlerSession.Of(context.Peer).HijackAsync());
                return default;
            });
            await using var client = await world.ConnectAsync();
            var session = client.Online[0];
            await session.CallAsync(Methods.Work, 1);
            await session.NotifyAsync(9, default);
            var ours = await session.HijackAsync();
            var theirs = await taken.Task;
            await theirs.SendAsync(Foreign);
            Assert.That(await ReadAsync(ours, Foreign.Length), Is.EqualTo(Foreign));
            await ours.SendAsync(Foreign);
            Assert.That(await ReadAsync(theirs, Foreign.Length), Is.EqualTo(Foreign));
            Assert.That(session.Error!.Reason, Is.EqualTo(ButlerReason.Hijacked));
            Assert.That(await client.CallAsync(Methods.Work, 2), Is.EqualTo(2), "over a new session");
            ours.CloseWrite();
            Assert.That(await theirs.ReceiveAsync(new byte[1]), Is.Zero);
            await ours.DisposeAsync();
            await theirs.DisposeAsync();
        });
    }

    [Test]
    public void Session_whose_connection_was_taken_over_has_ended_for_its_tokens_and_its_counters()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var session = client.Online[0].Session;
            var draining = session.Draining;
            var connection = await client.Online[0].HijackAsync();
            await sim.SettleAsync();
            Assert.That(session.Ended.IsCancellationRequested);
            Assert.That(draining.IsCancellationRequested);
            Assert.That(session.Host.Totals.Live, Does.Not.Contain(session));
            Assert.That(session.Host.Totals.Ended, Has.One.EqualTo(KeyValuePair.Create(ButlerReason.Hijacked, 1L)));
            await connection.DisposeAsync();
        });
    }

    // What follows the frame whose handler asks, however it is cut up, comes out of the connection: received, parsed already, or still to come.
    [Test]
    public void Every_byte_that_no_handler_has_seen_comes_out_of_the_connection()
    {
        Simulation.RunMany(300, async sim =>
        {
            var world = await World.StartAsync(sim);
            Connection? taken = null;
            world.Server.Services.Handle(9, async (_, _, context) =>
            {
                taken = await ButlerSession.Of(context.Peer).HijackAsync();
                return default;
            });
            var peer = await world.OpenRawAsync();
            byte[][] behind =
            [
                Wire.Frame(Wire.Request, 0, 2, Wire.CallId(1), 42),
                Wire.Frame(Wire.Notify, 0, 3, 5, 42),
                Wire.Frame(Wire.Request, 0, 0x7777, Wire.CallId(2), 1, 2, 3),
                Wire.Frame(Wire.Request, 0, 2, Wire.CallId(3), 43),
            ];
            await peer.SendAsync([Wire.Frame(Wire.Request, 0, 9, Wire.CallId(0)), .. behind]);
            await sim.UntilAsync(() => taken is not null);
            peer.Connection.CloseWrite();
            var left = WireFrame.ParseAll(await ReadToEndAsync(taken!));

            // Each of them was either begun by a handler before or comes out, in order, as it was.
            var frames = behind.SelectMany(b => WireFrame.ParseAll(b)).ToList();
            var position = -1;
            foreach (var frame in left)
            {
                var found = frames.FindIndex(f => (f.Kind, f.Code) == (frame.Kind, frame.Code) && f.Payload.AsSpan().SequenceEqual(frame.Payload) && (f.Kind == Wire.Notify || f.Call == frame.Call));
                Assert.That(found, Is.GreaterThan(position), "in their order, once");
                position = found;
            }

            var served = world.Probe.Started + (left.Any(f => f.Code == 0x7777) ? 0 : 1);
            Assert.That(served + left.Count, Is.EqualTo(frames.Count));
            await taken!.DisposeAsync();
            await peer.DisposeAsync();
        });
    }

    [Test]
    public void Request_with_deadline_and_metadata_that_was_parsed_comes_out_with_them()
    {
        Simulation.RunMany(50, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var world = await World.StartAsync(sim);
            Connection? taken = null;
            world.Server.Services.Handle(9, async (_, _, context) =>
            {
                taken = await ButlerSession.Of(context.Peer).HijackAsync();
                return default;
            });
            var peer = await world.OpenRawAsync();
            byte[] metadata = [0x81, 0xA1, 0x6B, 0xA1, 0x76];
            var request = Wire.Frame(Wire.Request, Wire.Deadline | 16, 4, Wire.CallId(1), [.. Wire.U32(5000), .. Wire.Blob(metadata), 42]);
            await peer.SendAsync(Wire.Frame(Wire.Request, 0, 9, Wire.CallId(0)), request);
            await sim.UntilAsync(() => taken is not null);
            peer.Connection.CloseWrite();
            var left = await ReadToEndAsync(taken!);
            if (world.Probe.Ran == 0)
                Assert.That(left, Is.EqualTo(request));
            else
                Assert.That(left, Is.Empty);
            await taken!.DisposeAsync();
            await peer.DisposeAsync();
        });
    }

    [Test]
    public void Calls_in_flight_fail_as_hijacked_and_answers_that_were_queued_are_sent()
    {
        Simulation.RunMany(50, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var call = Failing.OfAsync(raw.CallAsync(1));
            await raw.Peer.ExpectFrameAsync(Wire.Request);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Request, 0, 2, Wire.CallId(0, byAcceptor: true), 42));
            await raw.Peer.ExpectFrameAsync(Wire.Reply);
            var begun = sim.Time.Elapsed;
            var connection = await raw.Session.HijackAsync();
            (await call).AssertIs(ButlerStatus.FailedPrecondition, ButlerCertainty.Unknown, ButlerReason.Hijacked);
            (await Failing.OfAsync(raw.CallAsync(2))).AssertIs(ButlerStatus.FailedPrecondition, ButlerCertainty.NotExecuted, ButlerReason.Hijacked);
            Assert.That(sim.Time.Elapsed, Is.EqualTo(begun));
            try
            {
                await raw.Session.HijackAsync();
                Assert.Fail("it was taken over twice");
            }
            catch (ButlerException e)
            {
                Assert.That(e.Message, Does.Contain("only once"));
            }

            await sim.DelayAsync(TimeSpan.FromMinutes(1));
            Assert.That(raw.Link.ToServer.Recorded.Length, Is.EqualTo(raw.Session.Statistics.BytesSent), "no ping of the session gets into the other protocol");
            await connection.DisposeAsync();
        });
    }

    [Test]
    public void Stream_of_a_call_being_served_ends_when_its_connection_is_taken_over()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim);
            var streams = new StreamProbe();
            world.Server.Services.Add(streams);
            await using var client = await world.ConnectAsync();
            var failed = sim.Start(async () =>
            {
                try
                {
                    await foreach (var item in client.StreamAsync(StreamMethods.Count, 1_000_000, [], default))
                        await sim.DelayAsync(TimeSpan.FromMilliseconds(1));
                    Assert.Fail("it ended as if it were complete");
                }
                catch (ButlerException e)
                {
                    Assert.That(e.Reason, Is.EqualTo(ButlerReason.Hijacked));
                }
            });
            await sim.DelayAsync(TimeSpan.FromMilliseconds(20));
            await using var connection = await client.Online[0].HijackAsync();
            await failed;
        });
    }

    static async Task<byte[]> ReadAsync(Connection connection, int count)
    {
        var bytes = new byte[count];
        for (var read = 0; read < count;)
        {
            var more = await connection.ReceiveAsync(bytes.AsMemory(read));
            Assert.That(more, Is.GreaterThan(0));
            read += more;
        }

        return bytes;
    }

    static async Task<byte[]> ReadToEndAsync(Connection connection)
    {
        var all = new List<byte>();
        var buffer = new byte[100];
        while (await connection.ReceiveAsync(buffer) is > 0 and var read)
            all.AddRange(buffer[..read]);
        return [.. all];
    }
}
