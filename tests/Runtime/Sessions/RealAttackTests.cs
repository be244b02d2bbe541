using System.Net.Sockets;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>
/// Peers that send more than they may, or read less, over real sockets, where the system's buffers and threads are real too. The limits of number are small; their
/// defaults are tested in virtual time. A second client calls all the while and sees no failure.
/// </summary>
[CancelAfter(120_000)]
public sealed class RealAttackTests
{
    const int Slots = 8;
    const int Mebibyte = 1 << 20;
    const int Control = 256 * 1024;

    static readonly byte[] One = [1];

    [Test]
    public Task Calls_that_are_cancelled_at_once_end_as_abuse_and_never_run_in_more_handlers_than_there_are_slots() => RealServer.GuardAsync(Small, async server =>
    {
        var (alive, most) = (0, 0);
        server.Probe.Run = async (_, context) =>
        {
            var now = Interlocked.Increment(ref alive);
            for (int seen; (seen = Volatile.Read(ref most)) < now;)
                Interlocked.CompareExchange(ref most, now, seen);
            try
            {
                await context.CancellationToken.CancelledAsync();
            }
            finally
            {
                Interlocked.Decrement(ref alive);
            }
        };
        var frames = await FloodAsync(server, call => [.. Wire.Frame(Wire.Request, 0, Methods.Run.Code, call, One), .. Wire.Frame(Wire.Cancel, 0, 0, call)]);
        AssertEnd(server, frames, ButlerReason.Abuse);
        Assert.That(most, Is.InRange(1, Slots));
        Assert.That(server.Probe.Ran, Is.AtMost(1 + Small.AbuseBurst + (2 * Slots)));
        await server.UntilAsync(() => Volatile.Read(ref alive) == 0);
    });

    [TestCase(0x7777u, TestName = "Calls of a method that is not there end as abuse")]
    [TestCase(4u, TestName = "Calls that cannot be decoded end as abuse")]
    public Task Calls_that_can_only_fail(uint method) => RealServer.GuardAsync(Small, async server =>
    {
        var frames = await FloodAsync(server, call => Wire.Frame(Wire.Request, 0, method, call, 0xC1));
        AssertEnd(server, frames, ButlerReason.Abuse);
        Assert.That(frames.Count(f => f.Kind == Wire.Error), Is.InRange(Small.AbuseBurst, Small.AbuseBurst + (2 * Slots)));
        Assert.That(server.Probe.Ran, Is.Zero);
    });

    [Test]
    public Task Endless_parts_of_a_message_are_closed_at_the_size_that_was_announced() => RealServer.GuardAsync(Small, async server =>
    {
        await using var peer = await server.OpenAsync();
        var part = Wire.Frame(Wire.Request, Wire.More, Methods.Bytes.Code, Wire.CallId(0), new byte[60_000]);
        var end = peer.ReadToEndAsync();
        await peer.OfferAsync(Begun(Wire.Request, Wire.CallId(0), Mebibyte, 60_000));
        while (!end.IsCompleted)
        {
            await peer.OfferAsync(part);
            Assert.That(server.Attacked.ReassemblingBytes, Is.AtMost(Mebibyte));
        }

        AssertEnd(server, WireFrame.ParseAll(await end), ButlerReason.ProtocolViolation);
        await server.UntilAsync(() => server.Attacked.ReassemblingBytes == 0);
    });

    [Test]
    public Task Empty_part_of_a_message_is_closed() => EndsAsync(
        ButlerReason.ProtocolViolation, Begun(Wire.Request, Wire.CallId(0), 1000, 10), Wire.Frame(Wire.Request, Wire.More, Methods.Bytes.Code, Wire.CallId(0), []));

    [Test]
    public Task Pings_in_a_flood_end_as_abuse() => EndsAsync(ButlerReason.Abuse, [.. Enumerable.Repeat(Wire.Frame(Wire.Ping, 0, 0, 0, new byte[8]), 1000)]);

    [Test]
    public Task One_way_messages_beyond_what_was_granted_are_closed() => RealServer.GuardAsync(Small, async server =>
    {
        var (begun, most) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        server.Probe.Note = async (_, context) =>
        {
            if (Interlocked.Increment(ref begun) == Small.NotifiesInFlight)
                most.SetResult();
            await context.CancellationToken.CancelledAsync();
        };
        await using var peer = await server.OpenAsync();
        var note = Wire.Frame(Wire.Notify, 0, Methods.Note.Code, 0, One);
        await peer.OfferAsync([.. Enumerable.Repeat(note, Small.NotifiesInFlight).SelectMany(n => n)]);
        await most.Task;
        Assert.That(server.Attacked.State, Is.EqualTo(SessionState.Open), "all that was granted is taken");
        await peer.OfferAsync([.. Enumerable.Repeat(note, 10_000).SelectMany(n => n)]);
        AssertEnd(server, WireFrame.ParseAll(await peer.ReadToEndAsync()), ButlerReason.ProtocolViolation);
        Assert.That(begun, Is.EqualTo(Small.NotifiesInFlight));
    });

