using ButlerRpc;
using ButlerRpc.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orders.Server;

// --listen ENDPOINT           where to listen; default: a free port of this machine
// --stop-with-input true      stop when standard input ends, as it does when the process that started this one is gone
// --close-after N             after N orders, take in more but answer none: what a client sees of a server that hangs
var builder = Host.CreateApplicationBuilder(args);
builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
builder.Services.AddSingleton(Catalog.Read(Path.Combine(AppContext.BaseDirectory, "catalog.csv")));
builder.Services.AddSingleton<Warehouse>();
builder.Services.AddSingleton(new Counter(builder.Configuration.GetValue("close-after", int.MaxValue)));
builder.Services.AddButlerServer(o => o.Listen(builder.Configuration["listen"] ?? "tcp://127.0.0.1:0"));
builder.Services.AddButlerService<OrderServiceImpl>();

using var host = builder.Build();
await host.StartAsync();
Console.WriteLine($"ready on {string.Join(',', host.Services.GetRequiredService<ButlerServerHost>().Server.Endpoints)}");
if (builder.Configuration.GetValue("stop-with-input", false))
    _ = StopWithInputAsync(host.Services.GetRequiredService<IHostApplicationLifetime>());
await host.WaitForShutdownAsync();
Console.WriteLine($"stopped; {host.Services.GetRequiredService<Warehouse>().Confirmed} orders confirmed");

static async Task StopWithInputAsync(IHostApplicationLifetime lifetime)
{
    using var input = Console.OpenStandardInput();
    await input.CopyToAsync(Stream.Null);
    lifetime.StopApplication();
}
