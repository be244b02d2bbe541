using System.Collections.Concurrent;
using ButlerRpc.Testing;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Runtime.Tests.Support;

/// <summary>Keeps what is logged, and tells when something is.</summary>
sealed class LogLines : ILoggerFactory, ILoggerProvider, ILogger
{
    readonly Happenings _logged = new();

    public ConcurrentQueue<(LogLevel Level, EventId Id, string Text, Exception? Exception)> Lines { get; } = new();

    /// <summary>Ends when a line with this text has been logged.</summary>
    public Task SaysAsync(string text) => _logged.UntilAsync(() => Lines.Any(l => l.Text.Contains(text, StringComparison.Ordinal)));

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Lines.Enqueue((logLevel, eventId, formatter(state, exception), exception));
        _logged.Happened();
    }
}
