using System.Buffers.Binary;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>Messages of many frames as they arrive: each chunk is received straight into its message, whatever comes between and wherever the network cuts.</summary>
public sealed class LargeReceiveTests
{
    const int Mebibyte = 1 << 20;

    [Test]
    public void Large_request_is_received_into_its_own_memory_and_not_into_a_larger_buffer()
    {
        Simulation.RunMany(5, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.AcceptsAsync(sim);
            var body = Body(3 * Mebibyte, 1);
            byte[]? taken = null;
            raw.Probe.Bytes = (bytes, _) =>
            {
                taken = bytes;
                return new([]);
            };
            var most = 0;
            foreach (var frame in Frames(Wire.Request, 6, Wire.CallId(0), body, () => 65_520))
            {
                await raw.Peer.SendAsync(frame);
                most = Math.Max(most, raw.Session.ReceiveBufferBytes);
            }

            await raw.Peer.ExpectFrameAsync(Wire.Reply);
            Assert.That(Bytes.FirstDifference(taken, body.AsSpan(5)), Is.Null);
            Assert.That(most, Is.LessThanOrEqualTo(65_536));
            await sim.SettleAsync();
            Assert.That(sim.Platform.Reassembling.Bytes, Is.Zero);
        });
    }

    [TestCase(SimChunks.Whole)]
    [TestCase(SimChunks.Random)]
    [TestCase(SimChunks.SingleBytes)]
    public void Messages_whose_chunks_are_mixed_with_small_frames_arrive_as_they_were_sent(SimChunks chunks)
    {
        Simulation.RunMany(chunks == SimChunks.SingleBytes ? 2 : 50, async sim =>
        {
            sim.Network.Chunks = chunks;
            var raw = await RawSession.AcceptsAsync(sim);
            var random = new Random((int)sim.Seed);
            var largest = chunks == SimChunks.SingleBytes ? 300 : 60_000;
            var taken = new List<byte[]>();
            raw.Probe.Bytes = (bytes, _) =>
            {
                taken.Add(bytes);
                return new([]);
            };
            var bodies = Enumerable.Range(0, 3).Select(i => Body(random.Next(largest / 10, largest * 3), (byte)i)).ToArray();
            var queues = bodies.Select((body, i) => new Queue<byte[]>(Frames(Wire.Request, 6, Wire.CallId(i), body, () => random.Next(1, largest)))).ToList();
            var small = 0;
            while (queues.Count > 0)
            {
                var next = queues[random.Next(queues.Count)];
                await raw.Peer.SendAsync(next.Dequeue());
                if (next.Count == 0)
                    queues.Remove(next);
                if (random.Next(2) == 0)
                    await raw.Peer.SendAsync(Wire.Frame(Wire.Request, 0, 2, Wire.CallId(3 + small++), 42));
            }

            for (var left = 3 + small; left > 0; left--)
                await raw.Peer.ExpectFrameAsync(Wire.Reply);
            Assert.That(taken.Select(t => Array.FindIndex(bodies, b => Bytes.FirstDifference(t, b.AsSpan(5)) is null)), Is.EquivalentTo(new[] { 0, 1, 2 }));
            Assert.That(sim.Platform.Reassembling.Bytes, Is.Zero);
        });
    }

    [Test]
    public void Large_replies_arrive_as_they_were_sent_wherever_the_network_cuts()
    {
        Simulation.RunMany(50, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var calls = Enumerable.Range(0, 3).Select(i => Body(70_000 + 50_000 * i, (byte)i)).Select(b => (b, client.CallAsync(Methods.Bytes, b).AsTask())).ToArray();
            Assert.That(await client.CallAsync(Methods.Work, 7), Is.EqualTo(7));
            foreach (var (sent, call) in calls)
                Assert.That(Bytes.FirstDifference(await call, sent), Is.Null);
            Assert.That(sim.Platform.Reassembling.Bytes, Is.Zero);
        });
    }

    [Test]
    public void Chunk_that_stops_in_the_middle_ends_the_session_and_one_that_goes_on_does_not()
    {
        Simulation.RunMany(5, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.AcceptsAsync(sim);
            var frames = Frames(Wire.Request, 6, Wire.CallId(0), Body(100_000, 1), () => 50_000).ToArray();
            await raw.Peer.SendAsync(frames[0], frames[1][..1000]);
            for (var sent = 1000; sent < 6000; sent += 500)
            {
                await sim.DelayAsync(TimeSpan.FromSeconds(1.9));
                await raw.Peer.SendAsync(frames[1][sent..(sent + 500)]);
            }

            Assert.That(raw.Session.CloseReason, Is.Null, "above 240 B/s");
            await sim.DelayAsync(TimeSpan.FromSeconds(30));
            Assert.That(raw.Session.CloseReason!.Reason, Is.EqualTo(ButlerReason.SlowPeer));
        });
    }

    [TestCase(SimCut.Fin)]
    [TestCase(SimCut.Reset)]
    public void Memory_of_a_message_that_is_cut_in_the_middle_of_a_chunk_is_given_back(SimCut end)
    {
        Simulation.RunMany(5, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.AcceptsAsync(sim);
            var frames = Frames(Wire.Request, 6, Wire.CallId(0), Body(Mebibyte, 1), () => 65_520).ToArray();
            await raw.Peer.SendAsync(frames[0], frames[1], frames[2][..30_000]);
            await sim.SettleAsync();
            Assert.That(sim.Platform.Reassembling.Bytes, Is.EqualTo(Mebibyte));
            if (end == SimCut.Reset)
                raw.Link.Reset();
            await raw.Peer.DisposeAsync();
            await sim.SettleAsync();
            Assert.That((raw.Session.ReassemblingBytes, sim.Platform.Reassembling.Bytes, raw.Session.Statistics.Serving), Is.EqualTo((0, 0, 0)));
        });
    }

    [Test]
    public void Memory_is_taken_for_sixteen_times_what_has_come_at_most()
    {
        Simulation.RunMany(5, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.AcceptsAsync(sim);
            var frames = Frames(Wire.Request, 6, Wire.CallId(0), Body(4 * Mebibyte, 1), () => 1000).ToArray();
            for (var i = 0; i < 200; i++)
            {
                await raw.Peer.SendAsync(frames[i]);
                await sim.SettleAsync();
                Assert.That(sim.Platform.Reassembling.Bytes, Is.LessThanOrEqualTo(Math.Max(65_536, 16 * 1000 * (i + 1))));
            }

            raw.Link.Reset();
        });
    }

    [Test]
    public void Chunk_that_has_begun_comes_out_of_a_connection_that_is_taken_over()
    {
        Simulation.RunMany(20, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.AcceptsAsync(sim);
            var frames = Frames(Wire.Request, 6, Wire.CallId(0), Body(100_000, 1), () => 50_000).ToArray();
            await raw.Peer.SendAsync(frames[0], frames[1][..20_000]);
            await sim.SettleAsync();
            var connection = await raw.Session.HijackAsync();
            byte[] rest = [.. frames[1][20_000..], 1, 2, 3];
            await raw.Peer.SendAsync(rest);
            raw.Peer.Connection.CloseWrite();
            var left = new List<byte>();
            var buffer = new byte[10_000];
            while (await connection.ReceiveAsync(buffer) is > 0 and var received)
                left.AddRange(buffer[..received]);
            Assert.That(left, Is.EqualTo([.. frames[1][..20_000], .. rest]));
            Assert.That(sim.Platform.Reassembling.Bytes, Is.Zero);
            await connection.DisposeAsync();
        });
    }

    // A byte array of MessagePack of so many bytes in all, each of which differs from its neighbours.
    static byte[] Body(int length, byte salt)
    {
        var body = new byte[length];
        for (var i = 5; i < length; i++)
            body[i] = (byte)((i * 31 + (i >> 8)) ^ salt);
        body[0] = 0xC6;
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(1), length - 5);
        return body;
    }

    static IEnumerable<byte[]> Frames(byte kind, uint code, uint call, byte[] body, Func<int> size)
    {
        for (var sent = 0; sent < body.Length;)
        {
            var part = Math.Min(Math.Min(size(), 65_536 - 20), body.Length - sent);
            byte[] prefix = sent == 0 ? Wire.U32((uint)body.Length) : [];
            var flags = (sent == 0 ? Wire.Total : 0) | (sent + part < body.Length ? Wire.More : 0);
            yield return Wire.Frame(kind, (byte)flags, code, call, [.. prefix, .. body.AsSpan(sent, part)]);
            sent += part;
        }
    }
}
