using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>
/// Calls whose payload is a struct cost nothing on the heap of either side, and leave nothing there: measured over loopback in a process for each side, which all the tests share, with default
/// settings. Below half a byte per call: what a timer or a thread allocates in the meantime is not the calls', so the best of several windows counts; the first ones warm up.
/// </summary>
public class AllocationTests
{
    const int Calls = 102_400; // of one window; a stream has a queue of 32 KiB, which is not its items'
    const int Callers = 64;
    const int MostWindows = 20;
    const double Most = 0.5;
    AllocationSide _server = null!;
    AllocationSide _client = null!;
    (long Client, long Server) _heap;
    int _made;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _server = new AllocationSide("server");
        var endpoint = await _server.ReadAsync();
        _client = new AllocationSide("client", endpoint, $"{Calls}", $"{Callers}");
        Assert.That(await _client.ReadAsync(), Is.EqualTo("ready"));
        await _client.AskAsync("unary");
        _heap = await HeapAsync();
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _client?.Dispose();
        _server?.Dispose();
    }

    [TestCase("unary")]
    [TestCase("one-way")]
    [TestCase("deadline")]
    [TestCase("token")]
    [TestCase("pool")]
    [TestCase("inline")]
    [TestCase("server-stream")]
    [TestCase("client-stream")]
    public Task Nothing_is_allocated_on_either_side_for_a_call_or_an_item(string scenario) => MeasureAsync(scenario);

    [Test]
    public async Task Measuring_a_call_allocates_nothing()
    {
        await _client.AskAsync("listen");
        await _server.AskAsync("listen");
        try
        {
            await MeasureAsync("unary");
        }
        finally
        {
            Assert.That(await _client.AskAsync("deaf"), Is.AtLeast(Calls));
            Assert.That(await _server.AskAsync("deaf"), Is.AtLeast(Calls / 2), "the last ones may be under way");
        }
    }

    async Task MeasureAsync(string scenario)
    {
        var (atClient, atServer) = (double.MaxValue, double.MaxValue);
        for (var i = 0; i < MostWindows && (atClient >= Most || atServer >= Most); i++)
        {
            var before = await _server.AskAsync("mark");
            atClient = Math.Min(atClient, await MakeAsync(scenario) / (double)Calls);
            atServer = Math.Min(atServer, (await _server.AskAsync("mark") - before) / (double)Calls);
        }

        await TestContext.Out.WriteLineAsync($"bytes per call: client {atClient:0.000}, server {atServer:0.000}");
        Assert.That(atClient, Is.LessThan(Most), "client, bytes per call");
        Assert.That(atServer, Is.LessThan(Most), "server, bytes per call");
    }

    [Test]
    public async Task Million_calls_leave_nothing_on_the_heap_of_either_side()
    {
        const int Million = 1_000_000, Tolerance = 256 << 10;
        while (_made < Million) // what the other tests have made counts: all of it is between the two looks at the heap
            await MakeAsync("unary");
        var heap = await HeapAsync();
        Assert.That(heap.Client - _heap.Client, Is.LessThan(Tolerance), "client, bytes in all");
        Assert.That(heap.Server - _heap.Server, Is.LessThan(Tolerance), "server, bytes in all");
    }

    [Test]
    public async Task Idle_session_holds_at_most_20_KiB_on_both_sides_together()
    {
        const int Sessions = 150;
        var before = await HeapAsync();
        var atClient = await _client.AskAsync($"idle {Sessions}");
        var held = (atClient + (await HeapAsync()).Server - before.Server) / 1024.0 / Sessions;
        await _client.AskAsync("idle 0");
        await TestContext.Out.WriteLineAsync($"KiB per idle session: {held:0.0}");
        Assert.That(held, Is.LessThan(20));
    }

    async Task<long> MakeAsync(string scenario)
    {
        _made += Calls;
        return await _client.AskAsync(scenario);
    }

    async Task<(long Client, long Server)> HeapAsync() => (await _client.AskAsync("heap"), await _server.AskAsync("heap"));
}
