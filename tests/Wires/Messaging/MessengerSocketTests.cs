using System.Collections.Concurrent;
using System.Net.Sockets;
using ButlerRpc.Messaging;
using ButlerRpc.Runtime.Tests.Transport;

namespace ButlerRpc.Wires.Tests.Messaging;

/// <summary>What only real sockets and threads show.</summary>
[CancelAfter(60_000)]
public class MessengerSocketTests
{
    // However long the machine takes; the guard ends what hangs.
    static readonly ButlerMessengerOptions Patiently = new()
    {
        RequestTimeout = TimeSpan.FromHours(1), SessionTimeout = TimeSpan.FromHours(1), DialTimeout = TimeSpan.FromHours(1), HandshakeTimeout = TimeSpan.FromHours(1),
    };

    static readonly ButlerRpc.Streams.ButlerStreamsOptions StreamsPatiently = new() { DialTimeout = TimeSpan.FromHours(1), HandshakeTimeout = TimeSpan.FromHours(1) };

    static readonly MessengerHandler<Line> Echo = (session, line, _) => new(line with { Text = $"{line.Text} from {session.Principal?.Identity?.Name ?? "nobody"}" });

    [Test]
    public async Task Thousands_of_requests_from_many_threads_are_answered()
    {
        await using var server = await ButlerMessenger.ListenAsync("tcp://127.0.0.1:0", Lines.Plain, Echo);
        await using var client = ButlerMessenger.Open([ButlerMessenger.Endpoint($"{server.Endpoints[0]}", Lines.Plain) with { Sessions = 3 }], Patiently);
        await client.WaitUntilReadyAsync();
        await Parallel.ForEachAsync(Enumerable.Range(0, 3000), async (i, ct) =>
            Assert.That(await client.SendAndWaitAsync(new Line($"{i}", "a"), ct), Is.EqualTo(new Line($"{i}", "a from nobody"))));
    }

    [Test]
    public async Task Messages_go_over_TLS_and_the_peer_is_who_its_certificate_says()
    {
        using var authority = new Authority();
        await using var server = await ButlerMessenger.ListenAsync(
            $"tls://127.0.0.1:0?{authority.Issue("lines.test").Options}&clients={authority.Path}", Lines.Plain, Echo, Patiently);
        var endpoint = $"tls://127.0.0.1:{server.Endpoints[0].Port}?authorities={authority.Path}&name=lines.test";
        await using var client = await ButlerMessenger.ConnectAsync($"{endpoint}&{authority.Issue("Ada", Authority.ClientUse).Options}", Lines.Plain, Patiently);
        Assert.That((await client.SendAndWaitAsync(new Line("1", "hello"))).Text, Is.EqualTo("hello from Ada"));
    }

    [Test]
    public async Task Length_prefixed_streams_go_over_TLS()
    {
        using var authority = new Authority();
        await using var server = new ButlerRpc.Streams.ButlerStreams(StreamsPatiently);
        var listening = await server.ListenAsync(
            $"tls://127.0.0.1:0?{authority.Issue("streams.test").Options}", async (stream, message, ct) => await stream.WriteAsync(message, ct));
        await using var client = new ButlerRpc.Streams.ButlerStreams(StreamsPatiently);
        var echoed = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        var stream = await client.DialAsync($"tls://127.0.0.1:{listening.Port}?authorities={authority.Path}&name=streams.test", (_, message, _) =>
        {
            echoed.SetResult(message.ToArray());
            return default;
        });
        await stream.WriteAsync(new byte[] { 1, 2, 3 });
        Assert.That(await echoed.Task, Is.EqualTo(new byte[] { 1, 2, 3 }));
    }

    [Test]
    public async Task A_stream_that_the_user_has_dialled_carries_a_session_and_ends_in_order()
    {
        var server = await ButlerMessenger.ListenAsync("tcp://127.0.0.1:0", Lines.Plain, Echo);
        var port = server.Endpoints[0].Port;
        var endpoint = ButlerMessenger.Endpoint("tcp://mine:1", Lines.Plain) with
        {
            Dial = async ct =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync("127.0.0.1", port, ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        var client = ButlerMessenger.Open([endpoint], Patiently);
        await client.WaitUntilReadyAsync();
        Assert.That((await client.SendAndWaitAsync(new Line("1", "a"))).Text, Is.EqualTo("a from nobody"));
        await client.DisposeAsync();
        await server.DisposeAsync();
    }

    [Test]
    public void A_caller_that_blocks_its_only_thread_does_not_deadlock()
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                UseIt();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        Assert.That(failure, Is.Null);

        static void UseIt()
        {
            SynchronizationContext.SetSynchronizationContext(new BlockedContext());
            var server = ButlerMessenger.ListenAsync("tcp://127.0.0.1:0", Lines.Plain, Echo).Result;
            var more = server.ListenAsync("tcp://127.0.0.1:0", Lines.Plain).Result;
            var client = ButlerMessenger.ConnectAsync($"{server.Endpoints[0]},{more[0]}", Lines.Plain, Patiently).Result;
            client.WaitUntilReadyAsync().Wait();
            client.SendAndWaitAsync(new Line("1", "a")).AsTask().Wait();
            client.SendNoWaitAsync(new Line("2", "a")).AsTask().Wait();
            client.SendAndWaitOnSessionAsync(client.Sessions[0], new Line("3", "a")).AsTask().Wait();
            client.SendNoWaitOnSessionAsync(client.Sessions[0], new Line("4", "a")).AsTask().Wait();
            client.Sessions[0].DrainAsync(TimeSpan.FromSeconds(5)).Wait();
            client.DisposeAsync().AsTask().Wait();
            server.AbortAsync().Wait();
            using var stop = new CancellationTokenSource();
            stop.Cancel();
            ButlerMessenger.ListenAndServeAsync("tcp://127.0.0.1:0", Lines.Plain, Echo, cancellationToken: stop.Token).ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        }
    }

    /// <summary>Takes posts and never runs them: its thread is busy waiting.</summary>
    sealed class BlockedContext : SynchronizationContext
    {
        readonly ConcurrentQueue<SendOrPostCallback> _posts = new();

        public override void Post(SendOrPostCallback d, object? state) => _posts.Enqueue(d);
    }
}
