using System.Security.Claims;
using System.Text;
using ButlerRpc;
using ButlerRpc.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// A broker as a program. Each setting is an argument (--port 9100) or an environment variable (BROKER_PORT=9100):
//   port            where to listen on all addresses; default 9100. With certificate and key: TLS
//   listen          instead of port: endpoints, separated by commas (tcp://…, tls://…, unix:///…)
//   certificate     a PEM file, and key another: both make port speak TLS
//   token           what consumers and providers must show; default: nothing. Peers of version 1 show none: see allow-version1
//   allow-version1  true or false; default: true as long as there is no token
//   queued-calls, queued-megabytes, connections   the limits of the same name
//   stop-with-input true: stops when standard input ends
var builder = Host.CreateApplicationBuilder(args);
builder.Configuration.AddEnvironmentVariables("BROKER_").AddCommandLine(args);
builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
builder.Services.AddButlerBroker(o => Configure(o, builder.Configuration));

using var host = builder.Build();
await host.StartAsync();
var broker = host.Services.GetRequiredService<ButlerBrokerHost>().Broker;
Console.WriteLine($"ready on {string.Join(',', broker.Endpoints.Select(e => e.ToString().Split('?')[0]))}");
if (builder.Configuration.GetValue("stop-with-input", false))
    _ = StopWithInputAsync(host.Services.GetRequiredService<IHostApplicationLifetime>());
await host.WaitForShutdownAsync();
var statistics = broker.Statistics;
Console.WriteLine($"stopped; {statistics.Calls} calls, {statistics.Answered} answered by providers, {statistics.Failed} failed by the broker");

static void Configure(ButlerBrokerSetup setup, IConfiguration configuration)
{
    var port = configuration.GetValue("port", 9100);
    setup.Listen(configuration["listen"] ?? (configuration["certificate"] is { } certificate
        ? $"tls://0.0.0.0:{port}?certificate={Uri.EscapeDataString(certificate)}&key={Uri.EscapeDataString(configuration["key"] ?? throw new ArgumentException("certificate needs key"))}"
        : $"tcp://0.0.0.0:{port}"));
    var options = setup.Options;
    options = options with
    {
        QueuedCallsPerChannel = configuration.GetValue("queued-calls", options.QueuedCallsPerChannel),
        QueuedBytesPerChannel = configuration.GetValue("queued-megabytes", options.QueuedBytesPerChannel >> 20) << 20,
        MaxConnections = configuration.GetValue("connections", options.MaxConnections),
        AllowVersion1 = configuration.GetValue<bool?>("allow-version1", null),
    };
    if (configuration["token"] is { Length: > 0 } token)
    {
        var secret = Encoding.UTF8.GetBytes(token);
        options = options with
        {
            Authenticator = (credentials, _) => new(credentials.TokenIs(secret) ? new ClaimsPrincipal(new ClaimsIdentity("token")) : null),
        };
    }

    setup.Options = options;
}

static async Task StopWithInputAsync(IHostApplicationLifetime lifetime)
{
    using var input = Console.OpenStandardInput();
    await input.CopyToAsync(Stream.Null);
    lifetime.StopApplication();
}
