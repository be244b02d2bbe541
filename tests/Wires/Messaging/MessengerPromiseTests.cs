using System.Text;
using ButlerRpc.Messaging;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Wires.Tests.Messaging;

/// <summary>What a messenger promises where tcp-butler does not.</summary>
public class MessengerPromiseTests
{
    const string Endpoint = "tcp://127.0.0.1:9000";

    static ButlerMessengerOptions On(Simulation sim) => new() { Platform = sim.Platform };

    static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Test]
    public void Requests_in_flight_fail_at_once_when_their_session_drops() => Simulation.RunMany(20, async sim =>
    {
        await using var listener = await SimPeer.ListenAsync(sim.Platform, Endpoint);
        await using var client = await ButlerMessenger.ConnectAsync(Endpoint, Lines.Plain, On(sim));
        var peer = await SimPeer.AcceptAsync(listener);
        var requests = Enumerable.Range(0, 10).Select(i => client.SendAndWaitAsync(new Line($"{i}", "a")).AsTask()).ToArray();
        await peer.ReadAsync(40);
        var before = sim.Time.Elapsed;
        sim.Network.Links[0].Reset();
        foreach (var request in requests)
        {
            var failure = await Failing.OfAsync(new ValueTask<Line>(request));
            Assert.That((failure.Status, failure.Reason, failure.Certainty), Is.EqualTo((ButlerStatus.Unavailable, ButlerReason.ConnectionDropped, ButlerCertainty.Unknown)));
        }

        Assert.That(sim.Time.Elapsed - before, Is.LessThan(TimeSpan.FromMilliseconds(20)));
    });

    [Test]
    public void Messages_that_found_no_session_in_time_leave_nothing_behind() => Simulation.Run(1, async sim =>
    {
        await using var server = await ButlerMessenger.ListenAsync(Endpoint, Lines.Plain, null, On(sim));
        for (var i = 0; i < 50; i++)
            Assert.That((await Failing.OfAsync(server.SendNoWaitAsync(new Line("1", "to nobody")))).Reason, Is.EqualTo(ButlerReason.NoSession));
        Assert.That(server.Waiting, Is.Zero);
    });

    [Test]
    public void A_listener_is_closed_outside_the_messengers_lock() => Simulation.Run(1, async sim =>
    {
        var messenger = await ButlerMessenger.ListenAsync(Endpoint, Lines.Plain, null, On(sim));
        var asked = false;
        messenger.Listen(new AskingListener(() => asked = AskingListener.IsAnswered(() => messenger.Sessions)), Lines.Plain);
        await messenger.DisposeAsync();
        Assert.That(asked, "another thread was kept out");
    });

    [Test]
    public void The_request_timeout_covers_the_queue() => Simulation.RunMany(5, async sim =>
    {
        sim.Network.BufferBytes = 1000;
        await using var listener = await SimPeer.ListenAsync(sim.Platform, Endpoint);
        await using var client = await ButlerMessenger.ConnectAsync(Endpoint, Lines.Plain, On(sim) with { OutboundBuffer = 3 });
        await using var peer = await SimPeer.AcceptAsync(listener); // it never reads
        var requests = Enumerable.Range(0, 200).Select(i => client.SendAndWaitAsync(new Line($"{i}", new string('x', 600))).AsTask()).ToArray();
        var certain = 0;
        foreach (var request in requests)
        {
            var failure = await Failing.OfAsync(new ValueTask<Line>(request));
            Assert.That((failure.Status, failure.Reason), Is.EqualTo((ButlerStatus.DeadlineExceeded, ButlerReason.Timeout)));
            certain += failure.Certainty == ButlerCertainty.NotExecuted ? 1 : 0;
        }

        Assert.That(sim.Time.Elapsed.TotalSeconds, Is.EqualTo(5).Within(0.1));
        Assert.That(certain, Is.GreaterThan(190), "those that never left say so");
        await client.AbortAsync();
    });

    [Test]
    public void Only_the_session_that_got_a_request_can_answer_it() => Simulation.RunMany(20, async sim =>
    {
        var handled = new List<Line>();
        await using var server = await ButlerMessenger.ListenAsync(
            Endpoint,
            Lines.Plain,
            (_, line, _) =>
            {
                handled.Add(line);
                return new((Line?)null);
            },
            On(sim));
        await using var asked = await SimPeer.DialAsync(sim.Platform, Endpoint);
        await sim.UntilAsync(() => server.Sessions.Count == 1);
        var request = server.SendAndWaitAsync(new Line("7", "who are you")).AsTask();
        await asked.ExpectAsync(Bytes("7 who are you\n"));

        await using var forger = await SimPeer.DialAsync(sim.Platform, Endpoint);
        await forger.SendAsync(Bytes("7 forged\n"));
        await sim.UntilAsync(() => handled.Count == 1);
        Assert.That(handled, Is.EqualTo(new[] { new Line("7", "forged") }));
        Assert.That(request.IsCompleted, Is.False);
        await asked.SendAsync(Bytes("7 myself\n"));
        Assert.That((await request).Text, Is.EqualTo("myself"));
    });

    [Test]
    public void A_server_that_accepts_and_closes_is_dialled_at_most_20_times_in_10_s() => Simulation.RunMany(50, async sim =>
    {
        var listener = await SimPeer.ListenAsync(sim.Platform, Endpoint);
        _ = sim.Start(async () =>
        {
            while (await listener.AcceptAsync() is { } connection)
                connection.Abort();
        });
        var client = ButlerMessenger.Open(Endpoint, Lines.Plain, On(sim));
        await sim.DelayAsync(TimeSpan.FromSeconds(10));
        Assert.That(sim.Network.At(Endpoint).Dials, Is.InRange(5, 20));
        await client.DisposeAsync();
        await listener.DisposeAsync();
    });

    [Test]
    public void A_handler_that_fails_is_counted_and_logged_and_answered_where_the_protocol_has_a_form_for_it() => Simulation.RunMany(10, async sim =>
    {
        var log = new LogLines();
        await using var server = await ButlerMessenger.ListenAsync(
            Endpoint, new TellingLines(), (_, _, _) => throw new InvalidOperationException("boom"), On(sim) with { LoggerFactory = log });
        await using var client = await ButlerMessenger.ConnectAsync(Endpoint, new TellingLines(), On(sim));
        Assert.That((await client.SendAndWaitAsync(new Line("1", "a"))).Text, Is.EqualTo("=failed: boom"));
        Assert.That(server.Statistics.FailedHandlers, Is.EqualTo(1));
        Assert.That(log.Lines.Count(l => l.Exception is InvalidOperationException && l.Text.StartsWith("The handler of a message", StringComparison.Ordinal)), Is.EqualTo(1));
    });

    [Test]
    public void It_waits_until_it_is_ready() => Simulation.RunMany(10, async sim =>
    {
        await using var client = ButlerMessenger.Open(Endpoint, Lines.Plain, On(sim));
        var ready = client.WaitUntilReadyAsync();
        await sim.DelayAsync(TimeSpan.FromSeconds(3));
        Assert.That(ready.IsCompleted, Is.False);
        await using var server = await ButlerMessenger.ListenAsync(Endpoint, Lines.Plain, (_, line, _) => new(line), On(sim));
        await ready;
        Assert.That(await client.SendAndWaitAsync(new Line("1", "a")), Is.EqualTo(new Line("1", "a")));
    });

    [Test]
    public void Messages_that_were_queued_and_not_sent_are_reported_one_by_one() => Simulation.RunMany(20, async sim =>
    {
        sim.Network.BufferBytes = 100;
        var log = new LogLines();
        await using var listener = await SimPeer.ListenAsync(sim.Platform, Endpoint);
        await using var client = await ButlerMessenger.ConnectAsync(Endpoint, Lines.Plain, On(sim) with { LoggerFactory = log });
        await using var peer = await SimPeer.AcceptAsync(listener); // it never reads
        var stuck = client.SendNoWaitAsync(new Line("0", new string('x', 1000))).AsTask();
        await sim.SettleAsync();
        var queued = Enumerable.Range(1, 40).Select(i => client.SendNoWaitAsync(new Line($"{i}", "a")).AsTask()).ToArray();
        await sim.SettleAsync();
        sim.Network.Links[0].Reset();
        var first = await Failing.OfAsync(new ValueTask(stuck));
        Assert.That(first.Certainty, Is.EqualTo(ButlerCertainty.Unknown));
        foreach (var message in queued)
        {
            var failure = await Failing.OfAsync(new ValueTask(message));
            Assert.That((failure.Status, failure.Certainty), Is.EqualTo((ButlerStatus.Unavailable, ButlerCertainty.NotExecuted)));
        }

        Assert.That(client.Statistics.Unsent, Is.EqualTo(40));
        Assert.That(log.Lines.Count(l => l.Text.StartsWith("40 messages that were queued", StringComparison.Ordinal)), Is.EqualTo(1));
    });

    [Test]
    public void A_graceful_close_waits_for_handlers_that_run_and_replies_that_are_queued() => Simulation.RunMany(20, async sim =>
    {
        sim.Network.BufferBytes = 100;
        var begun = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        var server = await ButlerMessenger.ListenAsync(
            Endpoint,
            Lines.Plain,
            async (_, line, _) =>
            {
                if (line.Id == "1")
                    begun.SetResult();
                await goOn.Task;
                return line with { Text = new string('x', 500) };
            },
            On(sim));
        await using var peer = await SimPeer.DialAsync(sim.Platform, Endpoint);
        await peer.SendAsync(Bytes("1 a\n2 b\n"));
        await begun.Task;
        await sim.SettleAsync();
        var closing = server.DisposeAsync().AsTask();
        await sim.SettleAsync();
        Assert.That(closing.IsCompleted, Is.False, "handlers run");
        goOn.SetResult();
        await sim.SettleAsync();
        Assert.That(closing.IsCompleted, Is.False, "replies are queued");
        var got = Encoding.UTF8.GetString(await peer.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(got, Is.EquivalentTo(new[] { $"1 {new string('x', 500)}", $"2 {new string('x', 500)}" }));
        await closing;
    });

    [Test]
    public void A_graceful_close_waits_for_requests_in_flight_and_refuses_new_ones() => Simulation.RunMany(20, async sim =>
    {
        await using var listener = await SimPeer.ListenAsync(sim.Platform, Endpoint);
        var client = await ButlerMessenger.ConnectAsync(Endpoint, Lines.Plain, On(sim));
        await using var peer = await SimPeer.AcceptAsync(listener);
        var request = client.SendAndWaitAsync(new Line("1", "a")).AsTask();
        await peer.ExpectAsync(Bytes("1 a\n"));
        var closing = client.DisposeAsync().AsTask();
        await sim.SettleAsync();
        var refused = await Failing.OfAsync(client.SendAndWaitAsync(new Line("2", "b")));
        Assert.That((refused.Reason, refused.Certainty), Is.EqualTo((ButlerReason.Stopped, ButlerCertainty.NotExecuted)));
        await peer.SendAsync(Bytes("1 b\n"));
        Assert.That((await request).Text, Is.EqualTo("b"));
        Assert.That(await peer.ReadToEndAsync(), Is.Empty);
        await closing;
    });

    [Test]
    public void A_graceful_close_ends_after_10_s_whatever_runs() => Simulation.RunMany(5, async sim =>
    {
        var begun = new TaskCompletionSource();
        var server = await ButlerMessenger.ListenAsync(
            Endpoint,
            Lines.Plain,
            async (_, line, _) =>
            {
                begun.SetResult();
                await new TaskCompletionSource().Task;
                return line;
            },
            On(sim));
        await using var peer = await SimPeer.DialAsync(sim.Platform, Endpoint);
        await peer.SendAsync(Bytes("1 a\n"));
        await begun.Task;
        var before = sim.Time.Elapsed;
        await server.DisposeAsync();
        Assert.That((sim.Time.Elapsed - before).TotalSeconds, Is.EqualTo(10).Within(0.1));
    });

    [Test]
    public void A_forced_close_ends_everything_at_once() => Simulation.RunMany(5, async sim =>
    {
        await using var listener = await SimPeer.ListenAsync(sim.Platform, Endpoint);
        var client = await ButlerMessenger.ConnectAsync(Endpoint, Lines.Plain, On(sim));
        await using var peer = await SimPeer.AcceptAsync(listener);
        var request = client.SendAndWaitAsync(new Line("1", "a")).AsTask();
        await peer.ExpectAsync(Bytes("1 a\n"));
        await client.AbortAsync();
        Assert.That((await Failing.OfAsync(new ValueTask<Line>(request))).Reason, Is.EqualTo(ButlerReason.Stopped));
        Assert.That(sim.Time.Elapsed, Is.LessThan(TimeSpan.FromSeconds(1)));
    });

    [Test]
    public void A_peer_that_does_not_read_is_left_after_the_send_timeout() => Simulation.RunMany(5, async sim =>
    {
        sim.Network.BufferBytes = 100;
        await using var listener = await SimPeer.ListenAsync(sim.Platform, Endpoint);
        await using var client = await ButlerMessenger.ConnectAsync(Endpoint, Lines.Plain, On(sim) with { RequestTimeout = Timeout.InfiniteTimeSpan });
        await using var peer = await SimPeer.AcceptAsync(listener);
        var failure = await Failing.OfAsync(client.SendNoWaitAsync(new Line("1", new string('x', 1000))));
        Assert.That((failure.Reason, failure.Certainty), Is.EqualTo((ButlerReason.SlowPeer, ButlerCertainty.Unknown)));
        Assert.That(sim.Time.Elapsed.TotalSeconds, Is.EqualTo(10).Within(0.1));
    });
}
