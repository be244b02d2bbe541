using System.Globalization;
using ButlerRpc;
using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;

// One side of a measurement, as a process of its own: whoever starts it speaks to it over standard input and output, a line at a time.
//   server                 prints its endpoint; "mark" prints the bytes allocated so far; the end of input stops it
//   broker                 the same
//   provider <endpoint>    serves a channel of a broker until the end of input
//   client <endpoint> <calls> <callers>   "run" makes the calls and prints the bytes they allocated; the end of input stops it
return args switch
{
    ["server"] => await ServeAsync(),
    ["broker"] => await RelayAsync(),
    ["provider", var endpoint] => await ProvideAsync(endpoint),
    ["client", var endpoint, var calls, var callers] => await CallAsync(endpoint, Number(calls), Number(callers)),
    _ => throw new ArgumentException("server | broker | provider <endpoint> | client <endpoint> <calls> <callers>"),
};

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static async Task<int> ServeAsync()
{
    await using var server = await ButlerServer.StartAsync("tcp://127.0.0.1:0", s => s.Add(new Probe()));
    return await MarkAsync(server.Endpoints[0]);
}

static async Task<int> RelayAsync()
{
    await using var broker = await ButlerBroker.StartAsync("tcp://127.0.0.1:0");
    return await MarkAsync($"butler://127.0.0.1:{broker.Endpoints[0].Port}/5d0f7a52-6f0e-4c55-9b9e-0d5f2f0f8a11");
}

static async Task<int> ProvideAsync(string endpoint)
{
    await using var provider = await BrokerProvider.ConnectAsync(endpoint, s => s.Add(new Probe()));
    Console.WriteLine("ready");
    await Console.In.ReadToEndAsync();
    return 0;
}

static async Task<int> MarkAsync(object endpoint)
{
    Console.WriteLine(endpoint);
    while (await Console.In.ReadLineAsync() is not null)
        Console.WriteLine(GC.GetTotalAllocatedBytes(precise: true));
    return 0;
}

static async Task<int> CallAsync(string endpoint, int calls, int callers)
{
    CallInvoker client = endpoint.StartsWith("butler:", StringComparison.Ordinal)
        ? await BrokerConsumer.ConnectAsync(endpoint, new BrokerConnectionOptions { ProviderWait = TimeSpan.FromSeconds(5) })
        : await ButlerClient.ConnectAsync(endpoint);
    await using var disposed = (IAsyncDisposable)client;
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

static async Task LoopAsync(CallInvoker client, int calls)
{
    for (var i = 0; i < calls; i++)
    {
        var sent = new Quad(i, i + 1, i + 2, i + 3);
        if (await client.CallAsync(Methods.Quad, sent) != sent)
            throw new InvalidOperationException("the answer is not the one that was asked for");
    }
}