    [Test]
    public Task Idle_streams_beyond_the_slots_are_closed_and_leave_no_handler() => RealServer.GuardAsync(Small, async server =>
    {
        var (begun, ended) = (0, 0);
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var none = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Streams.Sum = async (_, context) =>
        {
            if (Interlocked.Increment(ref begun) == Slots)
                all.SetResult();
            try
            {
                await context.CancellationToken.CancelledAsync();
            }
            finally
            {
                if (Interlocked.Increment(ref ended) == Slots)
                    none.SetResult();
            }

            return 0;
        };
        await using var peer = await server.OpenAsync();
        foreach (var slot in Enumerable.Range(0, Slots))
            await peer.OfferAsync(Wire.Frame(Wire.Request, 0, StreamMethods.Sum.Code, Wire.CallId(slot), One));
        await all.Task;
        Assert.That(server.Attacked.State, Is.EqualTo(SessionState.Open), "every slot is taken");
        await peer.OfferAsync(Wire.Frame(Wire.Request, 0, StreamMethods.Sum.Code, Wire.CallId(Slots), One));
        AssertEnd(server, WireFrame.ParseAll(await peer.ReadToEndAsync()), ButlerReason.ProtocolViolation);
        await none.Task;
        Assert.That(begun, Is.EqualTo(Slots));
    });

    [Test]
    public Task Replies_of_a_mebibyte_that_nobody_reads_wait_at_the_bound_and_end_as_a_slow_peer() => RealServer.GuardAsync(
        new ButlerLimits { CallsInFlight = 64 },
        async server =>
        {
            long most = 0;
            void Look()
            {
                lock (server.Attacked.Gate)
                    most = Math.Max(most, server.Attacked.QueuedBytes);
            }

            var (asked, all) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            server.Probe.Bytes = (_, _) =>
            {
                Look();
                if (Interlocked.Increment(ref asked) == 64)
                    all.SetResult();
                return new(new byte[Mebibyte]);
            };
            await using var peer = await server.OpenAsync();
            var session = server.Attacked;
            await peer.OfferAsync([.. Enumerable.Range(0, 64).SelectMany(i => Wire.Frame(Wire.Request, 0, Methods.Bytes.Code, Wire.CallId(i), 0xC4, 0))]);
            await all.Task;
            Assert.That(session.Statistics.Serving, Is.GreaterThan(32), "handlers wait with their results");
            var begun = server.Time.Elapsed;
            await server.PassAsync(server.UntilAsync(() =>
            {
                Look();
                return session.Closed.IsCompleted;
            }));
            Assert.That(server.Time.Elapsed - begun, Is.AtLeast(TimeSpan.FromSeconds(10)));
            Assert.That(most, Is.InRange(Mebibyte, (2 * Mebibyte) + Control));
            Assert.That(session.CloseReason!.Reason, Is.EqualTo(ButlerReason.SlowPeer));
            await server.UntilAsync(() => session.Statistics.Serving == 0);
        });

    static ButlerLimits Small => new() { CallsInFlight = Slots, NotifiesInFlight = 64, AbuseBurst = 50 };

    static Task EndsAsync(ButlerReason reason, params byte[][] attack) => RealServer.GuardAsync(Small, async server =>
    {
        await using var peer = await server.OpenAsync();
        await peer.OfferAsync([.. attack.SelectMany(a => a)]);
        AssertEnd(server, WireFrame.ParseAll(await peer.ReadToEndAsync()), reason);
    });

    // Calls as fast as the slots come free, as a peer that keeps to the protocol makes them, until the server has had enough.
    static async Task<IReadOnlyList<WireFrame>> FloodAsync(RealServer server, Func<uint, byte[]> call)
    {
        await using var peer = await server.OpenAsync();
        for (var slot = 0; slot < Slots; slot++)
            await peer.OfferAsync(call(Wire.CallId(slot)));
        var frames = new List<WireFrame>();
        try
        {
            while (await peer.ReadFrameAsync() is { } frame)
            {
                frames.Add(frame);
                if (frame.Kind is Wire.Reply or Wire.Error)
                    await peer.OfferAsync(call(Wire.CallId(frame.Slot, frame.Generation + 1)));
            }
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // A reset is an end as well.
        }

        return frames;
    }

    // The GOAWAY is best effort: a reset may overtake it. What the server has ended the session for is certain.
    static void AssertEnd(RealServer server, IReadOnlyList<WireFrame> frames, ButlerReason reason)
    {
        Assert.That(frames.Where(f => f.Kind == Wire.Goaway).Select(f => f.Code), Is.SubsetOf(new[] { (uint)reason }));
        Assert.That(server.Attacked.CloseReason?.Reason, Is.EqualTo(reason));
    }

    static byte[] Begun(byte kind, uint call, int total, int part) =>
        Wire.Frame(kind, Wire.Total | Wire.More, Methods.Bytes.Code, call, [.. Wire.U32((uint)total), .. new byte[part]]);
}
