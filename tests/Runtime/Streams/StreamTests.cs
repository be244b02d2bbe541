using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.Runtime.Tests.Streams;

public class StreamTests
{
    [TestCase(0)]
    [TestCase(1)]
    [TestCase(15)]
    [TestCase(16)]
    [TestCase(17)]
    [TestCase(1000)]
    public void Items_arrive_whole_and_in_order_in_every_direction(int count)
    {
        StreamWorld.RunMany(10, async world =>
        {
            var numbers = Enumerable.Range(0, count).ToList();
            Assert.That(await world.Client.CountAsync(count).ToListAsync(), Is.EqualTo(numbers));
            Assert.That(await world.Client.SumAsync(Items.RangeAsync(count)), Is.EqualTo(numbers.Sum()));
            Assert.That(await world.Client.TalkAsync(1, Items.RangeAsync(count)).ToListAsync(), Is.EqualTo(numbers));
        });
    }

    [Test]
    public void Two_streams_of_one_call_are_read_one_behind_the_other_or_crosswise()
    {
        StreamWorld.RunMany(20, async world =>
        {
            var text = await world.Client.JoinAsync(Items.RangeAsync(100), WordsAsync(100));
            Assert.That(text, Is.EqualTo(string.Concat(Enumerable.Range(0, 100).Select(i => i + " ")) + string.Concat(Enumerable.Range(0, 100).Select(i => $"w{i} "))));

            world.Streams.Join = async (numbers, words, _) =>
            {
                var crosswise = "";
                await using var word = words.GetAsyncEnumerator();
                await foreach (var number in numbers)
                {
                    await word.MoveNextAsync();
                    crosswise += number + word.Current;
                }

                return crosswise;
            };
            Assert.That(
                await world.Client.JoinAsync(Items.RangeAsync(100), WordsAsync(100)), Is.EqualTo(string.Concat(Enumerable.Range(0, 100).Select(i => $"{i}w{i}"))));
        });

        static async IAsyncEnumerable<string> WordsAsync(int count)
        {
            for (var i = 0; i < count; i++)
                yield return $"w{i}";
            await Task.CompletedTask;
        }
    }

    [Test]
    public void Item_of_every_size_around_the_frame_limit_arrives_whole()
    {
        StreamWorld.RunMany(4, async world =>
        {
            world.Sim.Network.Chunks = Testing.SimChunks.Whole;
            int[] sizes = [1, 16_383, 16_384, 16_385, 65_500, 65_512, 65_515, 65_516, 65_517, 65_520, 131_072, 1_000_000, (4 << 20) - 5];
            world.Streams.Blobs = (_, _) => SizesAsync();
            var arrived = await world.Client.BlobsAsync(0).ToListAsync();
            Assert.That(arrived.Select(a => a.Length), Is.EqualTo(sizes));
            Assert.That(arrived.Select(a => a[^1]), Is.EqualTo(Enumerable.Range(0, sizes.Length)));
            Assert.That(await world.Client.UploadAsync(SizesAsync()), Is.EqualTo(sizes.Sum()));

            async IAsyncEnumerable<byte[]> SizesAsync()
            {
                for (var i = 0; i < sizes.Length; i++)
                {
                    var bytes = new byte[sizes[i]];
                    bytes[^1] = (byte)i;
                    yield return bytes;
                }

                await Task.CompletedTask;
            }
        });
    }

    [Test]
    public void Item_above_the_limit_fails_the_call_behind_the_items_before_it()
    {
        StreamWorld.RunMany(10, async world =>
        {
            world.Streams.Blobs = (_, _) => LargeAsync();
            var arrived = new List<int>();
            ButlerException? failure = null;
            try
            {
                await foreach (var item in world.Client.BlobsAsync(0))
                    arrived.Add(item.Length);
            }
            catch (ButlerException e)
            {
                failure = e;
            }

            Assert.That(arrived, Is.EqualTo(new[] { 10, 20 }));
            Assert.That((failure?.Status, failure?.Reason), Is.EqualTo((ButlerStatus.ResourceExhausted, ButlerReason.TooLarge)));

            static async IAsyncEnumerable<byte[]> LargeAsync()
            {
                yield return new byte[10];
                yield return new byte[20];
                yield return new byte[4 << 20];
                await Task.CompletedTask;
            }
        });
    }

