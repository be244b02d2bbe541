using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.Runtime.Tests.Streams;

public class StreamDeadlineTests
{
    static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(100);

    [Test]
    public void Default_deadline_covers_the_first_item_only()
    {
        StreamWorld.RunMany(10, async world =>
        {
            world.Streams.Count = (count, _) => SlowAsync(world, count, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(60));
            Assert.That(await world.Client.CountAsync(5).ToListAsync(), Has.Count.EqualTo(5));
        });
    }

    [Test]
    public void Stream_without_a_first_item_fails_at_the_default_deadline()
    {
        StreamWorld.RunMany(10, async world =>
        {
            var tracker = new Tracker();
            world.Streams.Count = (_, context) => tracker.EventsAsync(0, context.CancellationToken);
            var begun = world.Sim.Time.Elapsed;
            var failure = await Thrown.OfAsync<ButlerException>(async () => await world.Client.CountAsync(5).ToListAsync());
            failure!.AssertIs(ButlerStatus.DeadlineExceeded, ButlerCertainty.Unknown, ButlerReason.Timeout);
            Assert.That(world.Sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5) + Slack));
            await world.Sim.SettleAsync();
            Assert.That(tracker.Ended, Is.EqualTo(1));
        });
    }

    [Test]
    public void Upload_that_lasts_longer_than_the_default_deadline_succeeds()
    {
        StreamWorld.RunMany(10, async world =>
        {
            Assert.That(await world.Client.SumAsync(SlowAsync(world, 10, TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7))), Is.EqualTo(45));
            Assert.That(await world.Client.TalkAsync(1, SlowAsync(world, 10, TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7))).ToListAsync(), Has.Count.EqualTo(10));
        });
    }

    [Test]
    public void Upload_whose_answer_does_not_come_fails_a_default_deadline_after_its_last_item()
    {
        StreamWorld.RunMany(10, async world =>
        {
            world.Streams.Sum = async (numbers, context) =>
            {
                await numbers.ToListAsync();
                await Task.Delay(Timeout.InfiniteTimeSpan, world.Sim.Time, context.CancellationToken);
                return 0;
            };
            var begun = world.Sim.Time.Elapsed;
            var failure = await Failing.OfAsync(world.Client.SumAsync(SlowAsync(world, 2, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10))));
            failure.AssertIs(ButlerStatus.DeadlineExceeded, ButlerCertainty.Unknown, ButlerReason.Timeout);
            Assert.That(world.Sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(25), TimeSpan.FromSeconds(25) + Slack));
        });
    }

    [Test]
    public void Deadline_that_the_caller_states_covers_the_whole_stream()
    {
        StreamWorld.RunMany(10, async world =>
        {
            world.Streams.Count = (count, _) => SlowAsync(world, count, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
            var begun = world.Sim.Time.Elapsed;
            var read = new List<int>();
            ButlerException? failure = null;
            try
            {
                await foreach (var item in world.Client.CountAsync(100, new CallContext(new CallOptions { Timeout = TimeSpan.FromSeconds(3.5) })))
                    read.Add(item);
            }
            catch (ButlerException e)
            {
                failure = e;
            }

            Assert.That(failure?.Status, Is.EqualTo(ButlerStatus.DeadlineExceeded));
            Assert.That(world.Sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(3.5), TimeSpan.FromSeconds(3.5) + Slack));
            Assert.That(read, Is.EqualTo(new[] { 0, 1, 2 }));
        });
    }

    [Test]
    public void Item_timeout_fails_a_stream_whose_writer_pauses_too_long()
    {
        StreamWorld.RunMany(10, async world =>
        {
            world.Streams.Timed = (_, _) => SlowAsync(world, 3, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(9));
            Assert.That(await world.Client.TimedAsync(0).ToListAsync(), Has.Count.EqualTo(3));
            world.Streams.Timed = (_, _) => SlowAsync(world, 3, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(12));
            var begun = world.Sim.Time.Elapsed;
            var failure = await Thrown.OfAsync<ButlerException>(async () => await world.Client.TimedAsync(0).ToListAsync());
            Assert.That(failure!.Status, Is.EqualTo(ButlerStatus.DeadlineExceeded));
            Assert.That(failure.Message, Does.EndWith("TimedAsync gave no item for 10 s (ButlerMethodAttribute.ItemTimeoutMilliseconds)"));
            Assert.That(world.Sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(11), TimeSpan.FromSeconds(11) + Slack));
            await world.Sim.DelayAsync(TimeSpan.FromSeconds(30)); // the handler's pause
        });
    }

    [Test]
    public void Item_timeout_does_not_count_the_time_that_the_reader_takes()
    {
        StreamWorld.RunMany(10, async world =>
        {
            var read = 0;
            await foreach (var item in world.Client.TimedAsync(60))
            {
                Assert.That(item, Is.EqualTo(read++));
                if (read % 8 == 0)
                    await world.Sim.DelayAsync(TimeSpan.FromSeconds(25));
            }

            Assert.That(read, Is.EqualTo(60));
        });
    }

    static async IAsyncEnumerable<int> SlowAsync(StreamWorld world, int count, TimeSpan first, TimeSpan between)
    {
        for (var i = 0; i < count; i++)
        {
            await world.Sim.DelayAsync(i == 0 ? first : between);
            yield return i;
        }
    }
}
