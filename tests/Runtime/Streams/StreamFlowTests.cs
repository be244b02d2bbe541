using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Streams;

public class StreamFlowTests
{
    static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    public void Reader_stopped_for_an_hour_blocks_nobody_and_costs_at_most_its_credit()
    {
        StreamWorld.RunMany(5, async world =>
        {
            var tracker = new Tracker();
            world.Streams.Count = (count, context) => tracker.NumbersAsync(count, null, context.CancellationToken);
            await using var stopped = world.Client.CountAsync(100_000).GetAsyncEnumerator();
            Assert.That(await stopped.MoveNextAsync(), Is.True);

            for (var begun = world.Sim.Time.Elapsed; world.Sim.Time.Elapsed - begun < Hour; await world.Sim.DelayAsync(TimeSpan.FromMinutes(5)))
            {
                var before = world.Sim.Time.Elapsed;
                Assert.That(await world.Client.CallAsync(Methods.Work, 1), Is.EqualTo(1));
                Assert.That(await world.Client.TalkAsync(1, Items.RangeAsync(200)).ToListAsync(), Has.Count.EqualTo(200));
                Assert.That(world.Sim.Time.Elapsed, Is.EqualTo(before), "somebody had to wait");
                Assert.That(tracker.Given, Is.LessThanOrEqualTo(17), "items beyond the credit were asked for");
                Assert.That(world.ClientSession.RaisedStreamBytes, Is.Zero);
                Assert.That(world.ServerSession.QueuedBytes, Is.Zero);
            }

            for (var i = 1; i < 1000; i++)
            {
                Assert.That(await stopped.MoveNextAsync(), Is.True);
                Assert.That(stopped.Current, Is.EqualTo(i));
            }
        });
    }

    [Test]
    public void Stopped_reader_of_large_items_costs_at_most_its_bytes_and_one_item()
    {
        StreamWorld.RunMany(5, async world =>
        {
            var given = 0;
            world.Streams.Blobs = (count, _) => CountedAsync(count);
            await using var stopped = world.Client.BlobsAsync(1000).GetAsyncEnumerator();
            await world.Sim.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.That(given, Is.LessThanOrEqualTo(16_384 / 4000 + 2));

            async IAsyncEnumerable<byte[]> CountedAsync(int count)
            {
                for (var i = 0; i < count; i++)
                {
                    given++;
                    yield return new byte[4000];
                }

                await Task.CompletedTask;
            }
        });
    }

    [Test]
    public void Credit_of_a_reader_that_keeps_up_rises_to_its_limit_and_not_beyond()
    {
        StreamWorld.RunMany(3, async world =>
        {
            var given = 0;
            var taken = 0;
            var most = 0;
            world.Streams.Count = (_, _) => CountedAsync();
            await foreach (var _ in world.Client.CountAsync(0))
            {
                most = Math.Max(most, given - ++taken);
                if (taken == 40_000)
                    break;
            }

            await world.Sim.SettleAsync();
            given = 0;
            await using var stalled = world.Client.CountAsync(0).GetAsyncEnumerator();
            for (var i = 0; i < 40_000; i++)
                await stalled.MoveNextAsync();
            await world.Sim.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.That(given - 40_000, Is.InRange(500, 1025), "a reader that kept up and stalls costs its raised credit");
            Assert.That(most, Is.LessThanOrEqualTo(1025));

            async IAsyncEnumerable<int> CountedAsync()
            {
                while (true)
                {
                    given++;
                    yield return 0;
                    await Task.CompletedTask;
                }
            }
        });
    }

    [Test]
    public void Stalled_readers_leave_the_pool_to_those_who_read()
    {
        StreamWorld.RunMany(
            3,
            async world =>
            {
                world.Streams.Blobs = (_, context) => EndlessAsync(context.CancellationToken);
                var stalled = new List<IAsyncEnumerator<byte[]>>();
                for (var i = 0; i < 30; i++)
                    stalled.Add(world.Client.BlobsAsync(0).GetAsyncEnumerator());
                foreach (var reader in stalled)
                    await reader.MoveNextAsync();
                Assert.That(world.ClientSession.RaisedStreamBytes, Is.Zero, "who does not read is not raised");
                var read = 0;
                await foreach (var _ in world.Client.BlobsAsync(0))
                {
                    if (++read == 500)
                        break;
                    Assert.That(world.ClientSession.RaisedStreamBytes, Is.LessThanOrEqualTo(100_000));
                }

                foreach (var reader in stalled)
                    await reader.DisposeAsync();

                static async IAsyncEnumerable<byte[]> EndlessAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
                {
                    while (!cancellationToken.IsCancellationRequested)
                        yield return new byte[1000];
                    await Task.CompletedTask;
                }
            },
            client: o => o with { Limits = o.Limits with { StreamPoolBytes = 100_000 } });
    }

