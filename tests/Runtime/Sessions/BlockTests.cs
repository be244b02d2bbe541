using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>User code that blocks its thread delays nobody but itself, on the simulated scheduler.</summary>
public class BlockTests
{
    // A batch that does not get on is found by two looks, 10 ms after it has begun and a millisecond later; and some for those behind other blocked entries.
    static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(50);

    [Test]
    public void Blocked_handler_delays_no_other_call()
    {
        Simulation.RunMany(100, async sim =>
        {
            var released = false;
            var world = await StartAsync(sim, value => value == 3, () => released);
            await using var client = await world.ConnectAsync();
            var calls = Enumerable.Range(0, 20).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
            var begun = sim.Time.Elapsed;
            for (var i = 0; i < 20; i++)
            {
                if (i != 3)
                    Assert.That(await calls[i], Is.EqualTo(i));
            }

            Assert.That(sim.Time.Elapsed - begun, Is.LessThanOrEqualTo(Soon));
            Assert.That(calls[3].IsCompleted, Is.False);
            released = true;
            Assert.That(await calls[3], Is.EqualTo(3));
        });
    }

    [Test]
    public void Many_blocked_handlers_delay_no_other_call()
    {
        Simulation.RunMany(20, async sim =>
        {
            var released = false;
            var world = await StartAsync(sim, value => value < 8, () => released);
            await using var client = await world.ConnectAsync();
            var begun = sim.Time.Elapsed;
            var calls = Enumerable.Range(0, 16).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
            for (var i = 8; i < 16; i++)
                Assert.That(await calls[i], Is.EqualTo(i));
            Assert.That(sim.Time.Elapsed - begun, Is.LessThan(TimeSpan.FromMilliseconds(60)), "where one blocks, the next is found within two looks of a millisecond each");
            released = true;
            for (var i = 0; i < 8; i++)
                Assert.That(await calls[i], Is.EqualTo(i));
        });
    }

    [Test]
    public void Method_that_was_found_blocking_delays_nobody_from_then_on()
    {
        Simulation.RunMany(50, async sim =>
        {
            var released = false;
            var world = await StartAsync(sim, value => value < 0, () => released);
            await using var client = await world.ConnectAsync();
            var first = client.CallAsync(Methods.Work, -1).AsTask();
            await sim.DelayAsync(TimeSpan.FromMilliseconds(30));
            released = true;
            await first;

            released = false;
            var begun = sim.Time.Elapsed;
            var calls = Enumerable.Range(-1, 20).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
            for (var i = 1; i < 20; i++)
                Assert.That(await calls[i], Is.EqualTo(i - 1));
            Assert.That(sim.Time.Elapsed, Is.EqualTo(begun), "nobody had to notice first that it blocks");
            released = true;
            await calls[0];
        });
    }

    [Test]
    public void Once_a_call_alone_has_blocked_those_behind_blocked_ones_are_freed_within_milliseconds()
    {
        Simulation.RunMany(50, async sim =>
        {
            var released = false;
            var world = await StartAsync(sim, value => value < 0, () => released);
            world.Probe.Run = (_, _) =>
            {
                sim.Block(() => released);
                return default;
            };
            await using var client = await world.ConnectAsync();
            var alone = client.CallAsync(Methods.Work, -1).AsTask();
            await sim.DelayAsync(TimeSpan.FromMilliseconds(13));

            var begun = sim.Time.Elapsed;
            var blocked = client.CallAsync(Methods.Run, 1).AsTask();
            Assert.That(await client.CallAsync(Methods.Work, 1), Is.EqualTo(1));
            Assert.That(sim.Time.Elapsed - begun, Is.LessThanOrEqualTo(TimeSpan.FromMilliseconds(3)));
            released = true;
            await Task.WhenAll(alone, blocked);
        });
    }

