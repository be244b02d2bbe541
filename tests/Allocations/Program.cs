using System.Globalization;
using ButlerRpc;
using ButlerRpc.Allocations;
using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

// One side of a measurement, as a process of its own: whoever starts it speaks to it over standard input and output, a line at a time.
//   server                 prints its endpoint; "heap" prints what is alive, anything else the bytes allocated so far; the end of input stops it
//                          "listen" and "deaf": in between somebody listens to what is measured, and "deaf" prints how often; clients know these, too
//   broker                 the same
//   provider <endpoint>    serves a channel of a broker until the end of input
//   client <endpoint> <calls> <callers>   "heap" as above; the name of a scenario, or anything else for plain calls, makes the calls and prints the bytes that they
//                                         allocated; "idle <n>" opens so many clients and prints what they hold; the end of input stops it
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
    // As generated code does for a handler that takes a token: asking for it is what makes the token's source.
    var probe = new Probe { Work = static (value, context) => context.CancellationToken.CanBeCanceled ? new(value) : throw new InvalidOperationException("no token") };
    await using var server = await ButlerServer.StartAsync("tcp://127.0.0.1:0", s => s.Add(probe).Add(new QuadStreams()));
    return await MarkAsync(server.Endpoints[0]);
}

static async Task<int> RelayAsync()
{
    await using var broker = await ButlerBroker.StartAsync("tcp://127.0.0.1:0");
    return await MarkAsync($"butler://127.0.0.1:{broker.Endpoints[0].Port}/5d0f7a52-6f0e-4c55-9b9e-0d5f2f0f8a11");
}

static async Task<int> ProvideAsync(string endpoint)
{
    await using var provider = await BrokerProvider.ConnectAsync(
        endpoint, s => s.Add(new Probe()), new BrokerConnectionOptions { Client = Patient.Of(new BrokerConnectionOptions().Client) });
    Console.WriteLine("ready");
    await Console.In.ReadToEndAsync();
    return 0;
}

static async Task<int> MarkAsync(object endpoint)
{
    Console.WriteLine(endpoint);
    while (await Console.In.ReadLineAsync() is { } line)
        Console.WriteLine(Measurements.Answer(line) ?? (line == "heap" ? Heap() : GC.GetTotalAllocatedBytes(precise: true)));
    return 0;
}

static async Task<int> CallAsync(string endpoint, int calls, int callers)
{
    await using var scenarios = await Scenarios.ConnectAsync(endpoint, calls, callers);
    Console.WriteLine("ready");
    while (await Console.In.ReadLineAsync() is { } line)
    {
        if (Measurements.Answer(line) is { } answer)
        {
            Console.WriteLine(answer);
        }
        else if (line == "heap")
        {
            Console.WriteLine(Heap());
        }
        else if (line.StartsWith("idle ", StringComparison.Ordinal))
        {
            var before = Heap();
            await scenarios.OpenIdleAsync(Number(line["idle ".Length..]));
            Console.WriteLine(Heap() - before);
        }
        else
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await scenarios.RunAsync(line);
            Console.WriteLine(GC.GetTotalAllocatedBytes(precise: true) - before);
        }
    }

    return 0;
}

static long Heap() => GC.GetTotalMemory(forceFullCollection: true);
