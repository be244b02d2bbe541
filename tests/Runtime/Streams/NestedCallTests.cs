using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Streams;

public class NestedCallTests
{
    [Test]
    public void Ten_nested_callbacks_between_two_peers_complete_on_one_session()
    {
        StreamWorld.RunMany(40, async world =>
        {
            var depths = new List<int>();
            world.Probe.Work = Nest;
            world.Client.Add(new Probe { Work = Nest });
            Assert.That(await world.Client.CallAsync(Methods.Work, 10), Is.EqualTo(10));
            Assert.That(depths, Is.EqualTo(Enumerable.Range(0, 11).Reverse()));
            Assert.That(world.Sim.Network.Links, Has.Count.EqualTo(1));
            world.Probe.Work = static (value, _) => new(value);

            async ValueTask<int> Nest(int left, CallContext context)
            {
                depths.Add(left);
                return left == 0 ? 0 : 1 + await context.Peer.CallAsync(Methods.Work, left - 1, context);
            }
        });
    }

    [Test]
    public void Ten_nested_callbacks_complete_with_handlers_that_block_their_thread()
    {
        StreamWorld.RunMany(10, async world =>
        {
            world.Probe.Work = Nest;
            world.Client.Add(new Probe { Work = Nest });
            Assert.That(await world.Client.CallAsync(Methods.Work, 10), Is.EqualTo(10));
            world.Probe.Work = static (value, _) => new(value);

            ValueTask<int> Nest(int left, CallContext context)
            {
                if (left == 0)
                    return new(0);
                var nested = context.Peer.CallAsync(Methods.Work, left - 1).AsTask();
                world.Sim.Block(() => nested.IsCompleted);
                return new(1 + nested.Result);
            }
        });
    }

    [Test]
    public void Callback_works_again_after_a_reconnect()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Work = static async (value, context) => await context.Peer.CallAsync(Methods.Work, value);
            await using var client = await world.ConnectAsync();
            client.Add(new Probe { Work = static (value, _) => new(value + 1) });
            Assert.That(await client.CallAsync(Methods.Work, 1), Is.EqualTo(2));
            sim.Network.Links[0].Reset();
            await sim.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.That(await client.CallAsync(Methods.Work, 5), Is.EqualTo(6));
            Assert.That(sim.Network.Links, Has.Count.EqualTo(2));
        });
    }

    [Test]
    public void Deadline_shrinks_over_three_hops()
    {
        Simulation.RunMany(20, async sim =>
        {
            var chain = await Chain.StartAsync(sim);
            var seen = new List<TimeSpan?>();
            chain.Third.Work = (value, context) =>
            {
                seen.Add(context.RemainingTime);
                return new(value);
            };
            chain.Delay = TimeSpan.FromMilliseconds(200);
            Assert.That(await chain.Client.CallAsync(Methods.Work, 3, new CallContext(new CallOptions { Timeout = TimeSpan.FromSeconds(1) })), Is.EqualTo(3));
            Assert.That(seen.Single(), Is.InRange(TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(600)));
            await chain.DisposeAsync();
        });
    }

    [TestCase("cancel")]
    [TestCase("deadline")]
    [TestCase("drop")]
    public void Whole_chain_is_cancelled_when_its_first_caller_goes_away(string how)
    {
        Simulation.RunMany(20, async sim =>
        {
            var chain = await Chain.StartAsync(sim);
            var cancelled = new List<string>();
            var reached = false;
            chain.Third.Work = async (value, context) =>
            {
                reached = true;
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, sim.Time, context.CancellationToken);
                    return value;
                }
                finally
                {
                    cancelled.Add("third");
                }
            };
            chain.OnCancelled = cancelled.Add;
            using var source = new CancellationTokenSource();
            var call = chain.Client.CallAsync(Methods.Work, 3, new CallContext(new CallOptions { Timeout = TimeSpan.FromSeconds(1) }, source.Token)).AsTask();
            await sim.UntilAsync(() => reached);
            var begun = sim.Time.Elapsed;
            if (how == "cancel")
                source.Cancel();
            else if (how == "drop")
                sim.Network.Links.Last(l => l.Endpoint.Port == 9001).Reset();
            await Thrown.OfAsync<Exception>(() => call);
            await sim.DelayAsync(TimeSpan.FromMilliseconds(50));
            Assert.That(cancelled, Is.EquivalentTo(new[] { "first", "second", "third" }));
            Assert.That(sim.Time.Elapsed - begun, Is.LessThan(TimeSpan.FromSeconds(1.2)));
            await chain.DisposeAsync();
        });
    }

    /// <summary>Three servers, of which each calls the next with the context it was given.</summary>
    sealed class Chain
    {
        readonly List<IAsyncDisposable> _parts = [];

        public ButlerClient Client { get; private set; } = null!;

        public Probe Third { get; } = new();

        public TimeSpan Delay { get; set; }

        public Action<string>? OnCancelled { get; set; }

        public static async Task<Chain> StartAsync(Simulation sim)
        {
            var chain = new Chain();
            await chain.ServeAsync(sim, 9003, chain.Third);
            await chain.ServeAsync(sim, 9002, new Probe { Work = chain.Pass(sim, "second", await chain.ConnectAsync(sim, 9003)) });
            await chain.ServeAsync(sim, 9001, new Probe { Work = chain.Pass(sim, "first", await chain.ConnectAsync(sim, 9002)) });
            chain.Client = await chain.ConnectAsync(sim, 9001);
            return chain;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var part in Enumerable.Reverse(_parts))
                await part.DisposeAsync();
        }

        Func<int, CallContext, ValueTask<int>> Pass(Simulation sim, string name, ButlerClient next) => async (value, context) =>
        {
            await sim.DelayAsync(Delay);
            try
            {
                return await next.CallAsync(Methods.Work, value, context);
            }
            catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
            {
                OnCancelled?.Invoke(name);
                throw;
            }
            catch (ButlerException e) when (e.Status == ButlerStatus.DeadlineExceeded)
            {
                OnCancelled?.Invoke(name);
                throw;
            }
        };

        async Task ServeAsync(Simulation sim, int port, Probe probe) =>
            _parts.Add(await ButlerServer.StartAsync($"tcp://127.0.0.1:{port}", s => s.Add(probe), new ButlerServerOptions { Platform = sim.Platform }));

        async Task<ButlerClient> ConnectAsync(Simulation sim, int port)
        {
            var client = await ButlerClient.ConnectAsync($"tcp://127.0.0.1:{port}", new ButlerClientOptions { Platform = sim.Platform });
            _parts.Add(client);
            return client;
        }
    }
}
