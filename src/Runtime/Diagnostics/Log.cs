using Microsoft.Extensions.Logging;

namespace ButlerRpc.Diagnostics;

/// <summary>The log messages of sessions, clients and servers. Ids are stable; no payload is ever logged.</summary>
static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "{Method} failed; its caller was told the error id {ErrorId}")]
    public static partial void HandlerFailed(ILogger logger, Exception exception, string method, Guid errorId);

    [LoggerMessage(2, LogLevel.Warning, "The session with {Remote} ends, because the peer broke the protocol: {Violation}")]
    public static partial void ProtocolViolated(ILogger logger, string remote, string violation);

    [LoggerMessage(3, LogLevel.Debug, "The session with {Remote} has ended: {Reason}")]
    public static partial void SessionEnded(ILogger logger, string remote, string reason);

    [LoggerMessage(4, LogLevel.Error, "The session with {Remote} failed from within; please report this")]
    public static partial void SessionFailed(ILogger logger, Exception exception, string remote);

    [LoggerMessage(5, LogLevel.Information, "Listening on {Endpoint}")]
    public static partial void Listening(ILogger logger, string endpoint);

    [LoggerMessage(6, LogLevel.Warning, "A connection could not be accepted on {Endpoint}: {Reason}")]
    public static partial void AcceptFailed(ILogger logger, string endpoint, string reason);

    [LoggerMessage(7, LogLevel.Warning, "Dialling {Endpoint} failed ({Attempt} in a row), next try in {Delay} ms: {Reason}")]
    public static partial void DialFailed(ILogger logger, string endpoint, int attempt, int delay, string reason);

    [LoggerMessage(8, LogLevel.Information, "Connected to {Endpoint}")]
    public static partial void Connected(ILogger logger, string endpoint);

    [LoggerMessage(10, LogLevel.Error, "A callback on the cancellation token of {Method} failed")]
    public static partial void CancellationCallbackFailed(ILogger logger, Exception exception, string method);

    [LoggerMessage(9, LogLevel.Warning, "A one-way call of {Method} failed: {Reason}")]
    public static partial void NotifyFailed(ILogger logger, string method, string reason);

    [LoggerMessage(11, LogLevel.Debug, "{Method} begins")]
    public static partial void CallBegun(ILogger logger, string method);

    [LoggerMessage(12, LogLevel.Information, "{Method} ended with {Status} ({Certainty})")]
    public static partial void CallFailed(ILogger logger, string method, ButlerStatus status, ButlerCertainty certainty);
}
