using System.Net;
using ButlerRpc.Contracts.External;
using ButlerRpc.Hosting;
using ButlerRpc.Runtime.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.AspNetCore.Tests;

/// <summary>A web application with one route, <c>/from</c>, and an echo service, on a listener of this machine.</summary>
sealed class WebHost : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly List<int> _ports = [];

    WebHost(WebApplication app, Echo echo, LogLines log) => (_app, Echo, Log) = (app, echo, log);

    public Echo Echo { get; }

    public LogLines Log { get; }

    public int Port => _ports[0];

    public ButlerServer Server => _app.Services.GetRequiredService<ButlerServerHost>().Server;

    public IServiceProvider Services => _app.Services;

    public string Endpoint => $"tcp://127.0.0.1:{Port}";

    /// <summary>Starts it with a listener for each of <paramref name="listeners"/>.</summary>
    public static async Task<WebHost> StartAsync(Action<ButlerServerSetup>? setup, params Action<ListenOptions>[] listeners)
    {
        var echo = new Echo();
        var log = new LogLines();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Debug);
        builder.Services.AddSingleton(echo).AddButlerService<Echo>();
        if (setup is not null)
            builder.Services.AddButlerServer(setup);
        var options = new List<ListenOptions>();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            foreach (var configure in listeners)
            {
                kestrel.Listen(IPAddress.Loopback, 0, listen =>
                {
                    options.Add(listen);
                    configure(listen);
                });
            }
        });
        var app = builder.Build();
        app.MapGet("/from", (HttpContext http) => $"{http.Request.Protocol} from {http.Connection.RemoteIpAddress}");
        var host = new WebHost(app, echo, log);
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        host._ports.AddRange(options.Select(o => o.IPEndPoint!.Port));
        return host;
    }

    public int PortOf(int listener) => _ports[listener];

    public Task StopAsync() => _app.StopAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

[ButlerService]
public partial interface IWho
{
    [ButlerMethod(Code = 7)]
    ValueTask<Text> WhoAsync(Text text, CallContext context = default);
}

[ButlerMessage(Formats = MessageFormats.MessagePack | MessageFormats.Iproto)]
public sealed partial record Number(int Value);

[ButlerService]
public partial interface IDouble
{
    [ButlerMethod(Code = 8)]
    ValueTask<Number> DoubleAsync(Number number, CancellationToken cancellationToken = default);
}

/// <summary>Gives back what it gets; the text "wait" only when it is let.</summary>
sealed class Echo : IEcho, IWho, IDouble
{
    public TaskCompletionSource Waits { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask<Text> EchoAsync(Text text, CancellationToken cancellationToken)
    {
        if (text.Value != "wait")
            return text;
        Waits.TrySetResult();
        await Go.Task;
        return text;
    }

    public ValueTask<Number> DoubleAsync(Number number, CancellationToken cancellationToken) => new(new Number(number.Value * 2));

    public ValueTask<Text> WhoAsync(Text text, CallContext context) => new(new Text(context.Principal?.Identity?.Name ?? "nobody"));
}
