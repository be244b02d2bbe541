using ButlerRpc;
using ButlerRpc.Runtime.Tests.Support;

// One server of those that are restarted, as a process of its own. It prints its endpoint, then for each line of input how many sessions it has; at the end of
// input it drains and leaves. Calls take a little, so that there are always some in flight.
var probe = new Probe
{
    Work = static async (value, _) =>
    {
        await Task.Delay(TimeSpan.FromMilliseconds(5));
        return value;
    },
};
await using var server = await ButlerServer.StartAsync(args is [var endpoint] ? endpoint : throw new ArgumentException("<endpoint>"), s => s.Add(probe));
Console.WriteLine(server.Endpoints[0]);
while (await Console.In.ReadLineAsync() is not null)
    Console.WriteLine(server.SessionCount);