    [Test]
    public void Error_after_items_arrives_after_them()
    {
        StreamWorld.RunMany(40, async world =>
        {
            var tracker = new Tracker();
            world.Streams.Count = (count, _) => tracker.NumbersAsync(count, new ButlerException(ButlerStatus.DataLoss, "the disk broke"));
            foreach (var count in new[] { 0, 1, 16, 500 })
            {
                var arrived = new List<int>();
                ButlerException? failure = null;
                try
                {
                    await foreach (var item in world.Client.CountAsync(count))
                    {
                        arrived.Add(item);
                        if (item % 100 == 0)
                            await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(20)); // the error is there long before its turn
                    }
                }
                catch (ButlerException e)
                {
                    failure = e;
                }

                Assert.That(arrived, Is.EqualTo(Enumerable.Range(0, count)));
                Assert.That((failure?.Status, failure?.Message, failure?.Certainty), Is.EqualTo((ButlerStatus.DataLoss, "the disk broke", ButlerCertainty.Executed)));
            }

            Assert.That(tracker.Ended, Is.EqualTo(4));
        });
    }

    [Test]
    public void Failure_of_a_parameter_ends_the_call_with_that_failure()
    {
        StreamWorld.RunMany(40, async world =>
        {
            var seen = new List<Exception>();
            world.Streams.Sum = async (numbers, _) =>
            {
                try
                {
                    await numbers.ToListAsync();
                }
                catch (Exception e)
                {
                    seen.Add(e);
                    throw;
                }

                return 0;
            };
            var tracker = new Tracker();
            var failure = await Thrown.OfAsync<InvalidDataException>(async () => await world.Client.SumAsync(tracker.NumbersAsync(5, new InvalidDataException("line 6"))));
            Assert.That(failure.Message, Is.EqualTo("line 6"));
            failure = await Thrown.OfAsync<InvalidDataException>(async () => await world.Client.TalkAsync(1, tracker.NumbersAsync(5, new InvalidDataException("line 7"))).ToListAsync());
            Assert.That(failure.Message, Is.EqualTo("line 7"));
            await world.Sim.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.That(seen, Is.All.InstanceOf<OperationCanceledException>(), "the handler must not take a cut stream for a complete one");
            Assert.That(tracker.Ended, Is.EqualTo(2));
        });
    }

    [Test]
    public void Item_that_cannot_be_decoded_fails_the_call_and_keeps_the_session()
    {
        StreamWorld.RunMany(10, async world =>
        {
            var wrong = new Method<int, string>
            {
                Service = StreamMethods.Service, Name = "CountAsync", Code = 20, Shape = MethodShape.ServerStream,
                RequestCodec = IntCodec.Instance, ResponseCodec = StringCodec.Instance,
            };
            var failure = await Thrown.OfAsync<ButlerException>(async () => await world.Client.StreamAsync(wrong, 5, [], default).ToListAsync());
            Assert.That((failure.Status, failure.Reason, failure.Certainty), Is.EqualTo((ButlerStatus.InvalidArgument, ButlerReason.BadMessage, ButlerCertainty.Executed)));
        });
    }

    [Test]
    public void Stream_parameter_that_cannot_be_decoded_is_the_callers_fault_not_the_servers()
    {
        StreamWorld.RunMany(10, async world =>
        {
            var text = new StreamParameter<string>(1, "numbers", StringCodec.Instance);
            var failure = await Thrown.OfAsync<ButlerException>(async () => await world.Client.CallAsync(StreamMethods.Sum, 0, [text.With(OneAsync())], default));
            Assert.That((failure.Status, failure.Reason), Is.EqualTo((ButlerStatus.InvalidArgument, ButlerReason.BadMessage)));

            static async IAsyncEnumerable<string> OneAsync()
            {
                yield return "not a number";
                await Task.CompletedTask;
            }
        });
    }

    [Test]
    public void Each_enumeration_of_a_result_makes_a_call_of_its_own()
    {
        StreamWorld.RunMany(10, async world =>
        {
            var tracker = new Tracker();
            world.Streams.Count = (count, _) => tracker.NumbersAsync(count);
            var numbers = world.Client.CountAsync(3);
            Assert.That(tracker.Begun, Is.Zero);
            Assert.That(await numbers.ToListAsync(), Is.EqualTo(new[] { 0, 1, 2 }));
            Assert.That(await numbers.ToListAsync(), Is.EqualTo(new[] { 0, 1, 2 }));
            Assert.That(tracker.Begun, Is.EqualTo(2));
        });
    }

    [Test]
    public void Server_streams_from_the_client_that_it_serves()
    {
        StreamWorld.RunMany(20, async world =>
        {
            world.Client.Add(new StreamProbe());
            world.Probe.Work = async (count, context) => (await context.Peer.CountAsync(count).ToListAsync()).Sum() + await context.Peer.SumAsync(Items.RangeAsync(count));
            Assert.That(await world.Client.CallAsync(Methods.Work, 200), Is.EqualTo(2 * 199 * 100));
            world.Probe.Work = static (value, _) => new(value);
        });
    }

    [Test]
    public void Thousand_streams_at_once_complete()
    {
        StreamWorld.RunMany(1, async world =>
        {
            const int Streams = 1000;
            var lists = await Task.WhenAll(Enumerable.Range(0, Streams).Select(i => world.Client.CountAsync(20 + i % 30).ToListAsync()));
            for (var i = 0; i < Streams; i++)
                Assert.That(lists[i], Is.EqualTo(Enumerable.Range(0, 20 + i % 30)));
            var sums = await Task.WhenAll(Enumerable.Range(0, Streams).Select(i => world.Client.SumAsync(Items.RangeAsync(20 + i % 30)).AsTask()));
            for (var i = 0; i < Streams; i++)
                Assert.That(sums[i], Is.EqualTo(Enumerable.Range(0, 20 + i % 30).Sum()));
        });
    }
}
