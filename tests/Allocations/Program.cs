using System.Globalization;
using ButlerRpc;
using ButlerRpc.Runtime.Tests.Support;

// One side of a measurement, as a process of its own: whoever starts it speaks to it over standard input and output, a line at a time.
//   server                 prints its endpoint; "mark" prints the bytes allocated so far; the end of input stops it
//   client <endpoint> <calls> <callers>   "run" makes the calls and prints the bytes they allocated; the end of input stops it
return args switch
{
    ["server"] => await ServeAsync(),
    ["client", var endpoint, var calls, var callers] => await CallAsync(endpoint, Number(calls), Number(callers)),
    _ => throw new ArgumentException("server | client <endpoint> <calls> <callers>"),
};

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static async Task<int> ServeAsync()
{
    await using var server = await ButlerServer.StartAsync("tcp://127.0.0.1:0", s => s.Add(new Probe()));
    Console.WriteLine(server.Endpoints[0]);
    while (await Console.In.ReadLineAsync() is not null)
        Console.WriteLine(GC.GetTotalAllocatedBytes(precise: true));
    return 0;
}

static async Task<int> CallAsync(string endpoint, int calls, int callers)
{
    await using var client = await ButlerClient.ConnectAsync(endpoint);
    Console.WriteLine("ready");
    while (await Console.In.ReadLineAsync() is not null)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var loops = new Task[callers];
        for (var i = 0; i < callers; i++)
            loops[i] = LoopAsync(client, calls / callers);
        await Task.WhenAll(loops);
        Console.WriteLine(GC.GetTotalAllocatedBytes(precise: true) - before);
    }

    return 0;
}

static async Task LoopAsync(ButlerClient client, int calls)
{
    for (var i = 0; i < calls; i++)
    {
        var sent = new Quad(i, i + 1, i + 2, i + 3);
        if (await client.CallAsync(Methods.Quad, sent) != sent)
            throw new InvalidOperationException("the answer is not the one that was asked for");
    }
}
