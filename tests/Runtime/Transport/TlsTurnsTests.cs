using System.Net.Security;
using ButlerRpc.Platform;
using ButlerRpc.Transport;
using ButlerRpc.Transport.Tls;

namespace ButlerRpc.Runtime.Tests.Transport;

[CancelAfter(60_000)]
public sealed class TlsTurnsTests
{
    [TestCase((int)TlsUse.Read, (int)TlsUse.Write)]
    [TestCase((int)TlsUse.Write, (int)TlsUse.Read)]
    public void A_shutdown_waits_for_a_read_and_a_write_that_are_under_way(int first, int last)
    {
        var turns = AfterHandshake();
        turns.Begin(TlsUse.Read);
        turns.Begin(TlsUse.Write);
        var shutdowns = 0;
        turns.WhenFree(() => shutdowns++);
        turns.End((TlsUse)first);
        Assert.That(shutdowns, Is.Zero);
        turns.End((TlsUse)last);
        Assert.That(shutdowns, Is.EqualTo(1));
        turns.End(TlsUse.Read);
        Assert.That(shutdowns, Is.EqualTo(1), "it runs once");
    }

    [Test]
    public void A_shutdown_runs_at_once_when_nobody_is_there()
    {
        var ran = false;
        AfterHandshake().WhenFree(() => ran = true);
        Assert.That(ran);
    }

    [Test]
    public void A_use_that_begins_while_a_shutdown_runs_waits_for_its_end()
    {
        var turns = AfterHandshake();
        turns.Begin(TlsUse.Read); // compiled, or the thread would wait for that
        turns.End(TlsUse.Read);
        using var started = new ManualResetEventSlim();
        var reader = new Thread(() =>
        {
            started.Set();
            turns.Begin(TlsUse.Read);
        });
        turns.WhenFree(() =>
        {
            reader.Start();
            started.Wait();
            while (!reader.ThreadState.HasFlag(ThreadState.WaitSleepJoin) && !reader.Join(1))
            {
            }

            Assert.That(reader.IsAlive);
        });
        reader.Join();
    }

    [Test]
    public async Task A_shutdown_runs_while_a_read_waits_for_the_peer_and_not_while_it_has_bytes_to_decrypt()
    {
        var (here, there) = await ConnectAsync();
        var turns = AfterHandshake();
        var inner = new TlsInner(here, turns);
        var log = new List<string>();
        turns.Begin(TlsUse.Read);
        turns.WhenFree(() => log.Add("first"));
        log.Add("decrypts");
        var waiting = inner.ReceiveAsync(new byte[1]);
        log.Add("waits");
        turns.WhenFree(() => log.Add("second"));
        await there.SendAsync(new byte[1]);
        await waiting;
        turns.WhenFree(() => log.Add("third"));
        log.Add("decrypts");
        turns.End(TlsUse.Read);
        Assert.That(log, Is.EqualTo(new[] { "decrypts", "first", "waits", "second", "decrypts", "third" }));
    }

    [Test]
    public async Task An_end_that_is_said_during_a_write_follows_it()
    {
        var (client, server, held) = await SecureAsync();
        held.Release = new TaskCompletionSource();
        var sending = client.SendAsync(new byte[] { 1, 2, 3 }).AsTask();
        client.CloseWrite();
        Assert.That(held.Sends, Is.EqualTo(1));
        held.Release.SetResult();
        await sending;
        Assert.That(await TransportSuite.ReadAsync(server, 3), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(await server.ReceiveAsync(new byte[1]), Is.Zero);
    }

    [Test]
    public async Task An_end_that_is_said_while_a_silent_peer_is_read_arrives_and_what_the_peer_still_sends_does_too()
    {
        var (client, server, _) = await SecureAsync();
        var reading = TransportSuite.ReadAsync(client, 2);
        client.CloseWrite();
        Assert.That(await server.ReceiveAsync(new byte[1]), Is.Zero);
        await server.SendAsync(new byte[] { 7, 8 });
        server.CloseWrite();
        Assert.That(await reading, Is.EqualTo(new byte[] { 7, 8 }));
        Assert.That(await client.ReceiveAsync(new byte[1]), Is.Zero);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_connection_that_has_ended_leaves_nothing_native_to_the_finalizer(bool aborted)
    {
        var (client, server, held) = await SecureAsync();
        var reading = client.ReceiveAsync(new byte[1]).AsTask();
        held.Release = new TaskCompletionSource();
        var sending = client.SendAsync(new byte[] { 1, 2, 3 }).AsTask();
        if (aborted)
            client.Abort();
        else
            await client.DisposeAsync();
        Assert.That(async () => await reading, Throws.InstanceOf<IOException>().Or.InstanceOf<ObjectDisposedException>());
        Assert.That(held.Stream.IsAuthenticated, "a write is at the native object");
        held.Release.SetResult();
        Assert.That(async () => await sending, Throws.InstanceOf<IOException>().Or.InstanceOf<ObjectDisposedException>());
        Assert.That(held.Stream.IsAuthenticated, Is.False, "it was disposed");
        await server.DisposeAsync();
    }

    static TlsTurns AfterHandshake()
    {
        var turns = new TlsTurns();
        turns.End(TlsUse.Read);
        return turns;
    }

    static async Task<(Connection Here, Connection There)> ConnectAsync()
    {
        var transport = new MemoryTransport();
        var endpoint = ButlerEndpoint.Parse("mem://tls");
        await using var listener = await transport.ListenAsync(endpoint, StandardPlatform.Shared, default);
        var here = await transport.DialAsync(endpoint, StandardPlatform.Shared, default);
        return (here, (await listener.AcceptAsync())!);
    }

    static async Task<(Connection Client, Connection Server, HeldConnection Held)> SecureAsync()
    {
        using var authority = new Authority();
        var terms = TlsTerms.Of(ButlerEndpoint.Parse($"tls://127.0.0.1:0?{authority.Issue("localhost").Options}"));
        var (here, there) = await ConnectAsync();
        var held = new HeldConnection(here);
        var turns = new TlsTurns();
        var stream = new SslStream(new ConnectionStream(new TlsInner(held, turns)));
        var accepting = TlsTransport.AcceptAsync(there, terms, default).AsTask();
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [TlsTransport.Protocol],
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        });
        var client = new TlsConnection(stream, turns, held);
        held.Sends = 0;
        held.Stream = stream;
        return (client, await accepting, held);
    }

    /// <summary>Sends when it may.</summary>
    sealed class HeldConnection(Connection connection) : StreamConnection(new ConnectionStream(connection), connection)
    {
        public SslStream Stream { get; set; } = null!;

        public int Sends { get; set; }

        public TaskCompletionSource? Release { get; set; }

        public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
        {
            Sends++;
            if (Release is { } release)
                await release.Task;
            await base.SendAsync(bytes);
        }
    }
}
