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

    [LoggerMessage(14, LogLevel.Error, "A callback on the drain token of the session with {Remote} failed")]
    public static partial void DrainCallbackFailed(ILogger logger, Exception exception, string remote);

    [LoggerMessage(64, LogLevel.Warning, "The stream with {Remote} ends: {Violation}")]
    public static partial void StreamViolated(ILogger logger, string remote, string violation);

    [LoggerMessage(65, LogLevel.Error, "The callback of a message from {Remote} failed; the connection goes on")]
    public static partial void StreamCallbackFailed(ILogger logger, Exception exception, string remote);

    [LoggerMessage(60, LogLevel.Warning, "A packet of Msg 0x{Message:X} from {Remote} has no handler")]
    public static partial void UnknownPacket(ILogger logger, uint message, string remote);

    [LoggerMessage(61, LogLevel.Warning, "A packet of Msg 0x{Message:X} from {Remote} was dropped: {Limit} calls are being served (IprotoOptions.CallsInFlight)")]
    public static partial void PacketRefused(ILogger logger, uint message, string remote, int limit);

    [LoggerMessage(62, LogLevel.Warning, "A call of Msg 0x{Message:X} from {Remote} failed and is not answered, as iproto has no form for errors: {Reason}")]
    public static partial void PacketUnanswered(ILogger logger, uint message, string remote, string reason);

    [LoggerMessage(63, LogLevel.Error, "A callback on the shutdown of the connection with {Remote} failed")]
    public static partial void ShutdownCallbackFailed(ILogger logger, Exception exception, string remote);

    [LoggerMessage(72, LogLevel.Warning, "The Init of the connection with {Remote} failed, so it is closed")]
    public static partial void InitFailed(ILogger logger, Exception exception, string remote);

    [LoggerMessage(9, LogLevel.Warning, "A one-way call of {Method} failed: {Reason}")]
    public static partial void NotifyFailed(ILogger logger, string method, string reason);

    [LoggerMessage(11, LogLevel.Debug, "{Method} begins")]
    public static partial void CallBegun(ILogger logger, string method);

    [LoggerMessage(12, LogLevel.Information, "{Method} ended with {Status} ({Certainty})")]
    public static partial void CallFailed(ILogger logger, string method, ButlerStatus status, ButlerCertainty certainty);

    [LoggerMessage(13, LogLevel.Error, "The token of {Remote} could not be judged, so it is refused")]
    public static partial void AuthenticatorFailed(ILogger logger, Exception exception, string remote);
}
