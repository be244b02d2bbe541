using System.Threading.RateLimiting;
using ButlerRpc.Calls;
using ButlerRpc.Iproto;
using ButlerRpc.Testing;
using ButlerRpc.Wires.Tests.Support;

namespace ButlerRpc.Wires.Tests.Iproto;

/// <summary>A client of iproto endpoints as the pool that users of go-iproto know.</summary>
public class PoolTests
{
    const string Endpoint = "tcp://127.0.0.1:3301?framing=iproto";

    static ButlerClientOptions On(Simulation sim) => new() { Platform = sim.Platform };

    static Task<ButlerServer> ServeAsync(Simulation sim, IprotoMux? mux = null, IprotoOptions? options = null) => ButlerServer.StartAsync(
        Endpoint,
        s => s.AddPackets(mux ?? new IprotoMux().Handle(1, (packet, _) => new ValueTask<ReadOnlyMemory<byte>>(packet.Body))),
        new ButlerServerOptions { Platform = sim.Platform, Iproto = options ?? new IprotoOptions() });

    static async Task<ButlerReason> ReasonOfAsync(ValueTask<byte[]> call) => (await Failing.OfAsync(call)).Reason;

    [Test]
    public void Init_of_one_connection_and_of_all() => Simulation.RunMany(10, async sim =>
    {
        await using var server = await ServeAsync(sim);
        await using var client = await ButlerClient.ConnectAsync(Endpoint, On(sim) with { SessionsPerEndpoint = 5, MaxSessionsPerEndpoint = 5 });
        Assert.That(client.Online(), Is.Not.Empty);
        await client.WaitUntilAllReadyAsync();
        Assert.That(client.Online(), Has.Count.EqualTo(5));
        Assert.That((client.PoolStatistics().Online, client.PoolStatistics().Dials), Is.EqualTo((5, 5L)));
    });

    [Test]
    public void NextChannel_goes_round_the_channels_that_are_online() => Simulation.RunMany(10, async sim =>
    {
        await using var server = await ServeAsync(sim);
        await using var client = ButlerClient.Open(Endpoint, On(sim) with { SessionsPerEndpoint = 3, MaxSessionsPerEndpoint = 3 });
        await client.WaitUntilAllReadyAsync();
        var channels = new List<IprotoChannel>();
        for (var i = 0; i < 6; i++)
            channels.Add(await client.NextChannelAsync());
        Assert.That(channels.Distinct(), Is.EquivalentTo(client.Online()));
        Assert.That(channels.Take(3), Is.Unique);
        Assert.That(await channels[0].CallAsync(1, new byte[] { 7 }), Is.EqualTo(new byte[] { 7 }));
        await client.SendPacketAsync(new IprotoPacket(1, 0, new byte[] { 8 }));
    });

    [Test]
    public void A_pool_counts_its_dials_their_errors_waits_in_vain_and_what_its_channels_count() => Simulation.Run(1, async sim =>
    {
        await using var client = ButlerClient.Open(Endpoint, On(sim));
        Assert.That(await ReasonOfAsync(client.CallPacketAsync(1, default)), Is.EqualTo(ButlerReason.NoSession));
        var offline = client.PoolStatistics();
        Assert.That((offline.Online, offline.WaitErrors, offline.DialErrors), Is.EqualTo((0, 1L, offline.Dials)));
        Assert.That(offline.Dials, Is.Positive);

        await using var server = await ServeAsync(sim);
        await client.WaitUntilReadyAsync();
        await client.CallPacketAsync(1, new byte[] { 1 });
        await client.CallPacketAsync(1, new byte[] { 2 });
        await client.NotifyPacketAsync(1, default);
        sim.Network.Links[^1].Reset();
        await sim.UntilAsync(() => client.PoolStatistics().Online == 0);
        await client.WaitUntilReadyAsync();
        await client.CallPacketAsync(1, new byte[] { 3 });
        var counted = client.PoolStatistics();
        Assert.That((counted.Online, counted.Channels.Calls, counted.Channels.Notices), Is.EqualTo((1, 3L, 1L)), "those of the channel that has ended as well");
        Assert.That(counted.Channels.PacketsReceived, Is.EqualTo(3));
    });

