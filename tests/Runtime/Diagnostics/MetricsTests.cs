using System.Diagnostics.Metrics;
using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Client;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Diagnostics;

[NonParallelizable]
public class MetricsTests
{
    const string Server = "server.address=127.0.0.1 server.port=9000";
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    [Test]
    public async Task Every_instrument_has_its_name_kind_and_unit()
    {
        await using var client = ButlerClient.Open("tcp://127.0.0.1:1");
        using var watcher = new Watcher();
        Assert.That(watcher.Instruments.Select(i => $"{i.Name} {i.GetType().Name.Split('`')[0]} {i.Unit}").Order(StringComparer.Ordinal), Is.EqualTo(new[]
        {
            "butlerrpc.calls.in_flight ObservableUpDownCounter {call}",
            "butlerrpc.calls.waiting ObservableUpDownCounter {call}",
            "butlerrpc.client.dials ObservableCounter {dial}",
            "butlerrpc.client.ejections ObservableCounter {ejection}",
            "butlerrpc.client.retries ObservableCounter {call}",
            "butlerrpc.io ObservableCounter By",
            "butlerrpc.late_answers ObservableCounter {frame}",
            "butlerrpc.log.failures ObservableCounter {message}",
            "butlerrpc.send_queue ObservableUpDownCounter By",
            "butlerrpc.server.refused_connections ObservableCounter {connection}",
            "butlerrpc.sessions ObservableUpDownCounter {session}",
            "butlerrpc.sessions.ended ObservableCounter {session}",
            "rpc.client.call.duration Histogram s",
            "rpc.server.call.duration Histogram s",
        }));
        Assert.That(watcher.Instruments.Select(i => i.Description), Is.All.Not.Empty);
    }

    [Test]
    public void Call_is_measured_at_both_ends_with_the_attributes_of_the_convention()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Work = async (value, _) =>
            {
                await sim.DelayAsync(Pause);
                return value;
            };
            await using var client = await world.ConnectAsync();
            using var watcher = new Watcher();
            Assert.That(await client.CallAsync(Methods.Work, 7), Is.EqualTo(7));
            await sim.SettleAsync();

