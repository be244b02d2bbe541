using ButlerRpc;
using ButlerRpc.Calls;
using ButlerRpc.Iproto;
using Samples.Iproto;

// dotnet run --project samples/Iproto                                       both ends, in one process
// dotnet run --project samples/Iproto -- server iproto://127.0.0.1:3301     one end; the other may be a go-iproto program
// dotnet run --project samples/Iproto -- client iproto://127.0.0.1:3301
switch (args)
{
    case []:
        await using (var server = await ServeAsync("iproto://127.0.0.1:0"))
            await CallAsync($"{server.Endpoints[0]}");
        break;
    case ["server", var endpoint]:
        await using (var server = await ServeAsync(endpoint))
        {
            Console.WriteLine($"server | ready on {server.Endpoints[0]}; ends with its input");
            await Console.In.ReadToEndAsync();
        }

        break;
    case ["client", var endpoint]:
        await CallAsync(endpoint);
        break;
    default:
        Console.Error.WriteLine("what is to be run? Nothing, server ENDPOINT or client ENDPOINT");
        return 2;
}

return 0;

static Task<ButlerServer> ServeAsync(string endpoint)
{
    // Beside the typed contract, packets by their Msg. Msg 3 answers with the bytes that came.
    var mux = new IprotoMux().Handle(3, (packet, _) => new ValueTask<ReadOnlyMemory<byte>>(packet.Body));
    return ButlerServer.StartAsync(endpoint, s => s.Add<IUsers>(new Users()).AddPackets(mux));
}

static async Task CallAsync(string endpoint)
{
    // A server that was started at the same time may take a moment.
    await using var client = await ButlerClient.ConnectAsync(endpoint, new ButlerClientOptions { SessionTimeout = TimeSpan.FromSeconds(20) });
    client.Add<IVisitor>(new Visitor());
    var users = client.Create<IUsers>();

    var user = await users.FindAsync(new Find(7));
    Console.WriteLine($"client | user {user.Id} is {user.Name}, in {string.Join(" and ", user.Groups)}, with a quota of {user.Quota}");

    await users.VisitedAsync(new Visit(7, 1));
    var echoed = await client.CallPacketAsync(3, "raw bytes"u8.ToArray());
    Console.WriteLine($"client | Msg 3 gave back {echoed.Length} bytes");
}
