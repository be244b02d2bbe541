using ButlerRpc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Hosting.Tests;

/// <summary>Hosts with nothing in them but what a test puts there.</summary>
static class Hosts
{
    public static IHost Of(Action<IServiceCollection> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        configure(builder.Services);
        return builder.Build();
    }

    public static async Task<IHost> StartAsync(Action<IServiceCollection> configure)
    {
        var host = Of(configure);
        await host.StartAsync();
        return host;
    }

    /// <summary>A host that serves on a free port of this machine.</summary>
    public static Task<IHost> ServeAsync(Action<IServiceCollection> configure) => StartAsync(services =>
    {
        services.AddButlerServer(o => o.Listen("tcp://127.0.0.1:0"));
        configure(services);
    });

    /// <summary>For clients that connect however long the machine takes.</summary>
    public static void Patiently(ButlerClientSetup setup) => setup.Options = Patient.Client;

    public static string Endpoint(this IHost host) => host.Server().Endpoints[0].ToString();

    public static ButlerServer Server(this IHost host) => host.Services.GetRequiredService<ButlerServerHost>().Server;
}

/// <summary>Keeps what is logged.</summary>
sealed class LogLines : ILoggerProvider, ILogger
{
    readonly Lock _gate = new();
    readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
                return [.. _lines];
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_gate)
            _lines.Add($"{logLevel}: {formatter(state, exception)}");
    }

    public void Dispose()
    {
    }
}
