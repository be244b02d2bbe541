using Launching;

// A broker, three providers and many consumers; one provider is killed half way. Ends with the consumers' exit code.
// Behind `dotnet run --project samples/Broker --`:
//   --rabbitmq amqp://guest:guest@localhost   the channel is on that RabbitMQ instead, and no broker is started
//   anything else                             goes to the consumers, such as --consumers 50
const string Channel = "5d0f7a52-6f0e-4c55-9b9e-0d5f2f0f8a11";
const int Providers = 3;

// Ctrl+C reaches all processes. This one waits for the others, so that their last lines are seen.
Console.CancelKeyPress += (_, e) => e.Cancel = true;

string endpoint;
ChildProcess? broker = null;
if (args is ["--rabbitmq", var rabbitmq, .. var others])
{
    endpoint = $"{rabbitmq}?channel={Channel}";
    args = others;
}
else
{
    broker = ChildProcess.Start("Pricing.Broker", "broker", ["--listen", "tcp://127.0.0.1:0", "--stop-with-input", "true"]);
    if (await broker.LineAsync("ready on ") is not { } listening)
        return await EndedEarlyAsync(broker);
    endpoint = $"butler{listening["tcp".Length..]}/{Channel}";
}

var providers = Enumerable.Range(1, Providers).Select(i => ChildProcess.Start("Pricing.Provider", $"provider {i}", ["--endpoint", endpoint])).ToArray();
try
{
    foreach (var provider in providers)
    {
        if (await provider.LineAsync("ready") is null)
            return await EndedEarlyAsync(provider);
    }

    await using var consumers = ChildProcess.Start("Pricing.Consumers", "consumers", ["--endpoint", endpoint, .. args]);
    if (await consumers.LineAsync("half way") is not null)
    {
        await providers[1].KillAsync();
        Console.WriteLine("         | provider 2 was killed");
    }

    var result = await consumers.ExitAsync();
    foreach (var provider in providers.Where((_, i) => i != 1))
    {
        provider.CloseInput();
        await provider.ExitAsync();
    }

    broker?.CloseInput();
    var stopped = broker is null ? 0 : await broker.ExitAsync();
    return result != 0 ? result : stopped;
}
finally
{
    if (broker is not null)
        await broker.DisposeAsync();
    foreach (var provider in providers)
        await provider.DisposeAsync();
}

static async Task<int> EndedEarlyAsync(ChildProcess process)
{
    var code = await process.ExitAsync();
    Console.Error.WriteLine("a program ended before it was ready");
    return code != 0 ? code : 1;
}
