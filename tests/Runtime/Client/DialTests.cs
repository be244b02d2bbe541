using System.Net;
using System.Threading.RateLimiting;
using ButlerRpc.Client;
using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Client;

public class DialTests
{
    static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Test]
    public void A_server_that_accepts_and_closes_is_dialled_at_most_20_times_in_10_s()
    {
        Simulation.RunMany(100, async sim =>
        {
            var listener = await SimPeer.ListenAsync(sim.Platform, Fleet.At(0));
            _ = sim.Start(async () =>
            {
                while (true)
                    (await SimPeer.AcceptAsync(listener)).Connection.Abort();
            });
            var client = ButlerClient.Open(Fleet.At(0), new ButlerClientOptions { Platform = sim.Platform });
            var until = sim.Time.Milliseconds + 10_000;
            while (sim.Time.Milliseconds < until)
                await Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            Assert.That(sim.Network.At(Fleet.At(0)).Dials, Is.InRange(5, 20));
            await client.DisposeAsync();
        });
    }

    [Test]
    public void A_session_that_does_not_last_is_logged_with_the_reason_of_its_end()
    {
        Simulation.RunMany(20, async sim =>
        {
            var listener = await SimPeer.ListenAsync(sim.Platform, Fleet.At(0));
            _ = sim.Start(async () =>
            {
                while (true)
                {
                    var peer = await SimPeer.AcceptAsync(listener);
                    await peer.WelcomeAsync();
                    await peer.SendAsync(Wire.Frame(Wire.Goaway, 0, (uint)ButlerReason.Abuse, 0, 0, 0, 0, 0));
                }
            });
            var log = new LogLines();
            await using var client = ButlerClient.Open(Fleet.At(0), new ButlerClientOptions { Platform = sim.Platform, LoggerFactory = log });
            var waiting = Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            await sim.UntilAsync(() => log.Lines.Any(l => l.Id.Id == 7));
            Assert.That(log.Lines.First(l => l.Id.Id == 7).Text, Does.EndWith("the peer ends the session: Abuse"));
            await waiting;
        });
    }

    [Test]
    public void A_server_that_welcomes_and_closes_is_dialled_at_most_20_times_in_10_s()
    {
        Simulation.RunMany(100, async sim =>
        {
            var listener = await SimPeer.ListenAsync(sim.Platform, Fleet.At(0));
            _ = sim.Start(async () =>
            {
                while (true)
                {
                    var peer = await SimPeer.AcceptAsync(listener);
                    try
                    {
                        await peer.WelcomeAsync();
                    }
                    catch (IOException)
                    {
                        // The client was faster.
                    }

                    peer.Connection.Abort();
                }
            });
            var client = ButlerClient.Open(Fleet.At(0), new ButlerClientOptions { Platform = sim.Platform });
            var until = sim.Time.Milliseconds + 10_000;
            while (sim.Time.Milliseconds < until)
                await Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            Assert.That(sim.Network.At(Fleet.At(0)).Dials, Is.InRange(5, 20));
            await client.DisposeAsync();
        });
    }

    [Test]
    public void After_an_outage_of_60_s_the_reconnects_of_200_clients_are_spread()
    {
        Simulation.Run(1, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            var place = sim.Network.At(Fleet.At(0));
            var clients = new List<ButlerClient>();
            for (var i = 0; i < 200; i++)
                clients.Add(await fleet.ConnectAsync());
            place.Policy = SimDials.Refuse;
            foreach (var link in sim.Network.Links)
                link.Reset();
            await sim.DelayAsync(60 * Second);
            place.Policy = SimDials.Accept;
            var perSecond = new List<int>();
            for (var before = place.Dials; perSecond.Sum() < 200; before = place.Dials)
            {
                await sim.DelayAsync(Second);
                perSecond.Add(place.Dials - before);
            }

            Assert.That(perSecond.Max(), Is.LessThan(40), "no second may see a fifth of them");
            Assert.That(perSecond, Has.Count.InRange(10, 31));
            foreach (var client in clients)
                await client.DisposeAsync();
        });
    }

    [Test]
    public void The_pauses_double_up_to_the_longest_and_have_full_jitter()
    {
        Simulation.Run(1, sim =>
        {
            var backoff = new Backoff(TimeSpan.FromMilliseconds(50), 30 * Second, sim.Platform.Random);
            for (var failures = 1; failures <= 20; failures++)
            {
                backoff.Failed();
                var bound = Math.Min(50 * Math.Pow(2, failures - 1), 30_000);
                var pauses = Enumerable.Range(0, 1000).Select(_ => backoff.Next().TotalMilliseconds).ToArray();
                Assert.That(pauses.Max(), Is.InRange(bound * 0.98, bound));
                Assert.That(pauses.Min(), Is.LessThan(bound * 0.02));
                Assert.That(pauses.Average(), Is.EqualTo(bound / 2).Within(bound * 0.05));
            }

            return Task.CompletedTask;
        });
    }

    [Test]
    public void A_session_is_replaced_without_being_called()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            var client = await fleet.ConnectAsync();
            await sim.DelayAsync(10 * Second);
            sim.Network.Links[0].Reset();
            await sim.DelayAsync(TimeSpan.FromMilliseconds(60));
            Assert.That(fleet.Servers[0].SessionCount, Is.EqualTo(1));
            Assert.That(await client.CallAsync(Methods.Work, 3), Is.EqualTo(3));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void An_endpoint_that_stays_away_longer_than_RedialTimeout_is_dialled_again_only_when_it_is_called()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            var place = sim.Network.At(Fleet.At(0));
            place.Policy = SimDials.Refuse;
            var client = fleet.Open(o => o with { RedialTimeout = 10 * Second, LongestBackoff = 2 * Second });
            (await Failing.OfAsync(client.CallAsync(Methods.Work, 1))).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoSession);
            await sim.DelayAsync(15 * Second);
            var dials = place.Dials;
            await sim.DelayAsync(600 * Second);
            Assert.That(place.Dials, Is.EqualTo(dials));
            place.Policy = SimDials.Accept;
            Assert.That(await client.CallAsync(Methods.Work, 3), Is.EqualTo(3));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void With_FailOnCutoff_a_call_fails_at_once_while_nothing_is_online()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 2);
            var client = await fleet.ConnectToAllAsync(o => o with { FailOnCutoff = true });
            foreach (var index in new[] { 0, 1 })
                sim.Network.At(Fleet.At(index)).Policy = SimDials.Refuse;
            foreach (var link in sim.Network.Links)
                link.Reset();
            await sim.DelayAsync(Second);
            var began = sim.Time.Milliseconds;
            (await Failing.OfAsync(client.CallAsync(Methods.Work, 1))).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.Cutoff);
            Assert.That(sim.Time.Milliseconds, Is.EqualTo(began));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void A_call_waits_one_second_for_a_session_and_then_fails_with_NoSession()
    {
        Simulation.RunMany(20, async sim =>
        {
            var client = ButlerClient.Open(Fleet.At(0), new ButlerClientOptions { Platform = sim.Platform });
            var began = sim.Time.Milliseconds;
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            failure.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoSession);
            Assert.That(failure.Message, Does.Contain("refused"));
            Assert.That(sim.Time.Milliseconds - began, Is.InRange(1000, 1060));
            await client.DisposeAsync();
        });
    }

    [Test]
    public void A_dial_that_hangs_is_given_up_after_one_second()
    {
        Simulation.RunMany(20, async sim =>
        {
            sim.Network.At(Fleet.At(0)).Policy = SimDials.Hang;
            var began = sim.Time.Milliseconds;
            try
            {
                await ButlerClient.ConnectAsync(Fleet.At(0), new ButlerClientOptions { Platform = sim.Platform });
                Assert.Fail("it connected");
            }
            catch (ButlerException e)
            {
                e.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoSession);
            }

            Assert.That(sim.Time.Milliseconds - began, Is.InRange(1000, 1010));
        });
    }

    [Test]
    public void WaitUntilReady_can_be_given_up_and_ends_when_a_session_is_there()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            var place = sim.Network.At(Fleet.At(0));
            place.Policy = SimDials.Refuse;
            var client = fleet.Open();
            using var source = new CancellationTokenSource(Second, sim.Time);
            try
            {
                await client.WaitUntilReadyAsync(source.Token);
                Assert.Fail("it is ready");
            }
            catch (OperationCanceledException e)
            {
                Assert.That(e.CancellationToken, Is.EqualTo(source.Token));
            }

            var ready = client.WaitUntilReadyAsync();
            await sim.DelayAsync(Second);
            Assert.That(ready.IsCompleted, Is.False);
            place.Policy = SimDials.Accept;
            await ready;
            Assert.That(fleet.Servers[0].SessionCount, Is.EqualTo(1));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void An_endpoint_that_takes_calls_and_never_answers_is_ejected_and_probed()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 2);
            var silent = true;
            var never = new TaskCompletionSource<int>();
            fleet.Probes[0].Work = (value, _) => silent ? new(never.Task) : new(value);
            var client = await fleet.ConnectToAllAsync(o => o with { Routing = ButlerRouting.RoundRobin, CallTimeout = TimeSpan.FromMilliseconds(100) });
            await TryAsync(client, 6);
            Assert.That(fleet.Probes[0].Started, Is.EqualTo(3));
            Assert.That(await TryAsync(client, 20), Is.EqualTo(20), "nothing may fail while it is ejected");
            await sim.DelayAsync(6 * Second);
            await TryAsync(client, 2);
            Assert.That(fleet.Probes[0].Started, Is.EqualTo(4), "one call tries it");
            Assert.That(await TryAsync(client, 20), Is.EqualTo(20), "one failure is enough to eject it again");
            silent = false;
            never.SetResult(0);
            await sim.DelayAsync(6 * Second);
            var before = fleet.Probes[0].Started;
            Assert.That(await TryAsync(client, 20), Is.EqualTo(20));
            Assert.That(fleet.Probes[0].Started - before, Is.EqualTo(10), "it is back");
            await fleet.DisposeAsync(client);
        });

        static async Task<int> TryAsync(ButlerClient client, int calls)
        {
            var succeeded = 0;
            for (var i = 0; i < calls; i++)
            {
                try
                {
                    await client.CallAsync(Methods.Work, i);
                    succeeded++;
                }
                catch (ButlerException e) when (e.Status == ButlerStatus.DeadlineExceeded)
                {
                    // What the test counts.
                }
            }

            return succeeded;
        }
    }

    [Test]
    public void Endpoints_are_added_and_drained_as_the_resolver_says()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 3);
            var resolver = new Told();
            resolver.Tell(sim, Fleet.At(0), Fleet.At(1));
            var client = await ButlerClient.ConnectAsync(resolver, fleet.Options());
            await sim.DelayAsync(Second);
            Assert.That(fleet.Servers.Select(s => s.SessionCount), Is.EqualTo(new[] { 1, 1, 0 }));
            var release = new TaskCompletionSource<int>();
            fleet.Probes[0].Work = (_, _) => new(release.Task);
            fleet.Probes[1].Work = (_, _) => new(release.Task);
            var calls = Enumerable.Range(0, 10).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
            await sim.SettleAsync();
            resolver.Tell(sim, Fleet.At(1), Fleet.At(2));
            await sim.DelayAsync(Second);
            Assert.That(fleet.Servers.Select(s => s.SessionCount), Is.EqualTo(new[] { 1, 1, 1 }), "what is in flight ends first");
            release.SetResult(9);
            Assert.That(await Task.WhenAll(calls), Is.All.EqualTo(9));
            await sim.DelayAsync(2 * Second);
            Assert.That(fleet.Servers.Select(s => s.SessionCount), Is.EqualTo(new[] { 0, 1, 1 }));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void A_name_is_looked_up_again_and_each_of_its_addresses_is_an_endpoint()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 2);
            sim.Names.Set("orders", IPAddress.Parse("10.0.1.1"));
            var client = await ButlerClient.ConnectAsync(new DnsEndpoints("tcp://orders:9000", 10 * Second), fleet.Options());
            Assert.That(fleet.Servers.Select(s => s.SessionCount), Is.EqualTo(new[] { 1, 0 }));
            sim.Names.Set("orders", IPAddress.Parse("10.0.1.2"));
            await sim.DelayAsync(15 * Second);
            Assert.That(fleet.Servers.Select(s => s.SessionCount), Is.EqualTo(new[] { 0, 1 }));
            sim.Names.Set("orders");
            await sim.DelayAsync(60 * Second);
            Assert.That(await client.CallAsync(Methods.Work, 3), Is.EqualTo(3), "what was known last holds");
            await fleet.DisposeAsync(client);
        });
    }

    [TestCase("tcp://orders:9000?framing=iproto&sendBuffer=65536")]
    [TestCase("iproto://orders:9000")]
    public void Endpoints_of_the_addresses_of_a_name_are_otherwise_those_of_the_name(string endpoint)
    {
        Simulation.Run(1, async sim =>
        {
            sim.Names.Set("orders", IPAddress.Parse("10.0.1.1"), IPAddress.Parse("fd00::1"));
            await using var watch = new DnsEndpoints(endpoint).WatchAsync(sim.Platform, default).GetAsyncEnumerator();
            await watch.MoveNextAsync();
            Assert.That(
                watch.Current.Select(e => e.ToString()),
                Is.EqualTo(new[] { "10.0.1.1", "[fd00::1]" }.Select(a => endpoint.Replace("orders", a, StringComparison.Ordinal))));
        });
    }

    [Test]
    public void A_file_is_read_again_and_what_it_said_last_holds_while_it_is_wrong()
    {
        var path = Path.GetTempFileName();
        try
        {
            Simulation.Run(1, async sim =>
            {
                var fleet = await Fleet.StartAsync(sim, 2);
                File.WriteAllText(path, $"# one\n{Fleet.At(0)}\n");
                var client = await ButlerClient.ConnectAsync(new FileEndpoints(path), fleet.Options());
                File.WriteAllText(path, $"{Fleet.At(0)}\n\n{Fleet.At(1)}\n");
                await sim.DelayAsync(5 * Second);
                Assert.That(fleet.Servers.Select(s => s.SessionCount), Is.EqualTo(new[] { 1, 1 }));
                File.WriteAllText(path, "nonsense");
                await sim.DelayAsync(20 * Second);
                Assert.That(fleet.Servers.Select(s => s.SessionCount), Is.EqualTo(new[] { 1, 1 }));
                Assert.That(fleet.Log.Lines.Select(l => l.Text), Has.Some.Contains("what it said last holds"));
                File.WriteAllText(path, Fleet.At(1));
                await sim.DelayAsync(40 * Second);
                Assert.That(fleet.Servers.Select(s => s.SessionCount), Is.EqualTo(new[] { 0, 1 }));
                await fleet.DisposeAsync(client);
            });
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void A_call_over_the_rate_is_refused_when_the_limiter_polices()
    {
        Simulation.RunMany(5, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            await using var limiter = Tokens();
            var client = await fleet.ConnectAsync(o => o with { RateLimiter = limiter });
            await client.CallAsync(Methods.Work, 1);
            await client.CallAsync(Methods.Work, 2);
            (await Failing.OfAsync(client.CallAsync(Methods.Work, 3))).AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.RateLimited);
            limiter.TryReplenish();
            await client.CallAsync(Methods.Work, 4);
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void A_call_over_the_rate_waits_when_the_limiter_shapes()
    {
        Simulation.RunMany(5, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            await using var limiter = Tokens();
            var client = await fleet.ConnectAsync(o => o with { RateLimiter = limiter, RateMode = ButlerRateMode.Shape });
            await client.CallAsync(Methods.Work, 1);
            await client.CallAsync(Methods.Work, 2);
            var waits = client.CallAsync(Methods.Work, 3).AsTask();
            await sim.DelayAsync(Second);
            Assert.That(waits.IsCompleted, Is.False);
            limiter.TryReplenish();
            Assert.That(await waits, Is.EqualTo(3));
            await client.CallAsync(Methods.Work, 4);
            using var source = new CancellationTokenSource();
            var cancelled = client.CallAsync(Methods.Work, 5, source.Token).AsTask();
            var late = Failing.OfAsync(client.CallAsync(Methods.Work, 6));
            await sim.DelayAsync(Second);
            source.Cancel();
            await Fleet.AssertCancelledAsync(cancelled);
            (await late).AssertIs(ButlerStatus.DeadlineExceeded, ButlerCertainty.NotExecuted, ButlerReason.Timeout);
            await fleet.DisposeAsync(client);
        });
    }

    static TokenBucketRateLimiter Tokens() => new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = 2, TokensPerPeriod = 2, QueueLimit = 10, ReplenishmentPeriod = TimeSpan.FromTicks(1), AutoReplenishment = false,
    });

    /// <summary>A resolver that says what the test tells it.</summary>
    sealed class Told : IEndpointResolver
    {
        readonly Queue<IReadOnlyList<ButlerEndpoint>> _told = new();
        TaskCompletionSource _more = new();

        public void Tell(Simulation sim, params string[] endpoints)
        {
            _told.Enqueue(endpoints.Select(ButlerEndpoint.Parse).ToArray());
            var more = _more;
            sim.Scheduler.Post(() => more.TrySetResult());
        }

        public async IAsyncEnumerable<IReadOnlyList<ButlerEndpoint>> WatchAsync(
            ButlerPlatform platform, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            using var registration = cancellationToken.UnsafeRegister(_ => _more.TrySetCanceled(), null);
            while (true)
            {
                while (_told.TryDequeue(out var endpoints))
                    yield return endpoints;
                await _more.Task;
                _more = new TaskCompletionSource();
            }
        }
    }
}
