using System.Buffers;
using System.Text;
using ButlerRpc.Messaging;
using ButlerRpc.Testing;
using ButlerRpc.Transport;
using ButlerRpc.Wires.Tests.Support;

namespace ButlerRpc.Wires.Tests.Messaging;

/// <summary>Messengers that dial and that listen, in a simulation.</summary>
public class MessengerTests
{
    const string Endpoint = "tcp://127.0.0.1:9000";

    static ButlerMessengerOptions On(Simulation sim) => new() { Platform = sim.Platform };

    static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    static MessengerHandler<Line> Echo { get; } = (_, line, _) => new(line with { Text = $"{line.Text}!" });

    [Test]
    public void Many_requests_at_once_get_the_replies_with_their_ids() => Simulation.RunMany(50, async sim =>
    {
        await using var server = await ButlerMessenger.ListenAsync(Endpoint, Lines.Plain, Echo, On(sim));
        await using var client = await ButlerMessenger.ConnectAsync(Endpoint, Lines.Plain, On(sim));
        var calls = Enumerable.Range(0, 150).Select(i => client.SendAndWaitAsync(new Line($"{i}", $"text {i}")).AsTask()).ToArray();
        for (var i = 0; i < calls.Length; i++)
            Assert.That(await calls[i], Is.EqualTo(new Line($"{i}", $"text {i}!")));
        Assert.That((client.Statistics.Sent, client.Statistics.Received, client.Statistics.RequestsInFlight), Is.EqualTo((150L, 150L, 0)));
    });

    [Test]
    public void A_message_without_reply_reaches_the_handler_and_a_handler_that_returns_null_sends_nothing() => Simulation.RunMany(10, async sim =>
    {
        var got = new TaskCompletionSource<Line>();
        await using var server = await ButlerMessenger.ListenAsync(
            Endpoint,
            Lines.Plain,
            (_, line, _) =>
            {
                got.SetResult(line);
                return new((Line?)null);
            },
            On(sim));
        await using var peer = await SimPeer.DialAsync(sim.Platform, Endpoint);
        await peer.SendAsync(Bytes("1 hello\n"));
        Assert.That(await got.Task, Is.EqualTo(new Line("1", "hello")));
        await sim.SettleAsync();
        Assert.That(sim.Network.Links[0].ToClient.BytesSent, Is.Zero);
    });

    [Test]
    public void A_server_sends_requests_to_its_clients_too() => Simulation.RunMany(10, async sim =>
    {
        await using var server = await ButlerMessenger.ListenAsync(Endpoint, Lines.Plain, Echo, On(sim));
        await using var client = await ButlerMessenger.ConnectAsync(Endpoint, Lines.Plain, On(sim));
        client.SetInboundHandler((_, line, _) => new(line with { Text = $"{line.Text}?" }));
        await server.WaitUntilReadyAsync();
        Assert.That(await server.SendAndWaitAsync(new Line("s1", "push")), Is.EqualTo(new Line("s1", "push?")));
    });

    [Test]
    public void A_handler_asks_back_on_its_own_session_and_waits() => Simulation.RunMany(10, async sim =>
    {
        await using var server = await ButlerMessenger.ListenAsync(
            Endpoint, Lines.Plain, async (session, line, ct) => line with { Text = (await session.SendAndWaitAsync(new Line("back", line.Text), ct)).Text }, On(sim));
        await using var client = await ButlerMessenger.ConnectAsync(Endpoint, Lines.Plain, On(sim));
        client.SetInboundHandler(Echo);
        Assert.That(await client.SendAndWaitAsync(new Line("1", "a")), Is.EqualTo(new Line("1", "a!")));
    });

    [Test]
    public void A_listener_of_the_callers_own_is_accepted_on_and_closed_with_the_messenger() => Simulation.Run(1, async sim =>
    {
        var own = await SimPeer.ListenAsync(sim.Platform, Endpoint);
        var server = await ButlerMessenger.ListenAsync("tcp://127.0.0.1:9002", Lines.Plain, Echo, On(sim));
        server.Listen(own, Lines.Plain);
        await using var client = await ButlerMessenger.ConnectAsync(Endpoint, Lines.Plain, On(sim));
        Assert.That(await client.SendAndWaitAsync(new Line("1", "a")), Is.EqualTo(new Line("1", "a!")));
        Assert.That((server.Sessions.Single().IsAccepted, client.Sessions.Single().IsAccepted), Is.EqualTo((true, false)));
        await server.DisposeAsync();
        await using var free = await SimPeer.ListenAsync(sim.Platform, Endpoint);
    });

