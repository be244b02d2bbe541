using System.Net.Sockets;
using System.Text;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;
using ButlerRpc.Transport;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>What the simulation cannot show: the real thread pool and real sockets. Signals only; the guard is there so that a hang fails instead of hanging.</summary>
public class RealPoolTests
{
    static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    [TestCase("tcp://127.0.0.1:0")]
    [TestCase("mem://calls")]
    public async Task Hundreds_of_callers_get_their_own_answers(string endpoint)
    {
        await using var server = await ButlerServer.StartAsync(endpoint, s => s.Add(new Probe()));
        await using var client = await ButlerClient.ConnectAsync(server.Endpoints[0].ToString(), Patient.Client);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async caller =>
        {
            for (var i = 0; i < 50; i++)
                Assert.That(await client.CallAsync(Methods.Work, (caller * 1000) + i), Is.EqualTo((caller * 1000) + i));
        })).WaitAsync(Guard);
    }

    [TestCase("tcp://127.0.0.1:0")]
    [TestCase("mem://large")]
    public async Task Large_messages_pass_both_ways(string endpoint)
    {
        await using var server = await ButlerServer.StartAsync(endpoint, s => s.Add(new Probe()));
        await using var client = await ButlerClient.ConnectAsync(server.Endpoints[0].ToString(), Patient.Client);
        await Task.WhenAll(Enumerable.Range(1, 8).Select(async i =>
        {
            var bytes = new byte[i * 400_000];
            new Random(i).NextBytes(bytes);
            Assert.That((await client.CallAsync(Methods.Bytes, bytes)).AsSpan().SequenceEqual(bytes));
        })).WaitAsync(Guard);
    }

    [TestCase("tcp://127.0.0.1:0")]
    [TestCase("mem://handler")]
    public async Task Blocked_handler_delays_no_other_call(string endpoint)
    {
        using var released = new ManualResetEventSlim();
        var probe = new Probe
        {
            Work = (value, _) =>
            {
                if (value % 10 == 3)
                    released.Wait();
                return new(value);
            },
        };
        await using var server = await ButlerServer.StartAsync(endpoint, s => s.Add(probe));
        await using var client = await ButlerClient.ConnectAsync(server.Endpoints[0].ToString(), Patient.Client);
        var calls = Enumerable.Range(0, 40).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
        await Task.WhenAll(calls.Where((_, i) => i % 10 != 3)).WaitAsync(Guard);
        Assert.That(calls.Count(c => c.IsCompleted), Is.EqualTo(36));
        released.Set();
        await Task.WhenAll(calls).WaitAsync(Guard);
    }

    [TestCase("tcp://127.0.0.1:0")]
    [TestCase("mem://continuation")]
    public async Task Blocked_continuation_delays_no_other_caller(string endpoint)
    {
        using var released = new ManualResetEventSlim();
        await using var server = await ButlerServer.StartAsync(endpoint, s => s.Add(new Probe()));
        await using var client = await ButlerClient.ConnectAsync(server.Endpoints[0].ToString(), Patient.Client);
        // On threads of their own: an answer may be there before it is awaited, and then it is the caller who blocks.
        var blocked = Enumerable.Range(0, 3).Select(i => Task.Run(async () =>
        {
            await client.CallAsync(Methods.Work, i).ConfigureAwait(false);
            released.Wait();
        })).ToArray();
        for (var round = 0; round < 20; round++)
            await Task.WhenAll(Enumerable.Range(0, 20).Select(i => client.CallAsync(Methods.Work, i).AsTask())).WaitAsync(Guard);
        released.Set();
        await Task.WhenAll(blocked).WaitAsync(Guard);
    }

    [TestCase("tcp://127.0.0.1:0")]
    [TestCase("mem://nested")]
    public async Task Handler_that_blocks_on_a_call_over_its_own_session_gets_its_answer(string endpoint)
    {
        var probe = new Probe { Work = (value, context) => new(context.Peer.CallAsync(Methods.Work, value).AsTask().GetAwaiter().GetResult() * 2) };
        await using var server = await ButlerServer.StartAsync(endpoint, s => s.Add(probe));
        await using var client = await ButlerClient.ConnectAsync(server.Endpoints[0].ToString(), Patient.Client);
        client.Services.Add(new Probe { Work = (value, _) => new(value + 1) });
        Assert.That(await client.CallAsync(Methods.Work, 1).AsTask().WaitAsync(Guard), Is.EqualTo(4));
    }

    [Test]
    public async Task Calls_in_flight_fail_at_once_when_the_server_is_killed()
    {
        var never = new TaskCompletionSource<int>();
        using var started = new CountdownEvent(50);
        var probe = new Probe
        {
            Work = (_, _) =>
            {
                started.Signal();
                return new(never.Task);
            },
        };
        await using var listener = await SimPeer.ListenAsync(StandardPlatform.Shared, "tcp://127.0.0.1:0");
        await using var client = ButlerClient.Open(listener.Endpoint.ToString(), Patient.Client);
        var calls = Enumerable.Range(0, 50).Select(i => Failing.OfAsync(client.CallAsync(Methods.Work, i))).ToArray();
        var peer = await SimPeer.AcceptAsync(listener);
        await peer.WelcomeAsync();
        for (var i = 0; i < 50; i++)
            await peer.ExpectFrameAsync(Wire.Request);
        peer.Connection.Abort();
        foreach (var call in calls)
            (await call.WaitAsync(Guard)).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
    }
}
