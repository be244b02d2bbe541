using ButlerRpc;
using ButlerRpc.Runtime.Tests.Support;

// One server of those that are restarted, as a process of its own. It prints its endpoint, then a line for each session that is open. "release" on its input lets
// all calls go; at the end of input it drains and leaves. Until then each call is held until a few later ones have come, so that there are always some in flight.
var announced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
var held = new HeldCalls(most: 5);
var probe = new Probe { Work = held.HoldAsync };
var options = new ButlerServerOptions
{
    Init = async (_, _) =>
    {
        await announced.Task; // clients of a server that comes back are faster than its first line
        Console.WriteLine("session");
    },
};
await using var server = await ButlerServer.StartAsync(args is [var endpoint] ? endpoint : throw new ArgumentException("<endpoint>"), s => s.Add(probe), options);
Console.WriteLine(server.Endpoints[0]);
announced.SetResult();
while (await Console.In.ReadLineAsync() is not null)
    held.Release();
held.Release();