    [Test]
    public void What_a_connection_throws_that_it_should_not_ends_its_session_and_fails_what_was_sent() => Simulation.Run(1, async sim =>
    {
        var options = On(sim) with { Platform = new BrokenTransport(whenReceiving: false).On(sim.Platform) };
        await using var client = await ButlerMessenger.ConnectAsync("broken://pipe", Lines.Plain, options);
        var session = client.Sessions.Single();
        var failure = await Failing.OfAsync(session.SendAndWaitAsync(new Line("1", "a")));
        failure.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
        Assert.That(failure.Message, Does.Contain(BrokenTransport.Why));
        await session.Closed;
    });

    [Test]
    public void A_stream_of_the_callers_own_that_fails_in_its_own_way_is_a_connection_that_broke() => Simulation.Run(1, async sim =>
    {
        var dialled = ButlerMessenger.Endpoint("pipe://own", Lines.Plain) with { Dial = _ => new(new FailingStream()) };
        await using var client = ButlerMessenger.Open([dialled], On(sim));
        await client.WaitUntilReadyAsync();
        var failure = await Failing.OfAsync(client.SendAndWaitAsync(new Line("1", "a")));
        Assert.That((failure.Reason, failure.Message), Is.EqualTo((ButlerReason.ConnectionDropped, $"the connection to pipe://own broke: {BrokenTransport.Why}")));
    });

