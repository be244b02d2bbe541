using System.Globalization;
using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Client;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Restarts;

/// <summary>
/// Three servers in processes of their own are restarted one after the other under 1 000 calls a second, again and again. One round, unless the environment
/// variable <c>BUTLER_RESTART_ROUNDS</c> says how many.
/// </summary>
[NonParallelizable]
public class RollingRestartTests
{
    const int Servers = 3;
    const int CallsPerTick = 10;
    static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10); // 1 000 calls a second
    static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("BUTLER_RESTART_ROUNDS") ?? "1", CultureInfo.InvariantCulture);

    [Test]
    public Task No_call_fails_while_servers_drain_and_come_back() => RestartAsync(Methods.Work, server => server.DrainAsync());

    [Test]
    public Task No_idempotent_call_fails_while_servers_are_killed_and_come_back() => RestartAsync(Fleet.Repeatable, server => server.KillAsync());

    static async Task RestartAsync(Method<int, int> method, Func<ServerProcess, Task> end)
    {
        var servers = new ServerProcess[Servers];
        try
        {
            for (var i = 0; i < Servers; i++)
                servers[i] = await ServerProcess.StartAsync("tcp://127.0.0.1:0");
            // Each server is restarted every few seconds, so the pauses between dials would grow for the test's own sake.
            var options = Patient.Client with { LongestBackoff = TimeSpan.FromMilliseconds(200) };
            await using var client = await ButlerClient.ConnectAsync(string.Join(',', servers.Select(s => s.Endpoint)), options);
            foreach (var server in servers)
                await server.ConnectedAsync();
            var load = new Load(client, method);
            for (var round = 0; round < Rounds; round++)
            {
                for (var i = 0; i < Servers; i++)
                {
                    var endpoint = servers[i].Endpoint;
                    await end(servers[i]);
                    servers[i].Dispose();
                    servers[i] = await ServerProcess.StartAsync(endpoint);
                    await servers[i].ConnectedAsync();
                    load.AssertGoesOn();
                }
            }

            foreach (var server in servers)
                await server.ReleaseAsync();
            var (calls, failures) = await load.EndAsync();
            await TestContext.Out.WriteLineAsync($"{Rounds} rounds, {Rounds * Servers} restarts, {calls} calls, {failures.Count} failed");
            Assert.That(failures, Is.Empty);
        }
        finally
        {
            foreach (var server in servers)
                server?.Dispose();
        }
    }

    /// <summary>Makes calls at an even rate until it is told to end, whatever becomes of them.</summary>
    sealed class Load
    {
        readonly ButlerClient _client;
        readonly Method<int, int> _method;
        readonly List<Task> _calls = [];
        readonly List<string> _failures = [];
        readonly Task _run;
        volatile bool _ends;

        public Load(ButlerClient client, Method<int, int> method)
        {
            (_client, _method) = (client, method);
            _run = Task.Run(RunAsync);
        }

        public void AssertGoesOn() => Assert.That(_run.IsCompleted, Is.False, "the load has ended");

        public async Task<(int Calls, IReadOnlyList<string> Failures)> EndAsync()
        {
            _ends = true;
            await _run;
            await Task.WhenAll(_calls);
            return (_calls.Count, _failures);
        }

#pragma warning disable RS0030 // The rate is what the test is about, so a clock makes the load; no outcome depends on it.
        async Task RunAsync()
        {
            using var tick = new PeriodicTimer(Tick);
            while (!_ends && await tick.WaitForNextTickAsync())
            {
                for (var i = 0; i < CallsPerTick; i++)
                    _calls.Add(CallAsync(_calls.Count));
            }
        }
#pragma warning restore RS0030

        async Task CallAsync(int value)
        {
            try
            {
                if (await _client.CallAsync(_method, value) is var answer && answer != value)
                    Fail($"call {value} got the answer {answer}");
            }
            catch (ButlerException e)
            {
                Fail($"call {value}: {e.Status}, {e.Certainty}, {e.Reason}: {e.Message}");
            }
        }

        void Fail(string failure)
        {
            lock (_failures)
                _failures.Add(failure);
        }
    }
}
