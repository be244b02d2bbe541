using Microsoft.Extensions.Logging;

namespace ButlerRpc.Diagnostics;

/// <summary>
/// What sessions log, and calls. Ids from 1. All messages stand in docs/observability.md. Ids are stable, and no payload is ever logged. A reason may quote a peer, so it is a
/// <see cref="LogReason"/>; an address is made fit for people where it is read.
/// </summary>
static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "{Method} failed, error id {ErrorId}")]
    public static partial void HandlerFailed(ILogger logger, Exception exception, string method, Guid errorId);

    [LoggerMessage(EventId = 2, Message = "The session with {Remote} ends, because the peer broke the protocol: {Violation}")]
    public static partial void ProtocolViolated(ILogger logger, LogLevel level, string remote, LogReason violation);

    [LoggerMessage(3, LogLevel.Debug, "The session with {Remote} has ended: {Reason}")]
    public static partial void SessionEnded(ILogger logger, string remote, LogReason reason);

    [LoggerMessage(4, LogLevel.Error, "The session with {Remote} failed from within; please report this")]
    public static partial void SessionFailed(ILogger logger, Exception exception, string remote);

    [LoggerMessage(5, LogLevel.Information, "Listening on {Endpoint}")]
    public static partial void Listening(ILogger logger, string endpoint);

    [LoggerMessage(6, LogLevel.Warning, "A connection could not be accepted on {Endpoint}: {Reason}")]
    public static partial void AcceptFailed(ILogger logger, string endpoint, LogReason reason);

    [LoggerMessage(7, LogLevel.Warning, "Connecting to {Endpoint} has failed, or not lasted, {Attempt} times in a row; next try in {Delay} ms: {Reason}")]
    public static partial void DialFailed(ILogger logger, string endpoint, int attempt, int delay, LogReason reason);

    [LoggerMessage(8, LogLevel.Information, "Connected to {Endpoint}")]
    public static partial void Connected(ILogger logger, string endpoint);

    [LoggerMessage(9, LogLevel.Warning, "A one-way call of {Method} failed: {Reason}")]
    public static partial void NotifyFailed(ILogger logger, string method, LogReason reason);

    [LoggerMessage(10, LogLevel.Error, "A callback on the cancellation token of {Method} failed")]
    public static partial void CancellationCallbackFailed(ILogger logger, Exception exception, string method);

    [LoggerMessage(11, LogLevel.Debug, "{Method} begins")]
    public static partial void CallBegun(ILogger logger, string method);

    [LoggerMessage(12, LogLevel.Information, "{Method} ended with {Status} ({Certainty})")]
    public static partial void CallFailed(ILogger logger, string method, ButlerStatus status, ButlerCertainty certainty);

    [LoggerMessage(13, LogLevel.Error, "The token of {Remote} could not be judged, so it is refused")]
    public static partial void AuthenticatorFailed(ILogger logger, Exception exception, string remote);

    [LoggerMessage(14, LogLevel.Error, "A callback on the drain token of the session with {Remote} failed")]
    public static partial void DrainCallbackFailed(ILogger logger, Exception exception, string remote);
}
