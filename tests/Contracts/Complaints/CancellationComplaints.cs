namespace ButlerRpc.Contracts.Tests.Complaints;

/// <summary>"My handler goes on although the caller has gone"; "to cancel waits for the server"; "what is thrown depends on who noticed first".</summary>
sealed class CancellationComplaints
{
    [Test]
    public void Cancelled_caller_goes_on_at_once_and_its_handler_learns_of_it_one_frame_later()
    {
        DeskWorld.RunMany(async world =>
        {
            var latency = TimeSpan.FromMilliseconds(7);
            (world.Sim.Network.LatencyMin, world.Sim.Network.LatencyMax) = (latency, latency);
            TimeSpan? told = null;
            var started = false;
            world.Desk.Work = async (value, context) =>
            {
                started = true;
                await DeskWorld.UntilFiresAsync(context.CancellationToken);
                told = world.Sim.Time.Elapsed;
                // It takes its time to stop; its caller does not wait for that.
                await world.Sim.DelayAsync(TimeSpan.FromSeconds(1));
                return value;
            };
            using var source = new CancellationTokenSource();
            var call = world.Proxy.WorkAsync(1, source.Token).AsTask();
            await world.Sim.UntilAsync(() => started);

            var cancelled = world.Sim.Time.Elapsed;
            source.Cancel();
            await DeskWorld.FailureAsync<OperationCanceledException>(() => call);
            Assert.That(world.Sim.Time.Elapsed, Is.EqualTo(cancelled), "the caller waited");
            await world.Sim.UntilAsync(() => told is not null);
            Assert.That(told, Is.EqualTo(cancelled + latency));
        });
    }

    [Test]
    public void Cancellation_is_always_an_OperationCanceledException_with_the_callers_token()
    {
        DeskWorld.RunMany(async world =>
        {
            world.Desk.Work = async (value, context) =>
            {
                await DeskWorld.UntilFiresAsync(context.CancellationToken);
                return value;
            };
            world.Desk.Count = (_, context) => EndlessAsync(context.CancellationToken);
            var ways = new (string Name, Func<CancellationToken, Task> Call)[]
            {
                ("a call", async token => await world.Proxy.WorkAsync(1, token)),
                ("a call with a timeout", async token => await world.Proxy.WorkAsync(1, new CallContext(new CallOptions { Timeout = TimeSpan.FromSeconds(3) }, token))),
                ("a call of a proxy with options", async token => await world.Proxy.With(timeout: TimeSpan.FromSeconds(3)).WorkAsync(1, token)),
                ("a stream", async token =>
                {
                    await foreach (var _ in world.Proxy.CountAsync(0, token))
                    {
                    }
                }),
                ("an enumerator's own token", async token =>
                {
                    await foreach (var _ in world.Proxy.CountAsync(0).WithCancellation(token))
                    {
                    }
                }),
                ("an upload", async token => await world.Proxy.SumAsync(EndlessAsync(token), token)),
            };
            foreach (var (name, call) in ways)
            {
                foreach (var before in new[] { true, false })
                {
                    using var source = new CancellationTokenSource();
                    if (before)
                        source.Cancel();
                    var task = call(source.Token);
                    if (!before)
                    {
                        await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(world.Sim.Random.Next(3)));
                        source.Cancel();
                    }

                    var failure = await DeskWorld.FailureAsync<OperationCanceledException>(() => task);
                    Assert.That(failure.CancellationToken, Is.EqualTo(source.Token), $"{name}, cancelled {(before ? "before" : "while")} it ran");
                }
            }
        });
    }

    [Test]
    public void Deadline_is_no_cancellation()
    {
        DeskWorld.RunMany(async world =>
        {
            world.Desk.Work = async (value, _) =>
            {
                await world.Sim.DelayAsync(TimeSpan.FromSeconds(1)); // not until its token fires: that is the moment at which the caller's time is over as well
                return value;
            };
            using var source = new CancellationTokenSource();
            var failure = await DeskWorld.FailureAsync<ButlerException>(
                async () => await world.Proxy.With(timeout: TimeSpan.FromMilliseconds(50)).WorkAsync(1, source.Token));
            Assert.That((failure.Status, failure.Reason), Is.EqualTo((ButlerStatus.DeadlineExceeded, ButlerReason.Timeout)));
        });
    }

    static async IAsyncEnumerable<int> EndlessAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return 1;
        await DeskWorld.UntilFiresAsync(cancellationToken);
    }
}
