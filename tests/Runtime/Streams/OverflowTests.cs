using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.Runtime.Tests.Streams;

/// <summary>What becomes of the items of a pushed stream whose reader is slower than its writer.</summary>
public class OverflowTests
{
    static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    [Test]
    public void Drop_oldest_gives_a_slow_reader_the_newest_items_in_order_and_never_slows_the_writer()
    {
        RunMany(20, Oldest, async (world, given, stop) =>
        {
            var read = new List<int>();
            await foreach (var item in world.Client.StreamAsync(Oldest, 0, [], default))
            {
                read.Add(item);
                if (read.Count == 20)
                    await world.Sim.DelayAsync(TimeSpan.FromSeconds(2)); // 2000 items are given meanwhile
                if (read.Count == 100)
                    break;
            }

            Assert.That(given(), Is.GreaterThan(2000));
            Assert.That(read, Is.Ordered.Ascending.And.Unique);
            Assert.That(read.Zip(read.Skip(1)).Max(p => p.Second - p.First), Is.GreaterThan(1000), "the oldest were not dropped");
            Assert.That(given() - read[^1], Is.LessThan(40), "the reader is far behind although it keeps up now");
        });
    }

    [Test]
    public void Latest_by_key_gives_a_slow_reader_the_newest_of_each_key()
    {
        RunMany(20, Latest, async (world, given, stop) =>
        {
            var latest = new Dictionary<int, int>();
            var read = 0;
            await foreach (var item in world.Client.StreamAsync(Latest, 0, [], default))
            {
                var key = item % Keys;
                if (latest.TryGetValue(key, out var before))
                    Assert.That(item, Is.GreaterThan(before), "an older item came behind a newer one of its key");
                latest[key] = item;
                if (++read == 20)
                {
                    await world.Sim.DelayAsync(TimeSpan.FromSeconds(2));
                    stop();
                    await world.Sim.DelayAsync(Tick * 5);
                }
            }

            var last = given() - 1;
            Assert.That(latest.Values, Is.EquivalentTo(Enumerable.Range(last - Keys + 1, Keys)), "the last state of every key arrives");
            Assert.That(read, Is.LessThan(200));
        });
    }

    [Test]
    public void What_a_slow_reader_sees_is_never_older_than_the_first_credit_of_its_stream([Values] bool byKey)
    {
        RunMany(3, byKey ? Latest : Oldest, async (world, given, stop) =>
        {
            var read = 0;
            var oldest = 0;
            await foreach (var item in world.Client.StreamAsync(byKey ? Latest : Oldest, 0, [], default))
            {
                oldest = Math.Max(oldest, given() - item);
                await world.Sim.DelayAsync(Tick * 20); // 20 items are given meanwhile
                if (++read == 1000)
                    break;
            }

            Assert.That(oldest, Is.LessThanOrEqualTo(20 * (16 + 3) + Keys), "items, or milliseconds");
        });
    }

    [Test]
    public void Error_of_a_stream_that_drops_arrives_behind_what_is_left()
    {
        RunMany(20, Oldest, async (world, given, stop) =>
        {
            var read = new List<int>();
            ButlerException? failure = null;
            try
            {
                await foreach (var item in world.Client.StreamAsync(Oldest, 5, [], default))
                    read.Add(item);
            }
            catch (ButlerException e)
            {
                failure = e;
            }

            Assert.That(read, Is.EqualTo(Enumerable.Range(0, 5)));
            Assert.That(failure?.Status, Is.EqualTo(ButlerStatus.DataLoss));
        });
    }

    [Test]
    public void Break_and_drop_end_a_stream_that_drops()
    {
        RunMany(20, Oldest, async (world, given, stop) =>
        {
            await foreach (var item in world.Client.StreamAsync(Oldest, 0, [], default))
            {
                if (item == 3)
                    break;
            }

            await world.Sim.DelayAsync(Tick * 3);
            var after = given();
            await world.Sim.DelayAsync(Tick * 100);
            Assert.That(given(), Is.EqualTo(after), "the enumeration goes on without a reader");

            await using var reader = world.Client.StreamAsync(Oldest, 0, [], default).GetAsyncEnumerator();
            await reader.MoveNextAsync();
            world.Sim.Network.Links[0].Reset();
            await world.Sim.DelayAsync(Tick * 3);
            after = given();
            await world.Sim.DelayAsync(Tick * 100);
            Assert.That(given(), Is.EqualTo(after));
        });
    }

