using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ButlerRpc.Diagnostics;

/// <summary>
/// The application's logger, as the library uses it. Lines are written on read loops, dial loops and the clock, and where a session ends: a logger that throws (its
/// provider was disposed first, its disk is full) must not end any of them. What it throws cannot be logged, so it is counted, as <c>butlerrpc.log.failures</c>.
/// </summary>
sealed class GuardedLogger(ILogger logger) : ILogger
{
    /// <summary>The logger of a category; one that does nothing where there is no factory.</summary>
    public static ILogger Of(ILoggerFactory? factory, string category) => factory is null ? NullLogger.Instance : new GuardedLogger(factory.CreateLogger(category));

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => logger.BeginScope(state); // the library opens none

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return logger.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            Telemetry.CountLogFailure();
            return false;
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            logger.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            Telemetry.CountLogFailure();
        }
    }
}
