using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.Runtime.Tests.Streams;

/// <summary>However a stream ends: both enumerations are disposed, and <see cref="StreamWorld.RunMany"/> asserts that credits, slots and gauges are back.</summary>
public class StreamEndTests
{
    [Test]
    public void Break_ends_the_handler_at_once_and_runs_its_finally()
    {
        StreamWorld.RunMany(40, async world =>
        {
            foreach (var read in new[] { 0, 1, 16, 17, 100 })
            {
                var tracker = new Tracker();
                world.Streams.Count = (_, context) => tracker.EventsAsync(100, context.CancellationToken);
                var taken = 0;
                await using (var items = world.Client.CountAsync(0).GetAsyncEnumerator())
                {
                    for (; taken < read; taken++)
                        Assert.That(await items.MoveNextAsync(), Is.True);
                }

                var begun = world.Sim.Time.Elapsed;
                await world.Sim.SettleAsync();
                Assert.That((tracker.Begun, world.Sim.Time.Elapsed - begun), Is.EqualTo((tracker.Ended, TimeSpan.FromTicks(1))), $"break after {read} items");
            }
        });
    }

    [Test]
    public void Readers_that_leave_after_an_item_are_no_abuse_however_many_they_are()
    {
        StreamWorld.RunMany(1, async world =>
        {
            world.Streams.Count = (_, context) => new Tracker().EventsAsync(100, context.CancellationToken);
            for (var i = 0; i < 1000; i++)
            {
                await foreach (var item in world.Client.CountAsync(0))
                    break;
            }

            Assert.That(await world.Client.CallAsync(Methods.Work, 1), Is.EqualTo(1));
        });
    }

    [Test]
    public void Break_in_the_middle_of_a_chunked_item_harms_nothing()
    {
        StreamWorld.RunMany(60, async world =>
        {
            world.Streams.Blobs = (count, _) => Items.BlobsAsync(count, 300_000);
            for (var i = 0; i < 5; i++)
            {
                await foreach (var item in world.Client.BlobsAsync(20))
                    break;
                Assert.That(await world.Client.CallAsync(Methods.Work, i), Is.EqualTo(i));
            }
        });
    }