    [Test]
    public void Init_runs_on_each_new_connection_before_it_is_given_calls() => Simulation.RunMany(20, async sim =>
    {
        var order = new List<string>();
        var mux = new IprotoMux()
            .Handle(1, (packet, _) =>
            {
                order.Add("call");
                return new ValueTask<ReadOnlyMemory<byte>>(packet.Body);
            })
            .Handle(5, (packet, _) =>
            {
                order.Add("init");
                return new ValueTask<ReadOnlyMemory<byte>>(packet.Body);
            });
        await using var server = await ServeAsync(sim, mux);
        await using var client = ButlerClient.Open(
            Endpoint, On(sim) with { Iproto = new IprotoOptions { Init = async (channel, ct) => await channel.CallAsync(5, "who I am"u8.ToArray(), ct) } });
        await client.CallPacketAsync(1, default);
        sim.Network.Links[^1].Reset();
        await sim.UntilAsync(() => client.PoolStatistics().Online == 0);
        await client.WaitUntilReadyAsync();
        await client.CallPacketAsync(1, default);
        Assert.That(order, Is.EqualTo(new[] { "init", "call", "init", "call" }));
    });

    [Test]
    public void An_Init_that_fails_is_an_attempt_to_connect_that_failed() => Simulation.Run(1, async sim =>
    {
        var attempts = 0;
        await using var server = await ServeAsync(sim);
        await using var client = ButlerClient.Open(Endpoint, On(sim) with
        {
            Iproto = new IprotoOptions { Init = (_, _) => ++attempts < 3 ? throw new InvalidOperationException("not yet") : default },
        });
        await client.WaitUntilReadyAsync();
        Assert.That((attempts, client.PoolStatistics().DialErrors), Is.EqualTo((3, 2L)));
        Assert.That(await client.CallPacketAsync(1, new byte[] { 1 }), Is.EqualTo(new byte[] { 1 }));
    });

    [Test]
    public void A_server_judges_each_connection_with_its_own_Init_and_is_told_of_its_end() => Simulation.RunMany(10, async sim =>
    {
        var closed = new TaskCompletionSource<string>();
        var shutDown = false;
        await using var server = await ServeAsync(sim, options: new IprotoOptions
        {
            Init = (channel, _) =>
            {
                channel.OnShutdown(() =>
                {
                    shutDown = true;
                    return Task.CompletedTask;
                });
                channel.OnClose(() => closed.TrySetResult(channel.RemoteAddress));
                return default;
            },
        });
        var client = await ButlerClient.ConnectAsync(Endpoint, On(sim));
        await client.CallPacketAsync(1, default);
        await client.DisposeAsync();
        Assert.That(await closed.Task, Does.StartWith("10.0.0.1"));
        Assert.That(shutDown, Is.True);
    });

    [Test]
    public void An_accepted_connection_whose_Init_fails_is_closed() => Simulation.RunMany(10, async sim =>
    {
        await using var server = await ServeAsync(sim, options: new IprotoOptions { Init = (_, _) => throw new InvalidOperationException("you are a stranger") });
        await using var peer = await SimPeer.DialAsync(sim.Platform, Endpoint);
        Assert.That(await peer.ReadToEndAsync(), Is.Empty);
        await sim.UntilAsync(() => server.SessionCount == 0);
    });

    [Test]
    public void The_options_of_go_iproto_are_its_defaults()
    {
        var options = IprotoPool.GoOptions;
        options.Validate();
        Assert.Multiple(() =>
        {
            Assert.That(options.CallTimeout.TotalSeconds, Is.EqualTo(5));
            Assert.That(options.SessionTimeout.TotalSeconds, Is.EqualTo(1));
            Assert.That((options.SessionsPerEndpoint, options.MaxSessionsPerEndpoint), Is.EqualTo((1, 1)));
            Assert.That(options.ShortestBackoff.TotalMilliseconds, Is.EqualTo(10));
            Assert.That(options.RedialTimeout.TotalHours, Is.EqualTo(1));
            Assert.That((options.FailOnCutoff, options.RateLimiter, options.RateMode), Is.EqualTo((false, (RateLimiter?)null, ButlerRateMode.Police)));
            Assert.That(options.Iproto, Is.EqualTo(new IprotoOptions()));
            Assert.That(options.Iproto.RequestTimeout.TotalSeconds, Is.EqualTo(5));
            Assert.That(options.Iproto.NoticeTimeout.TotalSeconds, Is.EqualTo(1));
            Assert.That(options.Iproto.PingInterval.TotalMinutes, Is.EqualTo(1), "on, as its documentation says");
            Assert.That(options.Iproto.IdleTimeout, Is.EqualTo(TimeSpan.Zero));
            Assert.That(options.Iproto.ShutdownTimeout.TotalSeconds, Is.EqualTo(5));
            Assert.That((options.Iproto.SizeLimit, options.Iproto.WriteQueueSize), Is.EqualTo((100_000_000, 50)));
        });
    }