    [Test]
    public void Slow_reader_does_not_slow_calls_beside_it()
    {
        StreamWorld.RunMany(5, async world =>
        {
            var reading = world.Sim.Start(async () =>
            {
                await foreach (var item in world.Client.CountAsync(300))
                    await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(10));
            });
            for (var i = 0; i < 100; i++)
            {
                var begun = world.Sim.Time.Elapsed;
                Assert.That(await world.Client.CallAsync(Methods.Work, i), Is.EqualTo(i));
                Assert.That(world.Sim.Time.Elapsed, Is.EqualTo(begun));
                await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(7));
            }

            await reading;
        });
    }

    [Test]
    public void Streams_that_waited_for_room_in_the_send_queue_all_go_on()
    {
        StreamWorld.RunMany(10, async world =>
        {
            // Large replies fill the queue; streams and their credit come and go meanwhile.
            world.Sim.Network.Chunks = SimChunks.Whole;
            world.Sim.Network.LatencyMax = TimeSpan.FromMilliseconds(1);
            world.Streams.Blobs = (count, _) => Items.BlobsAsync(count, 60_000);
            var replies = Enumerable.Range(0, 10).Select(_ => world.Client.CallAsync(Methods.Bytes, new byte[500_000]).AsTask()).ToArray();
            var streams = Enumerable.Range(0, 40).Select(_ => world.Client.BlobsAsync(15).ToListAsync()).ToArray();
            var uploads = Enumerable.Range(0, 40).Select(_ => world.Client.UploadAsync(Items.BlobsAsync(15, 60_000)).AsTask()).ToArray();
            foreach (var reply in replies)
                Assert.That(await reply, Has.Length.EqualTo(500_000));
            foreach (var stream in streams)
                Assert.That((await stream).Select(b => b[0]), Is.EqualTo(Enumerable.Range(0, 15)));
            foreach (var upload in uploads)
                Assert.That(await upload, Is.EqualTo(15 * 60_000));
        }, client: o => o with { CallTimeout = Timeout.InfiniteTimeSpan });
    }

    [Test]
    public void More_large_replies_than_the_reassembly_window_takes_all_arrive()
    {
        StreamWorld.RunMany(5, async world =>
        {
            world.Sim.Network.Chunks = SimChunks.Whole;
            world.Probe.Bytes = (size, _) => new(new byte[1_000_000 + size[0]]);
            var replies = Enumerable.Range(0, 30).Select(i => world.Client.CallAsync(Methods.Bytes, [(byte)i]).AsTask()).ToArray();
            for (var i = 0; i < replies.Length; i++)
                Assert.That(await replies[i], Has.Length.EqualTo(1_000_000 + i));
        });
    }

    [Test]
    public void At_most_one_chunk_goes_before_a_small_call_while_large_replies_flow()
    {
        Simulation.RunMany(20, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            world.Probe.Bytes = (_, _) => new(new byte[1 << 20]);
            var frames = sim.Network.Links[0].ToClient;
            var stop = false;
            var flow = Enumerable.Range(0, 4).Select(_ => sim.Start(async () =>
            {
                while (!stop)
                    await client.CallAsync(Methods.Bytes, []);
            })).ToArray();
            var handled = new Dictionary<int, long>();
            world.Probe.Work = (value, _) =>
            {
                // What the connection was given before this reply was written.
                handled[value] = frames.BytesSent;
                return new(value);
            };
            for (var i = 0; i < 50; i++)
                Assert.That(await client.CallAsync(Methods.Work, i), Is.EqualTo(i));
            stop = true;
            await Task.WhenAll(flow);

            // In the bytes that the server sent: between the moment the handler ran and its reply there is one chunk at most, beside the one on its way.
            var position = 0L;
            var small = 0;
            foreach (var frame in WireFrame.ParseAll(frames.Recorded))
            {
                position += 16 + frame.Payload.Length;
                if (frame.Kind != Wire.Reply || frame.Payload.Length > 8)
                    continue;
                Assert.That(position - handled[small++], Is.LessThanOrEqualTo(2 * 65_536 + 64), $"reply {small - 1}");
            }

            Assert.That(small, Is.EqualTo(50));
        });
    }
}
