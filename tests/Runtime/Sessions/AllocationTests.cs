using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>
/// A unary call with a payload that is a struct allocates nothing on either side, measured in a process for each, after a warm-up, over loopback with default
/// settings. Below half a byte per call: what a timer or a thread allocates in the meantime is not the calls'.
/// </summary>
public class AllocationTests
{
    const int Calls = 204_800;
    const int Callers = 64;
    const int WarmUps = 2;
    const int Windows = 3;

    [Test]
    public async Task Unary_call_allocates_nothing_on_either_side()
    {
        using var server = new AllocationSide("server");
        var endpoint = await server.ReadAsync();
        using var client = new AllocationSide("client", endpoint, $"{Calls}", $"{Callers}");
        Assert.That(await client.ReadAsync(), Is.EqualTo("ready"));
        for (var i = 0; i < WarmUps; i++)
            await client.AskAsync();
        var atServer = double.MaxValue;
        var atClient = double.MaxValue;
        for (var i = 0; i < Windows; i++)
        {
            var before = await server.AskAsync();
            atClient = Math.Min(atClient, await client.AskAsync() / (double)Calls);
            atServer = Math.Min(atServer, (await server.AskAsync() - before) / (double)Calls);
        }

        await TestContext.Out.WriteLineAsync($"bytes per call: client {atClient:0.000}, server {atServer:0.000}");
        Assert.That(atClient, Is.LessThan(0.5), "client, bytes per call");
        Assert.That(atServer, Is.LessThan(0.5), "server, bytes per call");
    }
}