    /// <summary>Whose reading fails when something was written.</summary>
    sealed class FailingStream : MemoryStream
    {
        readonly TaskCompletionSource<int> _read = new();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(_read.Task);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _read.TrySetException(new NotSupportedException(BrokenTransport.Why));
            return default;
        }
    }

    [Test]
    public void A_request_whose_id_was_changed_meanwhile_is_forgotten_all_the_same() => Simulation.Run(1, async sim =>
    {
        await using var server = await ButlerMessenger.ListenAsync(Endpoint, new Notes(), (_, _, _) => new((Note?)null), On(sim));
        await using var client = await ButlerMessenger.ConnectAsync(Endpoint, new Notes(), On(sim));
        var note = new Note { Id = 1 };
        var asking = client.SendAndWaitAsync(note);
        await sim.SettleAsync();
        note.Id = 2;
        Assert.That((await Failing.OfAsync(asking)).Reason, Is.EqualTo(ButlerReason.Timeout));
        Assert.That(client.Statistics.RequestsInFlight, Is.Zero);
    });

    /// <summary>A message that its sender may change.</summary>
    sealed class Note
    {
        public byte Id { get; set; }
    }

    sealed class Notes : IMessageProtocol<Note, byte>
    {
        public bool TryRead(ref ReadOnlySequence<byte> bytes, out Note message)
        {
            message = new Note { Id = bytes.FirstSpan[0] };
            bytes = bytes.Slice(1);
            return true;
        }

        public void Write(Note message, IBufferWriter<byte> output) => output.Write([message.Id]);

        public byte GetCorrelationId(Note message) => message.Id;
    }

    [Test]
    public void Endpoints_are_all_listened_on_or_none_is() => Simulation.Run(1, async sim =>
    {
        const string Taken = "tcp://127.0.0.1:9001";
        await using var taken = await SimPeer.ListenAsync(sim.Platform, Taken);
        await using var server = await ButlerMessenger.ListenAsync("tcp://127.0.0.1:9002", Lines.Plain, Echo, On(sim));
        string? refused = null;
        try
        {
            await server.ListenAsync($"{Endpoint},{Taken}", Lines.Plain);
        }
        catch (IOException e)
        {
            refused = e.Message;
        }

        Assert.That(refused, Is.EqualTo($"cannot listen on {Taken}: it is in use"));
        Assert.That(server.Endpoints, Has.Count.EqualTo(1));
        await using var free = await SimPeer.ListenAsync(sim.Platform, Endpoint);
    });

    [Test]
    public void Requests_go_round_all_sessions_of_all_endpoints_and_OnSession_pins_one() => Simulation.RunMany(10, async sim =>
    {
        const string Other = "tcp://127.0.0.1:9001";
        await using var server = await ButlerMessenger.ListenAsync(Endpoint, Lines.Plain, (session, line, _) => new(line with { Text = session.Endpoint.ToString() }), On(sim));
        await server.ListenAsync(Other, new Numbered());
        Assert.That(server.Endpoints, Has.Count.EqualTo(2));
        await using var client = ButlerMessenger.Open(
            [ButlerMessenger.Endpoint(Endpoint, Lines.Plain) with { Sessions = 2 }, ButlerMessenger.Endpoint(Other, new Numbered())], On(sim));
        await sim.UntilAsync(() => client.Statistics.Sessions == 3);

        var answered = new List<string>();
        for (var i = 0; i < 30; i++)
            answered.Add((await client.SendAndWaitAsync(new Line($"{i}", ""))).Text);
        Assert.That(answered.Count(e => e == Endpoint), Is.EqualTo(20));
        Assert.That(answered.Count(e => e == Other), Is.EqualTo(10));

        var pinned = client.Sessions.Single(s => s.Endpoint.ToString() == Other);
        for (var i = 0; i < 5; i++)
            Assert.That((await client.SendAndWaitOnSessionAsync(pinned, new Line($"{i}", ""))).Text, Is.EqualTo(Other));
        await client.SendNoWaitOnSessionAsync(pinned, new Line("9", ""));
    });

    [Test]
    public void An_endpoint_is_dialled_in_the_way_that_the_user_gives() => Simulation.RunMany(10, async sim =>
    {
        await using var server = await ButlerMessenger.ListenAsync(Endpoint, Lines.Plain, Echo, On(sim));
        var refused = 0;
        var endpoint = ButlerMessenger.Endpoint("tcp://behind-a-proxy:1", Lines.Plain) with
        {
            Dial = async ct =>
            {
                if (refused++ == 0)
                    throw new InvalidOperationException("the proxy is asleep");
                var address = Platform.ButlerEndpoint.Parse(Endpoint);
                return new ConnectionStream(await sim.Platform.TransportOf(address).DialAsync(address, sim.Platform, ct));
            },
        };
        await using var client = ButlerMessenger.Open([endpoint], On(sim));
        await client.WaitUntilReadyAsync();
        Assert.That((await client.SendAndWaitAsync(new Line("1", "a"))).Text, Is.EqualTo("a!"));
        Assert.That((client.Statistics.Dials, client.Statistics.DialFailures), Is.EqualTo((2L, 1L)));
    });

    [Test]
    public void ListenAndServe_serves_until_its_token_fires_and_closes_gracefully() => Simulation.RunMany(10, async sim =>
    {
        using var stop = new CancellationTokenSource();
        var begun = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        var serving = ButlerMessenger.ListenAndServeAsync(
            Endpoint,
            Lines.Plain,
            async (_, line, _) =>
            {
                begun.SetResult();
                await goOn.Task;
                return line;
            },
            On(sim),
            stop.Token);
        await using var peer = await SimPeer.DialAsync(sim.Platform, Endpoint);
        await peer.SendAsync(Bytes("1 a\n"));
        await begun.Task;
        stop.Cancel();
        await sim.SettleAsync();
        Assert.That(serving.IsCompleted, Is.False);
        goOn.SetResult();
        await peer.ExpectAsync(Bytes("1 a\n"));
        Assert.That(await peer.ReadToEndAsync(), Is.Empty);
        await serving;
    });

    [Test]
    public void A_peer_that_has_closed_its_side_still_gets_its_reply() => Simulation.RunMany(20, async sim =>
    {
        await using var server = await ButlerMessenger.ListenAsync(
            Endpoint,
            Lines.Plain,
            async (_, line, _) =>
            {
                await sim.DelayAsync(TimeSpan.FromSeconds(1));
                return line;
            },
            On(sim));
        await using var peer = await SimPeer.DialAsync(sim.Platform, Endpoint);
        await peer.SendAsync(Bytes("1 a\n2 b\n"));
        peer.Connection.CloseWrite();
        var replies = Encoding.UTF8.GetString(await peer.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(replies, Is.EquivalentTo(new[] { "1 a", "2 b" }));
    });

    [Test]
    public void What_the_protocol_cannot_read_ends_its_session_and_no_other() => Simulation.RunMany(10, async sim =>
    {
        await using var server = await ButlerMessenger.ListenAsync(Endpoint, Lines.Plain, Echo, On(sim) with { MaxMessageBytes = 100 });
        await using var good = await SimPeer.DialAsync(sim.Platform, Endpoint);
        foreach (var bad in new[] { "nonsense\n", new string('x', 101), $"1 {new string('y', 100)}\n" })
        {
            await using var peer = await SimPeer.DialAsync(sim.Platform, Endpoint);
            await peer.OfferAsync(Bytes(bad));
            Assert.That(await peer.ReadToEndAsync(), Is.Empty);
        }

        await good.SendAsync(Bytes("1 a\n"));
        await good.ExpectAsync(Bytes("1 a!\n"));
    });

    [Test]
    public void A_message_that_is_too_large_is_refused_before_it_is_sent() => Simulation.Run(1, async sim =>
    {
        await using var server = await ButlerMessenger.ListenAsync(Endpoint, Lines.Plain, Echo, On(sim));
        await using var client = await ButlerMessenger.ConnectAsync(Endpoint, Lines.Plain, On(sim) with { MaxMessageBytes = 100 });
        var failure = await Failing.OfAsync(client.SendAndWaitAsync(new Line("1", new string('x', 101))));
        Assert.That((failure.Reason, failure.Certainty), Is.EqualTo((ButlerReason.TooLarge, ButlerCertainty.NotExecuted)));
        Assert.That((await client.SendAndWaitAsync(new Line("1", "a"))).Text, Is.EqualTo("a!"));
    });

    [Test]
    public void A_correlation_id_that_is_in_flight_on_the_session_is_refused() => Simulation.Run(1, async sim =>
    {
        await using var listener = await SimPeer.ListenAsync(sim.Platform, Endpoint);
        await using var client = await ButlerMessenger.ConnectAsync(Endpoint, Lines.Plain, On(sim));
        await using var peer = await SimPeer.AcceptAsync(listener);
        var first = client.SendAndWaitAsync(new Line("1", "a")).AsTask();
        await peer.ExpectAsync(Bytes("1 a\n"));
        var failure = await Failing.OfAsync(client.SendAndWaitAsync(new Line("1", "b")));
        Assert.That((failure.Status, failure.Certainty), Is.EqualTo((ButlerStatus.AlreadyExists, ButlerCertainty.NotExecuted)));
        await peer.SendAsync(Bytes("1 c\n"));
        Assert.That((await first).Text, Is.EqualTo("c"));
    });

    [Test]
    public void A_message_without_a_handler_is_counted() => Simulation.Run(1, async sim =>
    {
        await using var server = await ButlerMessenger.ListenAsync(Endpoint, Lines.Plain, handler: null, On(sim));
        await using var peer = await SimPeer.DialAsync(sim.Platform, Endpoint);
        await peer.SendAsync(Bytes("1 a\n"));
        await sim.UntilAsync(() => server.Statistics.Unhandled == 1);
    });

    [Test]
    public void A_late_reply_reaches_no_handler_where_the_protocol_tells_replies() => Simulation.Run(1, async sim =>
    {
        await using var listener = await SimPeer.ListenAsync(sim.Platform, Endpoint);
        await using var client = await ButlerMessenger.ConnectAsync(Endpoint, new TellingLines(), On(sim));
        client.SetInboundHandler((_, _, _) => throw new AssertionException("a late reply was handled"));
        await using var peer = await SimPeer.AcceptAsync(listener);
        var failure = await Failing.OfAsync(client.SendAndWaitAsync(new Line("1", "a")));
        Assert.That((failure.Status, failure.Certainty), Is.EqualTo((ButlerStatus.DeadlineExceeded, ButlerCertainty.Unknown)));
        await peer.SendAsync(Bytes("1 =late\n"));
        await sim.UntilAsync(() => client.Statistics.LateReplies == 1);
        Assert.That(client.Statistics.FailedHandlers, Is.Zero);
    });

    [Test]
    public void A_request_of_the_peer_with_an_id_of_ours_is_no_reply_where_the_protocol_tells_them_apart() => Simulation.Run(1, async sim =>
    {
        await using var listener = await SimPeer.ListenAsync(sim.Platform, Endpoint);
        await using var client = await ButlerMessenger.ConnectAsync(Endpoint, new TellingLines(), On(sim));
        client.SetInboundHandler((_, line, _) => new(line with { Text = "=mine" }));
        await using var peer = await SimPeer.AcceptAsync(listener);
        var request = client.SendAndWaitAsync(new Line("1", "a")).AsTask();
        await peer.ExpectAsync(Bytes("1 a\n"));
        await peer.SendAsync(Bytes("1 theirs\n"));
        await peer.ExpectAsync(Bytes("1 =mine\n"));
        await peer.SendAsync(Bytes("1 =yours\n"));
        Assert.That((await request).Text, Is.EqualTo("=yours"));
    });

    [Test]
    public void A_cancelled_request_ends_with_the_callers_token_and_is_not_sent_if_it_has_not_left() => Simulation.RunMany(10, async sim =>
    {
        sim.Network.BufferBytes = 10;
        await using var listener = await SimPeer.ListenAsync(sim.Platform, Endpoint);
        await using var client = await ButlerMessenger.ConnectAsync(Endpoint, Lines.Plain, On(sim));
        await using var peer = await SimPeer.AcceptAsync(listener);
        var stuck = client.SendNoWaitAsync(new Line("1", new string('x', 100))).AsTask();
        await sim.SettleAsync();
        using var cancel = new CancellationTokenSource();
        var request = client.SendAndWaitAsync(new Line("2", "secret"), cancel.Token).AsTask();
        await sim.SettleAsync();
        cancel.Cancel();
        try
        {
            await request;
            Assert.Fail("it was answered");
        }
        catch (OperationCanceledException e)
        {
            Assert.That(e.CancellationToken, Is.EqualTo(cancel.Token));
        }

        var last = client.SendNoWaitAsync(new Line("3", "c")).AsTask();
        await peer.ExpectAsync(Bytes($"1 {new string('x', 100)}\n3 c\n"));
        await stuck;
        await last;
    });

    [Test]
    public void At_most_so_many_handlers_run_at_once_on_a_session() => Simulation.RunMany(10, async sim =>
    {
        var running = 0;
        var most = 0;
        await using var server = await ButlerMessenger.ListenAsync(
            Endpoint,
            Lines.Plain,
            async (_, line, _) =>
            {
                most = Math.Max(most, ++running);
                await sim.DelayAsync(TimeSpan.FromMilliseconds(5));
                running--;
                return line;
            },
            On(sim) with { MaxHandlers = 3 });
        await using var client = await ButlerMessenger.ConnectAsync(Endpoint, Lines.Plain, On(sim));
        foreach (var call in Enumerable.Range(0, 20).Select(i => client.SendAndWaitAsync(new Line($"{i}", "a")).AsTask()).ToArray())
            await call;
        Assert.That(most, Is.EqualTo(3));
    });

    [Test]
    public void An_endpoint_that_nobody_listens_on_fails_to_connect_and_says_so() => Simulation.Run(1, async sim =>
    {
        try
        {
            await ButlerMessenger.ConnectAsync(Endpoint, Lines.Plain, On(sim));
            Assert.Fail("it connected");
        }
        catch (ButlerException e)
        {
            Assert.That((e.Status, e.Reason), Is.EqualTo((ButlerStatus.Unavailable, ButlerReason.NoSession)));
        }

        await using var client = ButlerMessenger.Open(Endpoint, Lines.Plain, On(sim));
        var failure = await Failing.OfAsync(client.SendAndWaitAsync(new Line("1", "a")));
        Assert.That((failure.Reason, failure.Certainty), Is.EqualTo((ButlerReason.NoSession, ButlerCertainty.NotExecuted)));
        Assert.That(failure.Message, Does.Contain(Endpoint));
    });

    [Test]
    public void Options_and_endpoints_outside_their_range_are_refused_by_name()
    {
        Assert.That(
            () => ButlerMessenger.Open(Endpoint, Lines.Plain, new ButlerMessengerOptions { OutboundBuffer = 0 }),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("ButlerMessengerOptions.OutboundBuffer must be 1 to 1000000"));
        Assert.That(
            () => ButlerMessenger.Open([ButlerMessenger.Endpoint(Endpoint, Lines.Plain) with { Sessions = 65 }]),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("Sessions must be 1 to 64"));
        Assert.That(
            () => ButlerMessenger.Open($"{Endpoint},{Endpoint}", Lines.Plain), Throws.ArgumentException.With.Message.Contains("is there twice"));
    }
}
