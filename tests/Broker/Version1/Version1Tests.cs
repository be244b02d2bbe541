using System.Text;
using ButlerRpc.Broker.Tests.Support;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Broker.Tests.Version1;

/// <summary>Peers of version 1 among themselves and with new ones.</summary>
public class Version1Tests
{
    const byte Consumer = 1;
    const byte Provider = 2;
    const ushort TakesChunks = 1;

    [Test]
    public void Old_consumer_and_old_provider_exchange_bytes([Values(0, 1, 1 << 20, 10 << 20)] int size)
    {
        Run(async world =>
        {
            await using var provider = await OldPeer.RegisterAsync(world, Provider);
            await using var consumer = await OldPeer.RegisterAsync(world, Consumer);
            var body = Bytes(size);
            var sent = SendBesideAsync(world, consumer, body);
            var (request, route, got) = await provider.TakeAsync();
            Assert.That((request, route), Is.EqualTo((await sent, consumer.Route)));
            Assert.That(got.AsSpan().SequenceEqual(body));
            await provider.SendAsync(2, request, [.. route, .. "world"u8]);
            var reply = await consumer.ReadAsync();
            Assert.That((reply.Kind, reply.Request), Is.EqualTo(((byte)2, request)));
            Assert.That(reply.Payload, Is.EqualTo((byte[])[.. consumer.Route, .. "world"u8]));
        });
    }

    [Test]
    public void Old_consumer_calls_a_new_provider([Values(0, 1, 1 << 20, 10 << 20)] int size)
    {
        Run(async world =>
        {
            await using var provider = await world.ProvideAsync(s => s.AddRaw((bytes, _) => new(bytes)));
            await using var consumer = await OldPeer.RegisterAsync(world, Consumer);
            var body = Bytes(size);
            var request = world.Sim.Start(async () => await consumer.RequestAsync(body, TakesChunks));
            var reply = await consumer.ReadAsync();
            if (reply.Kind == 2)
            {
                Assert.That(reply.Payload.AsSpan(32).SequenceEqual(body));
                return;
            }

            Assert.That((reply.Kind, reply.Payload), Is.EqualTo(((byte)4, consumer.Route)));
            var got = new List<byte[]>();
            while (await consumer.ReadAsync() is { Kind: 5 } chunk)
                got.Add(chunk.Payload);
            Assert.That(got.SelectMany(b => b).ToArray().AsSpan().SequenceEqual(body));
            await request;
        });
    }

    [Test]
    public void New_consumer_calls_an_old_provider_that_answers_in_chunks([Values(0, 1, 1 << 20, 10 << 20)] int size)
    {
        Run(async world =>
        {
            await using var provider = await OldPeer.RegisterAsync(world, Provider);
            await using var consumer = await world.ConsumeAsync();
            var body = Bytes(size);
            var call = consumer.SendAsync(body).AsTask();
            var (request, route, got) = await provider.TakeAsync();
            Assert.That(got.AsSpan().SequenceEqual(body));
            await provider.SendAsync(4, request, route);
            foreach (var chunk in body.Chunk(OldPeer.MostPayload))
                await provider.SendAsync(5, request, chunk);
            await provider.SendAsync(6, request, []);
            Assert.That((await call).Span.SequenceEqual(body));
        });
    }

    [Test]
    public void Large_reply_to_a_consumer_that_announced_no_chunks_is_a_clear_error()
    {
        Run(async world =>
        {
            await using var provider = await world.ProvideAsync(s => s.AddRaw((_, _) => new(new byte[2 << 20])));
            await using var consumer = await OldPeer.RegisterAsync(world, Consumer);
            await consumer.RequestAsync([]);
            var reply = await consumer.ReadAsync();
            Assert.That(reply.Kind, Is.EqualTo(3));
            Assert.That(Encoding.UTF8.GetString(reply.Payload), Does.StartWith("the reply is 2097152 bytes").And.Contains("flag 1"));
        });
    }

    [Test]
    public void Failure_of_a_provider_passes_with_its_text()
    {
        Run(async world =>
        {
            await using var provider = await OldPeer.RegisterAsync(world, Provider);
            await using var consumer = await world.ConsumeAsync();
            var call = consumer.SendAsync("x"u8.ToArray());
            var (request, route, _) = await provider.TakeAsync();
            await provider.SendAsync(3, request, [.. route, .. "no such thing"u8]);
            var failure = await Failing.OfAsync(call);
            Assert.That((failure.Status, failure.Certainty, failure.Message), Is.EqualTo((ButlerStatus.Unknown, ButlerCertainty.Executed, "no such thing")));
        });
    }

    [Test]
    public void Request_without_a_provider_is_answered_at_once()
    {
        Run(async world =>
        {
            await using var consumer = await OldPeer.RegisterAsync(world, Consumer);
            var request = await consumer.RequestAsync("x"u8.ToArray());
            var reply = await consumer.ReadAsync();
            Assert.That((reply.Kind, reply.Request, Encoding.UTF8.GetString(reply.Payload)), Is.EqualTo(((byte)3, request, "no provider serves the channel")));
        });
    }

    [Test]
    public void Request_that_is_not_answered_in_time_is_an_error()
    {
        Run(async world =>
        {
            await using var provider = await OldPeer.RegisterAsync(world, Provider);
            await using var consumer = await OldPeer.RegisterAsync(world, Consumer);
            await consumer.RequestAsync("x"u8.ToArray(), timeout: 700);
            var taken = await provider.TakeAsync();
            var reply = await consumer.ReadAsync();
            Assert.That((reply.Kind, Encoding.UTF8.GetString(reply.Payload)), Is.EqualTo(((byte)3, "the request has timed out")));
            await provider.SendAsync(2, taken.Request, [.. taken.Route, 1]); // late: it is dropped and counted
            await world.Sim.UntilAsync(() => world.Broker.Statistics.LateFrames == 1);
        });
    }

