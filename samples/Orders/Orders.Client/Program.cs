using ButlerRpc;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orders.Client;
using Orders.Contracts;

// --server ENDPOINT    where the orders go; required
// --file FILE          the orders; default: the file that comes with the sample
// --in-flight N        orders under way at the same time; default 64
// --patience TIME      how long an order may take, as hh:mm:ss; default 5 s
var builder = Host.CreateApplicationBuilder(args);
builder.Logging.ClearProviders();
var file = builder.Configuration["file"] ?? Path.Combine(AppContext.BaseDirectory, "orders.csv");
if (builder.Configuration["server"] is not { Length: > 0 } server)
    return Refuse("say where the server is: --server tcp://host:port");
if (!File.Exists(file))
    return Refuse($"there is no file '{file}'");

builder.Services.AddButlerClient<IOrderService>(server);
builder.Services.AddSingleton(new RunOptions(
    file, builder.Configuration.GetValue("in-flight", 64), builder.Configuration.GetValue("patience", TimeSpan.FromSeconds(5))));
builder.Services.AddSingleton<OrderRun>();
using var host = builder.Build();
return await host.Services.GetRequiredService<OrderRun>().RunAsync();

static int Refuse(string why)
{
    Console.Error.WriteLine(why);
    return ExitCodes.Usage;
}
