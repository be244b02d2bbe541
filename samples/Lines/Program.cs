using ButlerRpc.Messaging;
using Samples.Lines;

// dotnet run --project samples/Lines                               both ends, in one process
// dotnet run --project samples/Lines -- tcp://127.0.0.1:4000       the server; try it with: printf '1 SET colour blue\n2 GET colour\n' | nc -N 127.0.0.1 4000
var protocol = new LineProtocol();
if (args is [var listen])
{
    using var stop = new CancellationTokenSource();
    Console.CancelKeyPress += (_, e) =>
    {
        e.Cancel = true;
        stop.Cancel();
    };
    await ButlerMessenger.ListenAndServeAsync(listen, protocol, new Store().HandleAsync, cancellationToken: stop.Token);
    return;
}

await using var server = await ButlerMessenger.ListenAsync("tcp://127.0.0.1:0", protocol, new Store().HandleAsync);
await using var watcher = await ButlerMessenger.ConnectAsync($"{server.Endpoints[0]}", protocol);
var told = new TaskCompletionSource();
watcher.SetInboundHandler((_, line, _) =>
{
    Console.WriteLine($"watcher | {line.Text}");
    told.TrySetResult();
    return new((Line?)null); // nothing is sent back
});
await watcher.SendAndWaitAsync(new Line(1, "WATCH"));

await using var client = await ButlerMessenger.ConnectAsync($"{server.Endpoints[0]}", protocol);
var id = 0;
foreach (var request in new[] { "SET colour blue", "GET colour", "GET shape", "DANCE" })
{
    var reply = await client.SendAndWaitAsync(new Line(++id, request));
    Console.WriteLine($"client  | {request}: {reply.Text[2..]}");
}

await told.Task;