    [Test]
    public void Requests_of_a_provider_that_goes_fail_at_once()
    {
        Run(async world =>
        {
            var provider = await OldPeer.RegisterAsync(world, Provider);
            await using var consumer = await world.ConsumeAsync();
            var call = consumer.SendAsync("x"u8.ToArray());
            await provider.TakeAsync();
            await provider.DisposeAsync();
            (await Failing.OfAsync(call)).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
        });
    }

    [Test]
    public void Typed_call_is_not_given_to_a_provider_of_version_1()
    {
        Run(async world =>
        {
            await using var provider = await OldPeer.RegisterAsync(world, Provider);
            await using var consumer = await world.ConsumeAsync();
            (await Failing.OfAsync(consumer.CallAsync(Methods.Work, 1))).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoProvider);
        });
    }

    [Test]
    public void Error_overtakes_large_replies_that_wait()
    {
        Run(async world =>
        {
            await using var provider = await world.ProvideAsync(s => s.AddRaw((bytes, _) => new(new byte[bytes.Length == 0 ? 0 : 8 << 20])));
            await using var consumer = await OldPeer.RegisterAsync(world, Consumer);
            var link = world.Sim.Network.Links[^1];
            link.ToClient.Stall();
            await consumer.RequestAsync([1], TakesChunks, timeout: 60_000);
            await consumer.RequestAsync([1], TakesChunks, timeout: 60_000);
            await world.Sim.UntilAsync(() => world.Broker.Statistics.Answered == 2);
            var wrong = Guid.NewGuid();
            await consumer.SendAsync(9, wrong, [1]);
            await world.Sim.SettleAsync();
            link.ToClient.Resume();
            var before = 0;
            while (true)
            {
                var (kind, request, payload) = await consumer.ReadAsync();
                if (kind == 3)
                {
                    Assert.That((request, Encoding.UTF8.GetString(payload)), Is.EqualTo((wrong, "invalid message type")));
                    break;
                }

                before += payload.Length;
            }

            Assert.That(before, Is.LessThan(4 << 20), "of 16 MiB that waited in front of it");
        });
    }

    [Test]
    public void Old_peer_that_does_not_read_is_closed_and_harms_nobody()
    {
        Run(async world =>
        {
            await using var provider = await world.ProvideAsync(s => s.AddRaw((_, _) => new(new byte[900_000])));
            await using var slow = await OldPeer.RegisterAsync(world, Consumer);
            var link = world.Sim.Network.Links[^1];
            link.ToClient.Stall();
            await using var other = await world.ConsumeAsync();
            var begun = world.Sim.Time.Elapsed;
            await slow.RequestAsync([]);
            await world.Sim.UntilAsync(() => world.Broker.Statistics.Consumers == 1);
            Assert.That(world.Sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6)), "the write timeout of 5 s");
            Assert.That((await other.SendAsync(new byte[1])).Length, Is.EqualTo(900_000));
        });
    }

    [Test]
    public void Version_1_is_off_once_there_are_tokens()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim, o => o with { Authenticator = (_, _) => new((System.Security.Claims.ClaimsPrincipal?)null) });
            await using var peer = await OldPeer.DialAsync(sim);
            try
            {
                await peer.SendAsync(4, Guid.NewGuid(), peer.Start(Consumer));
            }
            catch (IOException)
            {
                // It may have been closed at its first byte.
            }

            await peer.ReadToEndAsync(); // the native wire's good-bye
            Assert.That(world.Broker.Statistics.Channels, Is.Zero);
        });
    }

    [Test]
    public void Version_1_that_is_allowed_beside_tokens_is_nobody_to_the_authorizer()
    {
        Simulation.Run(1, async sim =>
        {
            BrokerAttachment? seen = null;
            var world = await BrokerWorld.StartAsync(sim, o => o with
            {
                Authenticator = (_, _) => new((System.Security.Claims.ClaimsPrincipal?)null),
                AllowVersion1 = true,
                Authorizer = (attachment, _) =>
                {
                    seen = attachment;
                    return new(false);
                },
            });
            await using var consumer = await OldPeer.DialAsync(sim);
            await consumer.RequestAsync("x"u8.ToArray());
            Assert.That(Encoding.UTF8.GetString((await consumer.ReadAsync()).Payload), Is.EqualTo("no provider serves the channel"));
            Assert.That((seen!.Role, seen.Channel, seen.Principal), Is.EqualTo((BrokerRole.Consumer, BrokerWorld.Orders, (System.Security.Claims.ClaimsPrincipal?)null)));
        });
    }

    static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    // Beside the reader: a large body does not fit into what the network buffers.
    static Task<Guid> SendBesideAsync(BrokerWorld world, OldPeer consumer, byte[] body)
    {
        var sent = new TaskCompletionSource<Guid>();
        world.Sim.Start(async () => sent.SetResult(await consumer.RequestAsync(body)));
        return sent.Task;
    }

    static void Run(Func<BrokerWorld, Task> test) => Simulation.Run(1, async sim =>
    {
        sim.Network.Records = false;
        sim.Network.Chunks = SimChunks.Whole;
        await test(await BrokerWorld.StartAsync(sim));
    });
}
