using Microsoft.Extensions.Configuration;
using Ticker;
using Ticker.Client;
using Ticker.Server;

// A market in a process of its own, and four readers of it, fast and slow, over one connection:
//         --quotes N          after which the market closes; default 60 000
//         --rate N            quotes in a second; default 20 000
//         --pace MS           what a slow reader takes for a quote; default 20 ms
// serve   --listen ENDPOINT   the market alone; default: a free port of this machine
// read    --server ENDPOINT   the readers alone
var role = args is [var first, ..] && !first.StartsWith('-') ? first : "";
var options = new ConfigurationBuilder().AddCommandLine([.. role.Length > 0 ? args.Skip(1) : args]).Build();
return role switch
{
    "" => await ReadersRole.StartAndRunAsync(options),
    "serve" => await MarketRole.RunAsync(options),
    "read" when options["server"] is { Length: > 0 } endpoint => await ReadersRole.RunAsync(endpoint, options),
    _ => Refuse(),
};

static int Refuse()
{
    Console.Error.WriteLine("either [--quotes N] [--rate N] [--pace MS], or: serve [--listen ENDPOINT], or: read --server ENDPOINT");
    return ExitCodes.Usage;
}
