using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;
using ButlerRpc.Transport;

namespace ButlerRpc.Runtime.Tests.Transport;

/// <summary>The in-memory transport under the simulated scheduler: it runs nothing on anybody else's thread, so it is as replayable as the simulated network.</summary>
public class MemoryTransportTests
{
    static readonly ButlerEndpoint Endpoint = ButlerEndpoint.Parse("mem://here");

    [Test]
    public void Bytes_pass_whole_and_in_order()
    {
        Simulation.RunMany(100, async sim =>
        {
            var (client, server) = await ConnectAsync(sim);
            var sent = new byte[200_000];
            sim.Random.NextBytes(sent);
            var sending = sim.Start(async () =>
            {
                for (var at = 0; at < sent.Length;)
                {
                    var part = Math.Min(sent.Length - at, 1 + sim.Random.Next(90_000));
                    await client.SendAsync(sent.AsMemory(at, part));
                    at += part;
                }

                client.CloseWrite();
            });
            var received = new MemoryStream();
            var buffer = new byte[1 + sim.Random.Next(50_000)];
            int count;
            while ((count = await server.ReceiveAsync(buffer)) > 0)
                received.Write(buffer, 0, count);
            await sending;
            Assert.That(received.ToArray().AsSpan().SequenceEqual(sent));
        });
    }

    [Test]
    public void Receive_without_a_buffer_waits_until_something_is_there()
    {
        Simulation.RunMany(20, async sim =>
        {
            var (client, server) = await ConnectAsync(sim);
            var waiting = server.ReceiveAsync(default).AsTask();
            await sim.SettleAsync();
            Assert.That(waiting.IsCompleted, Is.False);
            await client.SendAsync(new byte[] { 7 });
            Assert.That(await waiting, Is.Zero);
            var buffer = new byte[10];
            Assert.That(await server.ReceiveAsync(buffer), Is.EqualTo(1));
            waiting = server.ReceiveAsync(default).AsTask();
            client.CloseWrite();
            Assert.That(await waiting, Is.Zero);
            Assert.That(await server.ReceiveAsync(buffer), Is.Zero);
        });
    }

    [Test]
    public void Send_waits_for_the_reader_when_64_KiB_are_unread()
    {
        Simulation.RunMany(20, async sim =>
        {
            var (client, server) = await ConnectAsync(sim);
            await client.SendAsync(new byte[65_536]);
            var waiting = client.SendAsync(new byte[2]).AsTask();
            await sim.SettleAsync();
            Assert.That(waiting.IsCompleted, Is.False);
            Assert.That(await server.ReceiveAsync(new byte[1]), Is.EqualTo(1));
            await sim.SettleAsync();
            Assert.That(waiting.IsCompleted, Is.False, "one byte of two has room");
            Assert.That(await server.ReceiveAsync(new byte[1]), Is.EqualTo(1));
            await waiting;
        });
    }

    [Test]
    public void Abort_fails_what_is_pending_at_both_ends()
    {
        Simulation.RunMany(20, async sim =>
        {
            var (client, server) = await ConnectAsync(sim);
            var receive = client.ReceiveAsync(new byte[1]).AsTask();
            var send = server.SendAsync(new byte[100_000]).AsTask();
            Assert.That(await receive, Is.EqualTo(1));
            receive = server.ReceiveAsync(new byte[1]).AsTask();
            client.Abort();
            await AssertBrokenAsync(receive);
            await AssertBrokenAsync(send);
            await AssertBrokenAsync(server.SendAsync(new byte[1]).AsTask());
            await AssertBrokenAsync(client.ReceiveAsync(new byte[1]).AsTask());
        });
    }