            const string Expected = "rpc.system.name=butlerrpc rpc.method=Tests.IProbe/WorkAsync rpc.response.status_code=OK " + Server;
            Assert.That(watcher.Measured.Select(m => m.Instrument), Is.EquivalentTo(new[] { "rpc.client.call.duration", "rpc.server.call.duration" }));
            Assert.That(watcher.Measured.Select(m => m.Text), Is.All.EqualTo(Expected));
            Assert.That(watcher.Measured.Select(m => m.Value), Is.All.InRange(0.25, 0.26), "seconds");
            Assert.That(watcher.Measured.Select(m => m.Tags.Last().Value), Is.All.TypeOf<int>());
        });
    }

    [TestCase(ButlerStatus.NotFound, "error.type=NOT_FOUND ", "")]
    [TestCase(ButlerStatus.Internal, "error.type=INTERNAL ", "error.type=INTERNAL ")]
    public void Failure_is_an_error_of_the_server_only_when_the_caller_cannot_mend_it(ButlerStatus status, string atClient, string atServer)
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Work = (_, _) => throw new ButlerException(status, "no");
            await using var client = await world.ConnectAsync();
            using var watcher = new Watcher();
            await Failing.OfAsync(client.CallAsync(Methods.Work, 7));
            await sim.SettleAsync();

            var code = watcher.Measured.First().Tags.Single(t => t.Key == "rpc.response.status_code").Value;
            var begin = $"rpc.system.name=butlerrpc rpc.method=Tests.IProbe/WorkAsync rpc.response.status_code={code} ";
            Assert.That(watcher.Measured.Single(m => m.Instrument.StartsWith("rpc.client", StringComparison.Ordinal)).Text, Is.EqualTo(begin + atClient + Server));
            Assert.That(watcher.Measured.Single(m => m.Instrument.StartsWith("rpc.server", StringComparison.Ordinal)).Text, Is.EqualTo(begin + atServer + Server));
        });
    }

    [Test]
    public void Each_shape_of_a_call_is_measured_once_at_each_end()
    {
        StreamWorld.RunMany(5, async world =>
        {
            using var watcher = new Watcher();
            await world.Client.CallAsync(Methods.Echo, "x");
            await world.Client.SendAsync(Methods.Note, 1);
            await foreach (var _ in world.Client.StreamAsync(StreamMethods.Count, 3, [], default))
            {
            }

            await world.Client.CallAsync(StreamMethods.Sum, 0, [StreamMethods.Numbers.With(NumbersAsync())], default);
            await Failing.OfAsync(world.Client.CallAsync(Methods.Missing, 1));
            await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(50));
            Assert.That(watcher.Measured.Where(m => m.Instrument.StartsWith("rpc.client", StringComparison.Ordinal)).Select(MethodOf), Is.EquivalentTo(new[]
            {
                "Tests.IProbe/EchoAsync", "Tests.IProbe/Note", $"{StreamMethods.Count.Service}/CountAsync", $"{StreamMethods.Sum.Service}/SumAsync", "Tests.IProbe/SecretNameAsync",
            }));
            Assert.That(watcher.Measured.Where(m => m.Instrument.StartsWith("rpc.server", StringComparison.Ordinal)).Select(MethodOf), Is.EquivalentTo(new[]
            {
                "Tests.IProbe/EchoAsync", "Tests.IProbe/Note", $"{StreamMethods.Count.Service}/CountAsync", $"{StreamMethods.Sum.Service}/SumAsync", "_OTHER",
            }));
        });

        static object? MethodOf(Measured measured) => measured.Tags.Single(t => t.Key == "rpc.method").Value;

        static async IAsyncEnumerable<int> NumbersAsync()
        {
            await Task.Yield();
            yield return 1;
        }
    }

    [Test]
    public void Sessions_calls_and_queues_are_read_when_somebody_collects()
    {
        Simulation.Run(1, async sim =>
        {
            using var watcher = new Watcher();
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync(o => o with { SessionTimeout = TimeSpan.FromSeconds(20) });
            var release = new TaskCompletionSource();
            world.Probe.Work = async (value, _) =>
            {
                await release.Task;
                return value;
            };
            var call = client.CallAsync(Methods.Work, 1);
            await sim.DelayAsync(Pause);

            Assert.That(watcher.Collect("butlerrpc.sessions"), Is.EqualTo(new[] { $"butlerrpc.role=client {Server} = 1", $"butlerrpc.role=server {Server} = 1" }));
            Assert.That(watcher.Collect("butlerrpc.calls.in_flight"), Is.EqualTo(new[]
            {
                $"butlerrpc.role=client butlerrpc.direction=inbound {Server} = 0", $"butlerrpc.role=client butlerrpc.direction=outbound {Server} = 1",
                $"butlerrpc.role=server butlerrpc.direction=inbound {Server} = 1", $"butlerrpc.role=server butlerrpc.direction=outbound {Server} = 0",
            }));
            Assert.That(watcher.Collect("butlerrpc.send_queue"), Is.EqualTo(new[] { $"butlerrpc.role=client {Server} = 0", $"butlerrpc.role=server {Server} = 0" }));
            release.SetResult();
            await call;
            await sim.DelayAsync(Pause);
            Assert.That(watcher.Collect("butlerrpc.calls.in_flight"), Is.All.EndsWith("= 0"));

            var io = watcher.Collect("butlerrpc.io");
            Assert.That(io, Has.Length.EqualTo(4));
            Assert.That(Number(io[0], "butlerrpc.role=client butlerrpc.direction=received = "), Is.EqualTo(Number(io[3], "butlerrpc.role=server butlerrpc.direction=sent = ")).And.Positive);
            Assert.That(Number(io[1], "butlerrpc.role=client butlerrpc.direction=sent = "), Is.EqualTo(Number(io[2], "butlerrpc.role=server butlerrpc.direction=received = ")).And.Positive);

            await world.Server.DisposeAsync();
            var waiting = client.CallAsync(Methods.Work, 1).AsTask();
            await sim.DelayAsync(Pause);
            Assert.That(watcher.Collect("butlerrpc.calls.waiting"), Does.Contain("butlerrpc.role=client = 1"));
            Assert.That(watcher.Collect("butlerrpc.sessions"), Is.EqualTo(new[] { $"butlerrpc.role=client {Server} = 0" }), "an endpoint without a session is still there");
            Assert.That(watcher.Collect("butlerrpc.sessions.ended"), Is.EqualTo(new[] { "butlerrpc.role=client butlerrpc.reason=Stopped = 1" }));
            Assert.That(watcher.Collect("butlerrpc.client.dials"), Has.Length.EqualTo(2).And.One.EqualTo("butlerrpc.role=client butlerrpc.outcome=begun = 1"));
            Assert.That(
                Number(watcher.Collect("butlerrpc.io")[0], "butlerrpc.role=client butlerrpc.direction=received = "),
                Is.GreaterThan(Number(io[0], "butlerrpc.role=client butlerrpc.direction=received = ")), "what an ended session has counted stays counted");
            await client.DisposeAsync();
            await Failing.OfAsync(new ValueTask<int>(waiting));
            Assert.That(watcher.Collect("butlerrpc.sessions"), Is.Empty);
        });
    }

    [Test]
    public void Late_answers_retries_ejections_and_refusals_are_counted()
    {
        Simulation.Run(1, async sim =>
        {
            using var watcher = new Watcher();
            var fleet = await Fleet.StartAsync(sim, 2);
            foreach (var probe in fleet.Probes)
            {
                probe.Work = async (value, _) =>
                {
                    await sim.DelayAsync(Pause);
                    return value;
                };
            }

            var client = await fleet.ConnectToAllAsync(o => o with { EjectAfterTimeouts = 1, ProbeAfter = TimeSpan.FromHours(1), Routing = ButlerRouting.RoundRobin });
            var late = await Failing.OfAsync(client.CallAsync(Methods.Work, 1, new CallContext(new CallOptions { Timeout = TimeSpan.FromMilliseconds(100) })));
            Assert.That(late.Reason, Is.EqualTo(ButlerReason.Timeout));
            await sim.DelayAsync(Pause);
            Assert.That(watcher.Collect("butlerrpc.late_answers"), Does.Contain("butlerrpc.role=client = 1"));
            Assert.That(watcher.Collect("butlerrpc.client.ejections"), Is.EqualTo(new[] { "butlerrpc.role=client = 1" }));

            var repeated = client.CallAsync(Fleet.Repeatable, 1).AsTask();
            await sim.DelayAsync(Pause / 5);
            foreach (var link in sim.Network.Links)
                link.Reset();
            Assert.That(await repeated, Is.EqualTo(1));
            var retries = watcher.Collect("butlerrpc.client.retries");
            Assert.That(retries, Has.Length.EqualTo(3));
            Assert.That(retries[..2], Is.EqualTo(new[] { "butlerrpc.role=client butlerrpc.retry=hedge = 0", "butlerrpc.role=client butlerrpc.retry=move = 0" }));
            Assert.That(retries[2], Does.Match("^butlerrpc.role=client butlerrpc.retry=retry = [12]$"), "it may have gone to the session that was dropped next");
            Assert.That(watcher.Collect("butlerrpc.sessions.ended"), Does.Contain("butlerrpc.role=client butlerrpc.reason=ConnectionDropped = 2"));
            await fleet.DisposeAsync(client);

            await using var small = await ButlerServer.StartAsync("tcp://10.0.9.1:9000", _ => { }, new ButlerServerOptions { Platform = sim.Platform, MaxConnections = 1 });
            await using var first = await SimPeer.DialAsync(sim.Platform, "tcp://10.0.9.1:9000");
            await using var second = await SimPeer.DialAsync(sim.Platform, "tcp://10.0.9.1:9000");
            await sim.SettleAsync();
            Assert.That(watcher.Collect("butlerrpc.server.refused_connections"), Is.EqualTo(new[]
            {
                "butlerrpc.role=server butlerrpc.refusal=handshake = 0", "butlerrpc.role=server butlerrpc.refusal=limit = 1", "butlerrpc.role=server butlerrpc.refusal=stopping = 0",
            }));
        });
    }

    static long Number(string line, string beginning)
    {
        Assert.That(line, Does.StartWith(beginning));
        return long.Parse(line[beginning.Length..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
