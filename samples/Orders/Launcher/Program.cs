using Launching;

// Starts the server on a free port, runs the client against it, and ends with the client's exit code.
// What is written behind `dotnet run --project samples/Orders --` goes to the client, such as --file my-orders.csv.

// Ctrl+C reaches all three processes. This one waits for the other two, so that their last lines are seen.
Console.CancelKeyPress += (_, e) => e.Cancel = true;

await using var server = ChildProcess.Start("Orders.Server", "server", ["--listen", "tcp://127.0.0.1:0", "--stop-with-input", "true"]);
if (await server.LineAsync("ready on ") is not { } endpoint)
{
    var code = await server.ExitAsync();
    Console.Error.WriteLine("the server ended before it was ready");
    return code != 0 ? code : 1;
}

await using var client = ChildProcess.Start("Orders.Client", "client", ["--server", endpoint, .. args]);
var result = await client.ExitAsync();
server.CloseInput();
var serverResult = await server.ExitAsync();
return result != 0 ? result : serverResult;