    [Test]
    public void Disposed_end_delivers_what_it_has_sent()
    {
        Simulation.RunMany(20, async sim =>
        {
            var (client, server) = await ConnectAsync(sim);
            await client.SendAsync(new byte[] { 1, 2, 3 });
            await client.DisposeAsync();
            var buffer = new byte[10];
            Assert.That(await server.ReceiveAsync(buffer), Is.EqualTo(3));
            Assert.That(await server.ReceiveAsync(buffer), Is.Zero);
            await AssertBrokenAsync(server.SendAsync(new byte[1]).AsTask());
        });
    }

    [Test]
    public void Name_that_nobody_listens_to_cannot_be_reached_and_a_taken_one_not_listened_on()
    {
        Simulation.RunMany(5, async sim =>
        {
            var transport = new MemoryTransport();
            await AssertBrokenAsync(transport.DialAsync(Endpoint, sim.Platform, default).AsTask());
            var listener = await transport.ListenAsync(Endpoint, sim.Platform, default);
            await AssertBrokenAsync(transport.ListenAsync(Endpoint, sim.Platform, default).AsTask());
            var accept = listener.AcceptAsync().AsTask();
            await listener.DisposeAsync();
            Assert.That(await accept, Is.Null);
            await AssertBrokenAsync(transport.DialAsync(Endpoint, sim.Platform, default).AsTask());
            await using var again = await transport.ListenAsync(Endpoint, sim.Platform, default);
        });
    }

    [Test]
    public void Connections_that_nobody_accepts_are_bounded_and_end_with_the_listener()
    {
        Simulation.Run(1, async sim =>
        {
            var transport = new MemoryTransport();
            var listener = await transport.ListenAsync(Endpoint, sim.Platform, default);
            var dialled = new List<Connection>();
            for (var i = 0; i < 512; i++)
                dialled.Add(await transport.DialAsync(Endpoint, sim.Platform, default));
            await AssertBrokenAsync(transport.DialAsync(Endpoint, sim.Platform, default).AsTask());
            await listener.DisposeAsync();
            await AssertBrokenAsync(dialled[0].ReceiveAsync(new byte[1]).AsTask());
        });
    }

    [Test]
    public void Calls_over_it_are_replayed_by_their_seed()
    {
        foreach (var seed in new ulong[] { 1, 2, 3 })
            Assert.That(Simulation.Run(seed, ConverseAsync), Is.EqualTo(Simulation.Run(seed, ConverseAsync)));

        static async Task ConverseAsync(Simulation sim)
        {
            var platform = new MemoryPlatform(sim.Platform);
            var server = await ButlerServer.StartAsync("mem://x", s => s.Add(new Probe()), new ButlerServerOptions { Platform = platform });
            await using (var client = await ButlerClient.ConnectAsync("mem://x", new ButlerClientOptions { Platform = platform }))
            {
                var calls = Enumerable.Range(0, 100).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
                for (var i = 0; i < calls.Length; i++)
                    Assert.That(await calls[i], Is.EqualTo(i));
                var bytes = new byte[500_000];
                Assert.That(await client.CallAsync(Methods.Bytes, bytes), Has.Length.EqualTo(bytes.Length));
            }

            await server.DisposeAsync();
        }
    }

    static async Task<(Connection Client, Connection Server)> ConnectAsync(Simulation sim)
    {
        var transport = new MemoryTransport();
        var listener = await transport.ListenAsync(Endpoint, sim.Platform, default);
        var accept = listener.AcceptAsync();
        var client = await transport.DialAsync(Endpoint, sim.Platform, default);
        return (client, (await accept)!);
    }

    static async Task AssertBrokenAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (IOException)
        {
            return;
        }

        Assert.Fail("no IOException");
    }

    sealed class MemoryPlatform(SimPlatform sim) : ButlerPlatform
    {
        public override TimeProvider Time => sim.Time;

        public override long Milliseconds => sim.Milliseconds;

        public override ButlerScheduler Scheduler => sim.Scheduler;

        public override ButlerRandom Random => sim.Random;

        public override INameResolver Names => sim.Names;

        public override IReadOnlyList<ITransport> Transports { get; } = [new MemoryTransport()];
    }
}
