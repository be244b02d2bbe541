namespace ButlerRpc.Contracts.Tests.Complaints;

/// <summary>"One slow call holds up all others of its connection"; "a handler that calls its caller back never gets an answer".</summary>
sealed class DispatchComplaints
{
    [Test]
    public void Slow_call_holds_nobody_up()
    {
        DeskWorld.RunMany(async world =>
        {
            var release = new TaskCompletionSource();
            world.Desk.Work = async (value, _) =>
            {
                if (value == 0)
                    await release.Task;
                return value;
            };
            var slow = world.Proxy.WorkAsync(0).AsTask();
            var begun = world.Sim.Time.Elapsed;
            for (var i = 1; i <= 100; i++)
                Assert.That(await world.Proxy.WorkAsync(i), Is.EqualTo(i));
            Assert.That((world.Sim.Time.Elapsed, slow.IsCompleted), Is.EqualTo((begun, false)));
            release.SetResult();
            Assert.That(await slow, Is.Zero);
        });
    }

    [Test]
    public void Handler_that_blocks_its_thread_holds_nobody_up()
    {
        DeskWorld.RunMany(async world =>
        {
            var released = false;
            world.Desk.Work = (value, _) =>
            {
                if (value == 0)
                    world.Sim.Block(() => released);
                return new(value);
            };
            var blocked = world.Proxy.WorkAsync(0).AsTask();
            for (var i = 1; i <= 20; i++)
                Assert.That(await world.Proxy.WorkAsync(i), Is.EqualTo(i));
            released = true;
            Assert.That(await blocked, Is.Zero);
        });
    }

    [Test]
    public void Calls_run_side_by_side_unless_the_contract_orders_them()
    {
        DeskWorld.RunMany(async world =>
        {
            var (running, most, order) = (0, 0, new List<int>());
            world.Desk.Work = (value, _) => RunAsync(value);
            world.Desk.Queue = value =>
            {
                order.Add(value);
                return RunAsync(value);
            };
            await Task.WhenAll(Enumerable.Range(0, 10).Select(i => world.Proxy.WorkAsync(i).AsTask()));
            Assert.That(most, Is.EqualTo(10));
            most = 0;
            await Task.WhenAll(Enumerable.Range(0, 10).Select(i => world.Proxy.QueueAsync(i).AsTask()));
            Assert.That((most, order), Is.EqualTo((1, Enumerable.Range(0, 10).ToList())));

            async ValueTask<int> RunAsync(int value)
            {
                most = Math.Max(most, ++running);
                await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(10));
                running--;
                return value;
            }
        });
    }

    [Test]
    public void Callback_within_a_callback_never_deadlocks_ordered_or_blocking_as_it_may_be()
    {
        DeskWorld.RunMany(async world =>
        {
            world.Desk.Work = (value, context) => AskBackAsync(value, context.Peer.Create<IDeskCaller>());
            world.Caller.Ask = (value, context) => value % 2 == 0 ? context.Peer.Create<IDesk>().WorkAsync(value - 1, context) : Blocking(value, context);
            Assert.That(await world.Proxy.WorkAsync(9), Is.EqualTo(9));

            async ValueTask<int> AskBackAsync(int value, IDeskCaller caller) => value == 0 ? 0 : 1 + await caller.AskAsync(value);

            ValueTask<int> Blocking(int value, CallContext context)
            {
                var nested = context.Peer.Create<IDesk>().WorkAsync(value - 1).AsTask();
                world.Sim.Block(() => nested.IsCompleted);
                return new(nested.Result);
            }
        });
    }
}
