using System.Diagnostics;
using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Client;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Diagnostics;

[NonParallelizable]
public class TraceTests
{
    const byte TraceFlag = 8;
    const int TraceSize = 25;
    const string Trace = "0af7651916cd43dd8448eb211c80319c" + "b7ad6b7169203331" + "01";

    [Test]
    public void Call_has_a_span_at_each_end_with_the_attributes_of_the_convention()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            using var watcher = new Watcher(traces: true);
            await client.CallAsync(Methods.Work, 7);
            await sim.SettleAsync();

            var (called, served) = (watcher.Span(ActivityKind.Client), watcher.Span(ActivityKind.Server));
            Assert.That(Text(called), Is.EqualTo(
                "rpc.method=Tests.IProbe/WorkAsync rpc.response.status_code=OK rpc.system.name=butlerrpc server.address=127.0.0.1 server.port=9000"));
            Assert.That(Text(served), Is.EqualTo(
                $"client.address={served.GetTagItem("client.address")} rpc.method=Tests.IProbe/WorkAsync rpc.response.status_code=OK rpc.system.name=butlerrpc " +
                "server.address=127.0.0.1 server.port=9000"));
            Assert.That(served.GetTagItem("client.address"), Is.Not.Null);
            Assert.That((served.TraceId, served.ParentSpanId, served.HasRemoteParent), Is.EqualTo((called.TraceId, called.SpanId, true)));
            Assert.That((called.Status, served.Status, called.ParentSpanId), Is.EqualTo((ActivityStatusCode.Unset, ActivityStatusCode.Unset, default(ActivitySpanId))));
            Assert.That(watcher.Spans, Has.Count.EqualTo(2));
        });
    }

    [Test]
    public void Span_of_a_failed_call_says_what_is_known_of_the_failure()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Work = (_, _) => throw new InvalidOperationException("secret");
            await using var client = await world.ConnectAsync();
            using var watcher = new Watcher(traces: true);
            await Failing.OfAsync(client.CallAsync(Methods.Work, 7));
            await sim.SettleAsync();
            var called = watcher.Span(ActivityKind.Client);
            Assert.That(called.Status, Is.EqualTo(ActivityStatusCode.Error));
            Assert.That(Text(called), Does.StartWith("butlerrpc.certainty=Executed error.type=INTERNAL "));
            Assert.That(watcher.Span(ActivityKind.Server).Status, Is.EqualTo(ActivityStatusCode.Error));
            Assert.That(watcher.Spans.Select(Text), Is.All.Not.Contains("secret"));

            await world.Server.DisposeAsync();
            watcher.Spans.Clear();
            await Failing.OfAsync(client.CallAsync(Methods.Work, 7));
            Assert.That(Text(watcher.Span(ActivityKind.Client)), Is.EqualTo(
                "butlerrpc.certainty=NotExecuted butlerrpc.reason=NoSession error.type=UNAVAILABLE rpc.method=Tests.IProbe/WorkAsync rpc.response.status_code=UNAVAILABLE " +
                "rpc.system.name=butlerrpc"));
        });
    }

    [Test]
    public void Trace_parent_survives_two_hops()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 2);
            await using var inner = await ButlerClient.ConnectAsync(Fleet.At(1), fleet.Options());
            await using var outer = await ButlerClient.ConnectAsync(Fleet.At(0), fleet.Options());
            fleet.Probes[0].Work = async (value, _) =>
            {
                await sim.DelayAsync(TimeSpan.FromMilliseconds(1));
                return await inner.CallAsync(Methods.Work, value + 1);
            };
            using var watcher = new Watcher(traces: true);
            using var root = new Activity("root").Start();
            await outer.CallAsync(Methods.Work, 1);
            await sim.SettleAsync();
            AssertChain(watcher, root, ActivityKind.Client, ActivityKind.Server, ActivityKind.Client, ActivityKind.Server);
            root.Stop();
        });
    }

    [Test]
    public void Both_legs_of_a_hedged_call_are_served_in_the_trace_of_their_call()
    {
        Simulation.RunMany(10, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 2);
            var started = 0;
            foreach (var probe in fleet.Probes)
            {
                probe.Work = async (value, _) =>
                {
                    if (++started == 1)
                        await sim.DelayAsync(TimeSpan.FromSeconds(1));
                    return value;
                };
            }

            var client = await fleet.ConnectToAllAsync(o => o with { Retry = new ButlerRetryOptions { HedgeAfter = TimeSpan.FromMilliseconds(100) } });
            using var watcher = new Watcher(traces: true);
            using var root = new Activity("root").Start();
            await client.CallAsync(Fleet.Repeatable, 1);
            await sim.DelayAsync(TimeSpan.FromSeconds(2));
            var called = watcher.Span(ActivityKind.Client);
            var served = watcher.Spans.Where(s => s.Kind == ActivityKind.Server).ToArray();
            Assert.That(served.Select(s => (s.TraceId, s.ParentSpanId)), Is.EqualTo(Enumerable.Repeat((root.TraceId, called.SpanId), 2)));
            root.Stop();
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void Trace_parent_survives_a_callback()
    {
        StreamWorld.RunMany(20, async world =>
        {
            world.Probe.Work = static async (value, context) => await context.Peer.CallAsync(Methods.Work, value);
            world.Client.Add(new Probe());
            using var watcher = new Watcher(traces: true);
            using var root = new Activity("root").Start();
            await world.Client.CallAsync(Methods.Work, 1);
            await world.Sim.SettleAsync();
            AssertChain(watcher, root, ActivityKind.Client, ActivityKind.Server, ActivityKind.Client, ActivityKind.Server);
            root.Stop();
            world.Probe.Work = static (value, _) => new(value);
        });
    }

    [Test]
    public void Trace_travels_with_large_one_way_and_streaming_calls_and_beside_metadata()
    {
        StreamWorld.RunMany(10, async world =>
        {
            using var watcher = new Watcher(traces: true);
            using var root = new Activity("root").Start();
            var heard = new List<string?>();
            world.Probe.Bytes = (value, context) =>
            {
                heard.Add(context.Metadata?["key"]);
                return new(value);
            };
            world.Probe.Note = (_, context) =>
            {
                heard.Add(context.Metadata?["key"]);
                return default;
            };
            var metadata = new Metadata { ["key"] = "value" };
            var context = new CallContext(new CallOptions { Metadata = metadata });
            await world.Client.CallAsync(Methods.Bytes, new byte[200_000], context);
            await world.Client.CallAsync(Methods.Bytes, new byte[2], context);
            await world.Client.SendAsync(Methods.Note, 1, context);
            await foreach (var _ in world.Client.StreamAsync(StreamMethods.Count, 3, [], context))
            {
            }

            await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(50));
            var clients = watcher.Spans.Where(s => s.Kind == ActivityKind.Client).ToDictionary(s => s.SpanId);
            Assert.That(clients, Has.Count.EqualTo(4));
            Assert.That(watcher.Spans.Where(s => s.Kind == ActivityKind.Server).Select(s => clients[s.ParentSpanId].OperationName), Is.EquivalentTo(clients.Values.Select(s => s.OperationName)));
            Assert.That(watcher.Spans.Select(s => s.TraceId), Is.All.EqualTo(root.TraceId));
            Assert.That(heard, Is.EqualTo(new[] { "value", "value", "value" }));
            root.Stop();
        });
    }

    [Test]
    public void Caller_keeps_its_own_activity_while_calls_begin_and_end()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            var client = await world.ConnectAsync();
            using var watcher = new Watcher(traces: true);
            using var root = new Activity("root").Start();
            var first = client.CallAsync(Methods.Work, 1);
            Assert.That(Activity.Current, Is.SameAs(root));
            var second = client.CallAsync(Methods.Inline, 2);
            await first;
            Assert.That(Activity.Current, Is.SameAs(root));
            await second;
            Assert.That(Activity.Current, Is.SameAs(root));
            root.Stop();
            Assert.That(Activity.Current, Is.Null);
            await client.DisposeAsync();
        });
    }

    [Test]
    public void Handler_runs_in_the_span_of_its_call_and_the_next_one_does_not()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            var seen = new List<ActivitySpanId?>();
            world.Probe.Work = async (value, _) =>
            {
                await sim.DelayAsync(TimeSpan.FromMilliseconds(value));
                seen.Add(Activity.Current?.SpanId);
                return value;
            };
            world.Probe.Inline = (value, _) =>
            {
                seen.Add(Activity.Current?.SpanId);
                return new(value);
            };
            var client = await world.ConnectAsync();
            using (var watcher = new Watcher(traces: true))
            {
                var calls = new[] { client.CallAsync(Methods.Work, 3).AsTask(), client.CallAsync(Methods.Work, 1).AsTask(), client.CallAsync(Methods.Inline, 0).AsTask() };
                foreach (var call in calls)
                    await call;
                await sim.SettleAsync();
                Assert.That(seen, Is.EquivalentTo(watcher.Spans.Where(s => s.Kind == ActivityKind.Server).Select(s => (ActivitySpanId?)s.SpanId)));
            }

            seen.Clear();
            await client.CallAsync(Methods.Work, 1);
            await client.CallAsync(Methods.Inline, 1);
            Assert.That(seen, Is.EqualTo(new ActivitySpanId?[] { null, null }));
            await client.DisposeAsync();
        });
    }

    // Nobody listens to the library here, and still the trace of others does not break.
    [Test]
    public void Handler_that_is_not_traced_hands_on_the_trace_of_its_caller()
    {
        Simulation.Run(1, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            var listener = await SimPeer.ListenAsync(sim.Platform, "tcp://10.0.5.1:9000");
            var accepting = sim.Start(async () =>
            {
                var peer = await SimPeer.AcceptAsync(listener);
                await peer.WelcomeAsync();
                var request = await peer.ExpectFrameAsync(Wire.Request);
                Assert.That(request.Flags & TraceFlag, Is.Not.Zero);
                Assert.That(Convert.ToHexStringLower(request.Payload.AsSpan(4, TraceSize)), Is.EqualTo(Trace));
                await peer.SendAsync(Wire.Frame(Wire.Reply, 0, 0, request.Call, 5));
            });
            await using var inner = await ButlerClient.ConnectAsync("tcp://10.0.5.1:9000", fleet.Options());
            fleet.Probes[0].Work = async (value, context) => await inner.CallAsync(Methods.Work, value, context);
            var raw = await SimPeer.DialAsync(sim.Platform, Fleet.At(0));
            await raw.OpenAsync();
            await raw.SendAsync(Wire.Frame(
                Wire.Request, TraceFlag, Methods.Work.Code, 1 << 16, [.. Convert.FromHexString(Trace), 5]));
            var reply = await raw.ExpectFrameAsync(Wire.Reply);
            Assert.That(reply.Payload, Is.EqualTo(new byte[] { 5 }));
            await accepting;
            await listener.DisposeAsync();
        });
    }

    [Test]
    public void Request_carries_no_trace_when_there_is_none()
    {
        Simulation.Run(1, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            _ = raw.CallAsync(1);
            Assert.That((await raw.Peer.ExpectFrameAsync(Wire.Request)).Flags & TraceFlag, Is.Zero);
            using var watcher = new Watcher();
            using var root = new Activity("root").Start();
            _ = raw.CallAsync(1);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            Assert.That(request.Flags & TraceFlag, Is.Not.Zero);
            Assert.That(Convert.ToHexStringLower(request.Payload.AsSpan(4, TraceSize)), Is.EqualTo($"{root.TraceId}{root.SpanId}0{(int)root.ActivityTraceFlags}"));
            root.Stop();
            raw.Session.Abort(ButlerReason.Stopped, "over");
        });
    }

    [Test]
    public void Trace_of_zeros_begins_a_new_one()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim);
            using var watcher = new Watcher(traces: true);
            var raw = await world.OpenRawAsync();
            await raw.SendAsync(Wire.Frame(Wire.Request, TraceFlag, Methods.Work.Code, 1 << 16, [.. new byte[TraceSize], 5]));
            await raw.ExpectFrameAsync(Wire.Reply);
            await sim.SettleAsync();
            var served = watcher.Span(ActivityKind.Server);
            Assert.That((served.ParentSpanId, served.TraceId == default), Is.EqualTo((default(ActivitySpanId), false)));
        });
    }

    [Test]
    public void Trace_that_is_not_sampled_goes_on_without_spans()
    {
        StreamWorld.RunMany(3, async world =>
        {
            TraceContextSeen? seen = null;
            world.Probe.Work = (value, context) =>
            {
                seen = new TraceContextSeen(Activity.Current, context.ServerCall!.Trace.IsPresent);
                return new(value);
            };
            using var watcher = new Watcher(traces: true, ActivitySamplingResult.None);
            using var root = new Activity("root").Start();
            await world.Client.CallAsync(Methods.Work, 1);
            Assert.That(watcher.Spans, Is.Empty);
            Assert.That(seen, Is.EqualTo(new TraceContextSeen(null, true)));
            root.Stop();
        });
    }

    [Test]
    public void Span_of_a_stream_ends_with_its_last_item_or_when_its_reader_leaves()
    {
        StreamWorld.RunMany(10, async world =>
        {
            using var watcher = new Watcher(traces: true);
            await using (var items = world.Client.StreamAsync(StreamMethods.Count, 100, [], default).GetAsyncEnumerator())
            {
                await items.MoveNextAsync();
                Assert.That(watcher.Spans, Is.Empty);
            }

            await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(50));
            var name = $"{StreamMethods.Count.Service}/CountAsync";
            Assert.That(watcher.Span(ActivityKind.Client, name).GetTagItem("error.type"), Is.EqualTo("CANCELLED"));
            Assert.That(watcher.Span(ActivityKind.Server, name).ParentSpanId, Is.EqualTo(watcher.Span(ActivityKind.Client, name).SpanId));
        });
    }

    static void AssertChain(Watcher watcher, Activity root, params ActivityKind[] kinds)
    {
        var spans = watcher.Spans.ToDictionary(s => s.ParentSpanId);
        var parent = root.SpanId;
        foreach (var kind in kinds)
        {
            Assert.That(spans, Does.ContainKey(parent), $"a span below {parent}");
            var span = spans[parent];
            Assert.That((span.Kind, span.TraceId), Is.EqualTo((kind, root.TraceId)));
            parent = span.SpanId;
        }

        Assert.That(spans, Has.Count.EqualTo(kinds.Length));
    }

    static string Text(Activity span) => string.Join(' ', span.TagObjects.Where(t => t.Value is not null).OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key}={t.Value}"));

    sealed record TraceContextSeen(Activity? Current, bool HandsOn);
}