    [Test]
    public void Item_that_cannot_be_encoded_ends_an_enumeration_that_waits_for_its_next()
    {
        StreamWorld.RunMany(5, async world =>
        {
            var tracker = new Tracker();
            world.World.Server.Services.Add(new Pushed { Method = Broken, Give = _ => tracker.EventsAsync(1) });
            var failure = await Thrown.OfAsync<ButlerException>(() => world.Client.StreamAsync(Broken, 0, [], default).ToListAsync());
            Assert.That((failure.Status, tracker.Ended), Is.EqualTo((ButlerStatus.Internal, 1)), failure.ToString());
        });
    }

    [Test]
    public void Overflow_buffers_forget_by_their_policy()
    {
        var oldest = OverflowBuffer<int>.Of(StreamOverflow.DropOldest, null);
        for (var i = 0; i < 10; i++)
            oldest.Add(i, most: 4);
        Assert.That(Drain(oldest), Is.EqualTo(new[] { 6, 7, 8, 9 }));

        var latest = OverflowBuffer<(string? Key, int Value)>.Of(StreamOverflow.LatestByKey, ItemKey<(string? Key, int Value)>.By(static item => item.Key));
        latest.Add(("a", 1), 3);
        latest.Add((null, 2), 3);
        latest.Add(("a", 3), 3);
        latest.Add((null, 4), 3);
        latest.Add(("b", 5), 3);
        Assert.That(Drain(latest), Is.EqualTo(new (string?, int)[] { ("a", 3), (null, 4), ("b", 5) }));
        for (var i = 0; i < 6; i++)
            latest.Add(($"{i}", i), 3);
        Assert.That(Drain(latest), Is.EqualTo(new (string?, int)[] { ("3", 3), ("4", 4), ("5", 5) }));

        static List<T> Drain<T>(OverflowBuffer<T> buffer)
        {
            var items = new List<T>();
            while (buffer.TryTake(out var item))
                items.Add(item);
            return items;
        }
    }

    const int Keys = 5;

    static readonly Method<int, int> Oldest = new()
    {
        Service = "Tests.IPushed", Name = "OldestAsync", Code = 50, Shape = MethodShape.ServerStream, Overflow = StreamOverflow.DropOldest,
        RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
    };

    static readonly Method<int, int> Latest = new()
    {
        Service = "Tests.IPushed", Name = "LatestAsync", Code = 51, Shape = MethodShape.ServerStream, Overflow = StreamOverflow.LatestByKey,
        ItemKey = ItemKey<int>.By(static item => item % Keys), RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
    };

    static readonly Method<int, int> Broken = new()
    {
        Service = "Tests.IPushed", Name = "BrokenAsync", Code = 52, Shape = MethodShape.ServerStream, Overflow = StreamOverflow.DropOldest,
        RequestCodec = IntCodec.Instance, ResponseCodec = new UserCodec(static _ => throw new FormatException("cannot encode"), static _ => { }),
    };

    /// <summary>The handler gives an item a millisecond; the request says after how many it fails (0: never).</summary>
    static void RunMany(int seeds, Method<int, int> method, Func<StreamWorld, Func<int>, Action, Task> test) => StreamWorld.RunMany(seeds, async world =>
    {
        var given = 0;
        var live = 0;
        var stopped = false;
        world.World.Server.Services.Add(new Pushed { Method = method, Give = GiveAsync });
        await test(world, () => given, () => stopped = true);
        await world.Sim.DelayAsync(Tick * 5);
        Assert.That(live, Is.Zero, "enumerations that were not disposed");

        async IAsyncEnumerable<int> GiveAsync(int most)
        {
            live++;
            try
            {
                given = 0;
                while (!stopped)
                {
                    await world.Sim.DelayAsync(Tick);
                    if (most > 0 && given == most)
                        throw new ButlerException(ButlerStatus.DataLoss, "the feed broke");
                    yield return given++;
                }
            }
            finally
            {
                live--;
            }
        }
    });

    sealed class Pushed : IButlerContract<Pushed>
    {
        public static ButlerContract<Pushed> Contract { get; } = new PushedContract();

        public required Method<int, int> Method { get; init; }

        public required Func<int, IAsyncEnumerable<int>> Give { get; init; }

        sealed class PushedContract : ButlerContract<Pushed>
        {
            public override string Name => "Tests.IPushed";

            public override IReadOnlyList<Method> Methods => [Oldest, Latest, Broken];

            public override Pushed CreateProxy(CallInvoker invoker) => throw new NotSupportedException();

            public override void Bind(ServiceBinder<Pushed> binder)
            {
                binder.ServerStream(Oldest, static (pushed, most, _) => pushed.Give(most));
                binder.ServerStream(Latest, static (pushed, most, _) => pushed.Give(most));
                binder.ServerStream(Broken, static (pushed, most, _) => pushed.Give(most));
            }
        }
    }
}
