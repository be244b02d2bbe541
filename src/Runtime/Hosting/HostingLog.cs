using Microsoft.Extensions.Logging;

namespace ButlerRpc.Hosting;

/// <summary>The log messages of the hosting floor. Ids are stable.</summary>
static partial class HostingLog
{
    [LoggerMessage(101, LogLevel.Information, "Serving {Services} on {Endpoints}")]
    public static partial void Serving(ILogger logger, string services, string endpoints);

    [LoggerMessage(102, LogLevel.Warning, "The server on {Endpoints} offers no service; add one with services.AddButlerService<T>()")]
    public static partial void NoService(ILogger logger, string endpoints);

    [LoggerMessage(103, LogLevel.Information, "Draining: no new calls are taken, those in flight may end")]
    public static partial void Draining(ILogger logger);

    [LoggerMessage(104, LogLevel.Information, "Stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(105, LogLevel.Error, "A scope in which {Implementation} could not be made was not released properly")]
    public static partial void ScopeNotReleased(ILogger logger, Exception exception, string implementation);
}