    [Test]
    public void Blocked_continuation_delays_no_other_caller()
    {
        Simulation.RunMany(100, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var released = false;
            var entered = false;
            var blocked = BlockAfterAsync(client.CallAsync(Methods.Work, 100));
            var calls = Enumerable.Range(0, 20).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
            for (var i = 0; i < 20; i++)
                Assert.That(await calls[i], Is.EqualTo(i));
            Assert.That(sim.Time.Elapsed, Is.LessThanOrEqualTo(Soon));
            await sim.UntilAsync(() => entered);
            Assert.That(await client.CallAsync(Methods.Work, 5), Is.EqualTo(5), "the session goes on beside it");
            released = true;
            await blocked;

            // Awaited without the context the continuation runs inside the batch, as all do in production.
            async Task BlockAfterAsync(ValueTask<int> call)
            {
                await call.ConfigureAwait(false);
                entered = true;
                sim.Block(() => released);
            }
        });
    }

    [Test]
    public void Handler_that_blocks_on_a_call_over_its_own_session_gets_its_answer()
    {
        Simulation.RunMany(50, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Work = (value, context) =>
            {
                var nested = context.Peer.CallAsync(Methods.Work, value).AsTask();
                sim.Block(() => nested.IsCompleted);
                return new(nested.Result * 2);
            };
            await using var client = await world.ConnectAsync();
            client.Services.Add(new Probe { Work = (value, _) => new(value + 1) });
            Assert.That(await client.CallAsync(Methods.Work, 1), Is.EqualTo(4));
            Assert.That(sim.Time.Elapsed, Is.LessThanOrEqualTo(Soon));
        });
    }

    [Test]
    public void Continuation_that_blocks_on_a_call_over_its_own_session_gets_its_answer()
    {
        Simulation.RunMany(50, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            await BlockAsync();
            Assert.That(sim.Time.Elapsed, Is.LessThanOrEqualTo(Soon));

            async Task BlockAsync()
            {
                await client.CallAsync(Methods.Work, 1).ConfigureAwait(false);
                var second = client.CallAsync(Methods.Work, 2).AsTask();
                sim.Block(() => second.IsCompleted);
            }
        });
    }

    [Test]
    public void Blocked_one_way_handler_delays_no_call()
    {
        Simulation.RunMany(50, async sim =>
        {
            var world = await World.StartAsync(sim);
            var released = false;
            world.Probe.Note = (_, _) =>
            {
                sim.Block(() => released);
                return default;
            };
            await using var client = await world.ConnectAsync();
            await client.SendAsync(Methods.Note, 1);
            Assert.That(await client.CallAsync(Methods.Work, 2), Is.EqualTo(2));
            Assert.That(sim.Time.Elapsed, Is.LessThanOrEqualTo(Soon));
            released = true;
        });
    }

    [Test]
    public void Blocked_cancellation_callback_delays_no_other_call()
    {
        Simulation.RunMany(50, async sim =>
        {
            var world = await World.StartAsync(sim);
            var released = false;
            var blocked = false;
            world.Probe.Run = async (_, context) =>
            {
                var cancelled = new TaskCompletionSource();
                using (context.CancellationToken.Register(() =>
                {
                    blocked = true;
                    sim.Block(() => released);
                    cancelled.SetResult();
                }))
                    await cancelled.Task;
            };
            await using var client = await world.ConnectAsync();
            using var source = new CancellationTokenSource();
            var cancelledCall = client.InvokeAsync(Methods.Run, 1, source.Token).AsTask();
            await sim.UntilAsync(() => world.Probe.Ran == 1);
            var begun = sim.Time.Elapsed;
            source.Cancel();
            await sim.UntilAsync(() => blocked);
            var calls = Enumerable.Range(0, 10).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
            for (var i = 0; i < 10; i++)
                Assert.That(await calls[i], Is.EqualTo(i));
            Assert.That(sim.Time.Elapsed - begun, Is.LessThanOrEqualTo(Soon));
            released = true;
            Assert.That(cancelledCall.IsCanceled);
        });
    }

    [Test]
    public void Blocked_codec_of_a_request_delays_no_other_caller()
    {
        Simulation.RunMany(50, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var released = false;
            var method = Methods.Unary("WorkAsync", 2, new UserCodec(_ => sim.Block(() => released), _ => { }), IntCodec.Instance);
            var blocked = sim.Start(async () => Assert.That(await client.CallAsync(method, 1), Is.EqualTo(1)));
            await sim.SettleAsync();
            Assert.That(await client.CallAsync(Methods.Work, 2), Is.EqualTo(2));
            Assert.That(sim.Time.Elapsed, Is.LessThanOrEqualTo(Soon));
            released = true;
            await blocked;
        });
    }

    [Test]
    public void Blocked_codec_of_a_reply_delays_no_other_caller()
    {
        Simulation.RunMany(50, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var released = false;
            var method = Methods.Unary("WorkAsync", 2, IntCodec.Instance, new UserCodec(_ => { }, _ => sim.Block(() => released)));
            var blocked = client.CallAsync(method, 1).AsTask();
            var calls = Enumerable.Range(0, 10).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
            for (var i = 0; i < 10; i++)
                Assert.That(await calls[i], Is.EqualTo(i));
            Assert.That(sim.Time.Elapsed, Is.LessThanOrEqualTo(Soon));
            released = true;
            Assert.That(await blocked, Is.EqualTo(1));
        });
    }

    [Test]
    public void Blocked_handler_does_not_keep_the_deadlines_of_others_from_passing()
    {
        Simulation.RunMany(20, async sim =>
        {
            var released = false;
            var world = await StartAsync(sim, _ => true, () => released);
            await using var client = await world.ConnectAsync();
            var calls = Enumerable.Range(0, 5)
                .Select(i => Failing.OfAsync(client.CallAsync(Methods.Work, i, new CallContext(new CallOptions { Timeout = TimeSpan.FromSeconds(1) })))).ToArray();
            foreach (var call in calls)
                Assert.That((await call).Status, Is.EqualTo(ButlerStatus.DeadlineExceeded));
            Assert.That(sim.Time.Elapsed, Is.LessThan(TimeSpan.FromSeconds(1.1)));
            released = true;
        });
    }

    [Test]
    public void AsyncLocal_of_one_handler_is_not_seen_by_the_next()
    {
        Simulation.RunMany(30, async sim =>
        {
            var world = await World.StartAsync(sim);
            var local = new AsyncLocal<int>();
            var seen = new List<int>();
            world.Probe.Work = (value, _) =>
            {
                seen.Add(local.Value);
                local.Value = value + 1;
                return new(value);
            };
            await using var client = await world.ConnectAsync();
            var calls = Enumerable.Range(0, 20).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
            foreach (var call in calls)
                await call;
            Assert.That(seen, Has.Count.EqualTo(20).And.All.Zero);
        });
    }

    /// <summary>A world whose handler blocks its thread for some values, until it is released.</summary>
    static async Task<World> StartAsync(Simulation sim, Func<int, bool> blocks, Func<bool> released)
    {
        var world = await World.StartAsync(sim);
        world.Probe.Work = (value, _) =>
        {
            if (blocks(value))
                sim.Block(released);
            return new(value);
        };
        return world;
    }
}