    [Test]
    public void Each_error_of_go_iproto_is_a_reason() => Simulation.Run(1, async sim =>
    {
        var got = new Dictionary<string, ButlerReason>();
        var mux = new IprotoMux()
            .Handle(1, (packet, _) => new ValueTask<ReadOnlyMemory<byte>>(packet.Body))
            .Handle(2, (_, _, ct) => new ValueTask(Task.Delay(Timeout.InfiniteTimeSpan, sim.Time, ct)));
        var limiter = new FixedWindowRateLimiter(new FixedWindowRateLimiterOptions { PermitLimit = 1, Window = TimeSpan.FromHours(1), AutoReplenishment = false });
        var server = await ServeAsync(sim, mux, new IprotoOptions { CallsInFlight = 1 });

        await using (var client = await ButlerClient.ConnectAsync(Endpoint, On(sim) with { MaxSessionsPerEndpoint = 1 }))
        {
            got["ErrTimeout"] = await ReasonOfAsync(client.CallPacketAsync(2, default));
            var dropped = client.CallPacketAsync(2, default);
            await sim.SettleAsync();
            sim.Network.Links[^1].Reset();
            got["ErrDroppedConn"] = await ReasonOfAsync(dropped);

            var channel = await client.NextChannelAsync();
            var hijacked = channel.CallAsync(2, default);
            await sim.SettleAsync();
            await using var connection = await channel.HijackAsync();
            got["ErrHijacked"] = await ReasonOfAsync(hijacked);
        }

        await using (var client = await ButlerClient.ConnectAsync(Endpoint, On(sim) with { RateLimiter = limiter }))
        {
            await client.CallPacketAsync(1, default);
            got["ErrPolicied"] = await ReasonOfAsync(client.CallPacketAsync(1, default));
        }

        await using (var client = await ButlerClient.ConnectAsync(
            Endpoint, On(sim) with { MaxSessionsPerEndpoint = 1, WaitForSlot = false, DrainTimeout = TimeSpan.FromMilliseconds(1) }))
        {
            // As many as there are Syncs; the server takes one and drops the others.
            var unanswered = new List<Task>();
            while (client.PoolStatistics().Channels.Pending < ushort.MaxValue)
            {
                for (var i = 0; i < 1285; i++)
                    unanswered.Add(client.CallPacketAsync(2, default).AsTask());
                await sim.SettleAsync();
            }

            Assert.That((unanswered.Count, unanswered.Exists(c => c.IsCompleted)), Is.EqualTo((ushort.MaxValue, false)));
            got["ErrPoolFull"] = await ReasonOfAsync(client.CallPacketAsync(1, default));
            sim.Network.Links[^1].Reset();
            await Task.WhenAll(unanswered).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }

        var stopped = await ButlerClient.ConnectAsync(Endpoint, On(sim));
        await stopped.DisposeAsync();
        got["ErrStopped"] = await ReasonOfAsync(stopped.CallPacketAsync(1, default));
        await server.DisposeAsync();

        await using (var client = ButlerClient.Open(Endpoint, On(sim)))
            got["ErrNoChannel"] = await ReasonOfAsync(client.CallPacketAsync(1, default));
        await using (var client = ButlerClient.Open(Endpoint, On(sim) with { FailOnCutoff = true }))
        {
            await Failing.OfAsync(client.CallPacketAsync(1, default));
            got["ErrCutoff"] = await ReasonOfAsync(client.CallPacketAsync(1, default));
        }

        Assert.That(got, Is.EquivalentTo(new Dictionary<string, ButlerReason>
        {
            ["ErrTimeout"] = ButlerReason.Timeout, ["ErrDroppedConn"] = ButlerReason.ConnectionDropped, ["ErrHijacked"] = ButlerReason.Hijacked,
            ["ErrPolicied"] = ButlerReason.RateLimited, ["ErrStopped"] = ButlerReason.Stopped, ["ErrNoChannel"] = ButlerReason.NoSession,
            ["ErrCutoff"] = ButlerReason.Cutoff, ["ErrPoolFull"] = ButlerReason.PoolFull,
        }));
    });
}