    [Test]
    public void Cancel_in_the_middle_of_a_chunked_item_harms_nothing()
    {
        StreamWorld.RunMany(60, async world =>
        {
            world.Sim.Network.LatencyMax = TimeSpan.FromMilliseconds(2);
            world.Streams.Blobs = (count, _) => Items.BlobsAsync(count, 300_000);
            for (var i = 1; i < 6; i++)
            {
                using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(i), world.Sim.Time);
                var download = world.Client.BlobsAsync(100, source.Token).ToListAsync();
                var upload = world.Client.UploadAsync(Items.BlobsAsync(100, 300_000), source.Token).AsTask();
                Assert.That((await Thrown.OfAsync<OperationCanceledException>(() => download)).CancellationToken, Is.EqualTo(source.Token));
                Assert.That((await Thrown.OfAsync<OperationCanceledException>(() => upload)).CancellationToken, Is.EqualTo(source.Token));
                Assert.That(await world.Client.CallAsync(Methods.Work, i), Is.EqualTo(i));
            }
        });
    }

    [Test]
    public void Cancel_throws_at_once_with_the_callers_token_and_ends_the_handler()
    {
        StreamWorld.RunMany(40, async world =>
        {
            var tracker = new Tracker();
            world.Streams.Count = (_, context) => tracker.EventsAsync(10, context.CancellationToken);
            using var source = new CancellationTokenSource();
            var read = 0;
            OperationCanceledException? cancelled = null;
            try
            {
                await foreach (var item in world.Client.CountAsync(0, source.Token))
                {
                    if (++read == 5)
                        source.Cancel();
                }
            }
            catch (OperationCanceledException e)
            {
                cancelled = e;
            }

            Assert.That(cancelled?.CancellationToken, Is.EqualTo(source.Token));
            Assert.That(read, Is.InRange(5, 10));
            await world.Sim.SettleAsync();
            Assert.That((tracker.Begun, tracker.Ended), Is.EqualTo((1, 1)));
        });
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Of_two_tokens_the_one_that_was_cancelled_is_reported(bool enumerators)
    {
        StreamWorld.RunMany(20, async world =>
        {
            world.Streams.Count = (_, context) => new Tracker().EventsAsync(3, context.CancellationToken);
            using var calls = new CancellationTokenSource();
            using var enumerations = new CancellationTokenSource();
            OperationCanceledException? cancelled = null;
            try
            {
                await foreach (var item in world.Client.CountAsync(0, calls.Token).WithCancellation(enumerations.Token))
                {
                    if (item == 2)
                        (enumerators ? enumerations : calls).CancelAfterAsync(world);
                }
            }
            catch (OperationCanceledException e)
            {
                cancelled = e;
            }

            Assert.That(cancelled?.CancellationToken, Is.EqualTo((enumerators ? enumerations : calls).Token));
        });
    }

    [Test]
    public void Handler_that_ignores_its_token_is_ended_at_its_next_item()
    {
        StreamWorld.RunMany(20, async world =>
        {
            var ended = false;
            world.Streams.Count = (_, _) => DeafAsync();
            await foreach (var item in world.Client.CountAsync(0))
            {
                if (item == 20)
                    break;
            }

            await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(20));
            Assert.That(ended, Is.True);

            async IAsyncEnumerable<int> DeafAsync()
            {
                try
                {
                    for (var i = 0; ; i++)
                    {
                        await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(10));
                        yield return i;
                    }
                }
                finally
                {
                    ended = true;
                }
            }
        });
    }

    [TestCase(3)]
    [TestCase(100)]
    public void Handler_whose_own_token_fires_while_it_reads_is_told_at_once_and_so_is_the_caller(int written)
    {
        StreamWorld.RunMany(20, async world =>
        {
            var go = new TaskCompletionSource();
            using var enough = new CancellationTokenSource();
            world.Streams.Sum = async (numbers, _) =>
            {
                var read = 0;
                OperationCanceledException? told = null;
                try
                {
                    await foreach (var number in numbers.WithCancellation(enough.Token))
                    {
                        if (++read == 3)
                            enough.CancelAfterAsync(world);
                        else if (read > 3)
                            await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(1)); // until then items are there
                    }
                }
                catch (OperationCanceledException e)
                {
                    told = e;
                }

                await go.Task;
                Assert.That(told?.CancellationToken, Is.EqualTo(enough.Token));
                return read;
            };
            var tracker = new Tracker();
            var call = world.Client.SumAsync(tracker.EventsAsync(written)).AsTask();
            await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(500));
            Assert.That((tracker.Begun, tracker.Ended, call.IsCompleted), Is.EqualTo((1, 1, false)));
            go.SetResult();
            Assert.That(await call, Is.InRange(3, written == 3 ? 3 : 99));
        });
    }

    [Test]
    public void Stream_of_a_handler_whose_token_has_fired_before_it_reads_gives_nothing()
    {
        StreamWorld.RunMany(10, async world =>
        {
            world.Streams.Sum = async (numbers, _) =>
            {
                await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(100)); // items are there
                var items = numbers.GetAsyncEnumerator(new CancellationToken(canceled: true));
                await Thrown.OfAsync<OperationCanceledException>(async () => await items.MoveNextAsync());
                await items.DisposeAsync();
                return 1;
            };
            var tracker = new Tracker();
            Assert.That(await world.Client.SumAsync(tracker.EventsAsync(5)), Is.EqualTo(1));
            await world.Sim.SettleAsync();
            Assert.That((tracker.Begun, tracker.Ended), Is.EqualTo((1, 1)));
        });
    }

    [Test]
    public void Handler_that_stops_reading_ends_the_callers_enumeration_at_once_and_the_call_goes_on()
    {
        StreamWorld.RunMany(40, async world =>
        {
            var go = new TaskCompletionSource();
            world.Streams.Sum = async (numbers, _) =>
            {
                var sum = 0;
                await foreach (var number in numbers)
                {
                    sum += number;
                    if (number == 3)
                        break;
                }

                await go.Task;
                return sum;
            };
            var tracker = new Tracker();
            var call = world.Client.SumAsync(tracker.EventsAsync(10)).AsTask();
            await world.Sim.SettleAsync();
            Assert.That((tracker.Begun, tracker.Ended, call.IsCompleted), Is.EqualTo((1, 1, false)));
            go.SetResult();
            Assert.That(await call, Is.EqualTo(6));
        });
    }

    [Test]
    public void Handler_that_ends_before_its_parameter_ends_the_callers_enumeration()
    {
        StreamWorld.RunMany(40, async world =>
        {
            world.Streams.Sum = async (numbers, _) =>
            {
                await using var reader = numbers.GetAsyncEnumerator();
                await reader.MoveNextAsync();
                return 1;
            };
            world.Streams.Talk = (_, _, _) => Items.RangeAsync(2);
            var tracker = new Tracker();
            Assert.That(await world.Client.SumAsync(tracker.EventsAsync(500)), Is.EqualTo(1));
            Assert.That(await world.Client.TalkAsync(0, tracker.EventsAsync(500)).ToListAsync(), Is.EqualTo(new[] { 0, 1 }));
            await world.Sim.SettleAsync();
            Assert.That((tracker.Begun, tracker.Ended), Is.EqualTo((2, 2)));
        });
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Dropped_session_ends_both_sides(bool reset)
    {
        StreamWorld.RunMany(40, async world =>
        {
            var server = new Tracker();
            var client = new Tracker();
            world.Streams.Count = (_, context) => server.EventsAsync(50, context.CancellationToken);
            world.Streams.Talk = (_, numbers, _) => server.EchoAsync(numbers);
            var failures = new List<Exception>();
            var made = 0;
            Task[] readers =
            [
                world.Sim.Start(() => ReadAsync(world.Client.CountAsync(0))),
                world.Sim.Start(() => ReadAsync(world.Client.TalkAsync(0, client.EventsAsync(50)))),
                world.Sim.Start(async () =>
                {
                    var call = world.Client.SumAsync(client.EventsAsync(50));
                    made++;
                    failures.Add(await Failing.OfAsync(call));
                }),
            ];
            await world.Sim.UntilAsync(() => made == 3);
            await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(world.Sim.Random.Next(3)));
            if (reset)
                world.Sim.Network.Links[0].Reset();
            else
                world.ServerSession.Abort(ButlerReason.Stopped, "the test ends it");
            await Task.WhenAll(readers);
            await world.Sim.SettleAsync();
            Assert.That(failures.Select(f => ((ButlerException)f).Status), Is.EqualTo(Enumerable.Repeat(ButlerStatus.Unavailable, 3)));
            Assert.That(server.Ended, Is.EqualTo(server.Begun));
            Assert.That(client.Ended, Is.EqualTo(client.Begun));

            async Task ReadAsync(IAsyncEnumerable<int> items)
            {
                try
                {
                    await using var reader = items.GetAsyncEnumerator();
                    made++;
                    while (await reader.MoveNextAsync())
                    {
                    }
                }
                catch (ButlerException e)
                {
                    failures.Add(e);
                }
            }
        });
    }

    [Test]
    public void Stream_cut_by_the_server_is_never_taken_for_a_complete_one()
    {
        StreamWorld.RunMany(40, async world =>
        {
            // The handler does not look at its token, and both ends see the deadline pass at the same time: who is first is the seed's choice.
            world.Streams.Count = (_, context) => context.CancellationToken.CanBeCanceled ? Items.RangeAsync(100_000) : Items.RangeAsync(0);
            var call = new CallOptions { Timeout = TimeSpan.FromMilliseconds(200) };
            var read = 0;
            ButlerException? failure = null;
            try
            {
                await foreach (var item in world.Client.CountAsync(0, new CallContext(call)))
                {
                    Assert.That(item, Is.EqualTo(read++));
                    await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(10));
                }
            }
            catch (ButlerException e)
            {
                failure = e;
            }

            Assert.That(failure?.Status, Is.EqualTo(ButlerStatus.DeadlineExceeded));
        });
    }
}

static class Cancelling
{
    /// <summary>Cancels from elsewhere, while the reader waits.</summary>
    public static void CancelAfterAsync(this CancellationTokenSource source, StreamWorld world) =>
        world.Sim.Start(async () =>
        {
            await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(5));
            source.Cancel();
        });
}
