using System.Text;
using ButlerRpc.Platform;
using ButlerRpc.Streams;
using ButlerRpc.Testing;
using ButlerRpc.Wires.Tests.Support;

namespace ButlerRpc.Wires.Tests.Streams;

public class ButlerStreamsTests
{
    const string Endpoint = "tcp://127.0.0.1:9000";

    static ButlerStreamsOptions On(Simulation sim) => new() { Platform = sim.Platform };

    static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Test]
    public void A_written_message_is_a_header_and_its_body_and_the_bytes_are_counted() => Simulation.Run(1, async sim =>
    {
        await using var streams = new ButlerStreams(On(sim));
        await using var listener = await SimPeer.ListenAsync(sim.Platform, Endpoint);
        var written = streams.WriteToAsync(Endpoint, Bytes("hello"));
        await using var peer = await SimPeer.AcceptAsync(listener);
        await peer.ExpectAsync(Vectors.Hex("0a0000 68656c6c6f"));
        Assert.That(await written, Is.EqualTo(8));
    });

    [Test]
    public void An_endpoint_that_nobody_is_connected_to_any_more_is_forgotten() => Simulation.RunMany(5, async sim =>
    {
        await using var streams = new ButlerStreams(On(sim));
        await using var server = new ButlerStreams(On(sim));
        await server.ListenAsync(Endpoint, (_, _, _) => default);
        await streams.WriteToAsync(Endpoint, Bytes("kept"));
        Assert.That(streams.KeptCount, Is.EqualTo(1));
        await streams.WriteToAsync(Endpoint, Bytes("not kept"), persist: false);
        Assert.That(streams.KeptCount, Is.Zero);
        for (var port = 1; port < 10; port++)
            await Thrown.OfAsync<IOException>(() => streams.WriteToAsync($"tcp://127.0.0.1:{port}", Bytes("nobody is there")));
        Assert.That(streams.KeptCount, Is.Zero);
        await streams.WriteToAsync(Endpoint, Bytes("kept again"));
        await server.DisposeAsync();
        await sim.DelayAsync(TimeSpan.FromSeconds(1));
        Assert.That(streams.KeptCount, Is.Zero, "its connection has ended");
    });

    [Test]
    public void A_callback_gets_messages_in_order_and_replies_on_the_same_connection() => Simulation.RunMany(20, async sim =>
    {
        await using var server = new ButlerStreams(On(sim));
        await server.ListenAsync(Endpoint, async (stream, message, ct) => await stream.WriteAsync(message, ct));
        await using var client = new ButlerStreams(On(sim));
        var got = new List<string>();
        var all = new TaskCompletionSource();
        var stream = await client.DialAsync(Endpoint, (_, message, _) =>
        {
            got.Add(Encoding.UTF8.GetString(message.Span));
            if (got.Count == 20)
                all.SetResult();
            return default;
        });
        for (var i = 0; i < 20; i++)
            await stream.WriteAsync(Bytes($"message {i}"));
        await all.Task;
        Assert.That(got, Is.EqualTo(Enumerable.Range(0, 20).Select(i => $"message {i}")));
    });

    [Test]
    public void A_connection_that_is_not_kept_is_not_waited_for_for_ever() => Simulation.Run(1, async sim =>
    {
        await using var streams = new ButlerStreams(On(sim));
        await using var listener = await SimPeer.ListenAsync(sim.Platform, Endpoint);
        var written = streams.WriteToAsync(Endpoint, Bytes("hello"), persist: false);
        await using var peer = await SimPeer.AcceptAsync(listener);
        Assert.That(await written, Is.EqualTo(8));
        await sim.DelayAsync(TimeSpan.FromSeconds(9));
        Assert.That(streams.Count, Is.EqualTo(1), "the peer may still read");
        await sim.DelayAsync(TimeSpan.FromSeconds(2));
        Assert.That(streams.Count, Is.Zero);
    });

    [TestCase(true)]
    [TestCase(false)]
    public void What_a_connection_throws_that_it_should_not_ends_it_and_fails_what_is_written(bool whenReceiving) => Simulation.Run(1, async sim =>
    {
        await using var streams = new ButlerStreams(On(sim) with { Platform = new BrokenTransport(whenReceiving).On(sim.Platform) });
        var stream = await streams.DialAsync("broken://pipe");
        if (!whenReceiving)
        {
            var failure = await Failing.OfAsync(stream.WriteAsync(Bytes("hello")));
            failure.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
        }

        await stream.Closed;
        Assert.That(stream.Error!.Message, Is.EqualTo(BrokenTransport.Why));
    });

    [Test]
    public void Writes_from_many_callers_do_not_mix() => Simulation.RunMany(20, async sim =>
    {
        var got = new List<byte[]>();
        var all = new TaskCompletionSource();
        await using var server = new ButlerStreams(On(sim));
        await server.ListenAsync(Endpoint, (_, message, _) =>
        {
            got.Add(message.ToArray());
            if (got.Count == 50)
                all.SetResult();
            return default;
        });
        await using var client = new ButlerStreams(On(sim));
        var stream = await client.DialAsync(Endpoint);
        sim.Network.BufferBytes = 100;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => sim.Start(async () => await stream.WriteAsync(Enumerable.Repeat((byte)i, 200 + i).ToArray()))));
        await all.Task;
        Assert.That(got.All(m => m.Length == 200 + m[0] && m.All(b => b == m[0])), Is.True);
    });

    [TestCase("01 00 00", Description = "-1")]
    [TestCase("ff ff 7f", Description = "negative and large")]
    [TestCase("82 40 00", Description = "4097")]
    [TestCase("ff ff ff", Description = "a varint without an end")]
    public void A_negative_or_oversized_length_ends_that_connection_and_no_other(string header) => Simulation.Run(1, async sim =>
    {
        var got = new TaskCompletionSource<string>();
        await using var server = new ButlerStreams(On(sim));
        await server.ListenAsync(Endpoint, (_, message, _) =>
        {
            got.SetResult(Encoding.UTF8.GetString(message.Span));
            return default;
        });
        await using var good = await SimPeer.DialAsync(sim.Platform, Endpoint);
        await using var bad = await SimPeer.DialAsync(sim.Platform, Endpoint);
        await bad.SendAsync(Vectors.Hex(header));
        Assert.That(await bad.ReadToEndAsync(), Is.Empty);
        await good.SendAsync(Vectors.Hex("04 00 00 68 69"));
        Assert.That(await got.Task, Is.EqualTo("hi"));
    });

    [Test]
    public void A_callback_that_throws_is_counted_and_the_connection_kept() => Simulation.Run(1, async sim =>
    {
        ButlerStream? served = null;
        var second = new TaskCompletionSource();
        await using var server = new ButlerStreams(On(sim));
        await server.ListenAsync(Endpoint, (stream, message, _) =>
        {
            if (served is not null)
            {
                second.SetResult();
                return default;
            }

            served = stream;
            throw new InvalidOperationException("boom");
        });
        await using var client = new ButlerStreams(On(sim));
        await client.WriteToAsync(Endpoint, Bytes("one"));
        await client.WriteToAsync(Endpoint, Bytes("two"));
        await second.Task;
        Assert.That(served!.FailedCallbacks, Is.EqualTo(1));
    });

    [Test]
    public void A_kept_connection_is_dialled_again_after_its_end_and_closed_without_persist() => Simulation.Run(1, async sim =>
    {
        await using var streams = new ButlerStreams(On(sim));
        await using var listener = await SimPeer.ListenAsync(sim.Platform, Endpoint);
        await streams.WriteToAsync(Endpoint, Bytes("a"));
        var first = await SimPeer.AcceptAsync(listener);
        await streams.WriteToAsync(Endpoint, Bytes("b"));
        await first.ExpectAsync(Vectors.Hex("020000 61 020000 62"));
        await first.DisposeAsync();
        await sim.UntilAsync(() => streams.Count == 0);
        await streams.WriteToAsync(Endpoint, Bytes("c"), persist: false);
        await using var second = await SimPeer.AcceptAsync(listener);
        Assert.That(Vectors.Hex(await second.ReadToEndAsync()), Is.EqualTo("02000063"));
    });

    [Test]
    public void A_message_that_cannot_be_written_is_reported() => Simulation.Run(1, async sim =>
    {
        await using var streams = new ButlerStreams(On(sim));
        Assert.That(await FailureAsync(() => streams.WriteToAsync(Endpoint, Bytes("a"))), Is.InstanceOf<IOException>());
        var large = await FailureAsync(async () =>
        {
            await using var listener = await SimPeer.ListenAsync(sim.Platform, Endpoint);
            await streams.WriteToAsync(Endpoint, new byte[4097]);
        });
        Assert.That(((ButlerException)large).Reason, Is.EqualTo(ButlerReason.TooLarge));
    });

    [Test]
    public void A_peer_that_does_not_read_ends_the_connection_after_the_write_timeout() => Simulation.Run(1, async sim =>
    {
        sim.Network.BufferBytes = 100;
        await using var streams = new ButlerStreams(On(sim));
        await using var listener = await SimPeer.ListenAsync(sim.Platform, Endpoint);
        var failure = (ButlerException)await FailureAsync(() => streams.WriteToAsync(Endpoint, new byte[4000]));
        Assert.That((failure.Status, failure.Certainty), Is.EqualTo((ButlerStatus.Unavailable, ButlerCertainty.Unknown)));
        Assert.That(sim.Time.Elapsed.TotalSeconds, Is.EqualTo(10).Within(0.1));
    });

    [Test]
    public void A_body_that_does_not_arrive_ends_its_connection_after_the_frame_timeout() => Simulation.Run(1, async sim =>
    {
        await using var server = new ButlerStreams(On(sim));
        await server.ListenAsync(Endpoint, (_, _, _) => default);
        await using var peer = await SimPeer.DialAsync(sim.Platform, Endpoint);
        await peer.SendAsync(Vectors.Hex("0a0000 6865")); // two of five bytes
        Assert.That(await peer.ReadToEndAsync(), Is.Empty);
        Assert.That(sim.Time.Elapsed.TotalSeconds, Is.EqualTo(30).Within(0.1));
    });

    [Test]
    public void An_endpoint_that_does_not_answer_is_given_up_after_the_dial_timeout() => Simulation.Run(1, async sim =>
    {
        await using var streams = new ButlerStreams(On(sim));
        sim.Network.At(Endpoint).Policy = SimDials.Hang;
        Assert.That(await FailureAsync(() => streams.WriteToAsync(Endpoint, Bytes("a"))), Is.InstanceOf<IOException>().With.Message.Contains("did not answer within 1 s"));
        Assert.That(sim.Time.Elapsed.TotalSeconds, Is.EqualTo(1).Within(0.1));
    });

    [Test]
    public void A_drain_waits_for_the_callback_that_runs() => Simulation.Run(1, async sim =>
    {
        var begun = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        var ended = false;
        var server = new ButlerStreams(On(sim));
        await server.ListenAsync(Endpoint, async (_, _, _) =>
        {
            begun.SetResult();
            await goOn.Task;
            ended = true;
        });
        await using var client = new ButlerStreams(On(sim));
        await client.WriteToAsync(Endpoint, Bytes("a"));
        await begun.Task;
        var stop = server.DisposeAsync().AsTask();
        await sim.SettleAsync();
        Assert.That(stop.IsCompleted, Is.False);
        goOn.SetResult();
        await stop;
        Assert.That(ended, Is.True);
    });

    static async Task<Exception> FailureAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is IOException or ButlerException)
        {
            return e;
        }

        throw new AssertionException("it succeeded instead of failing");
    }
}
