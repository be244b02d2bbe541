using Microsoft.Extensions.Logging;

namespace ButlerRpc.Diagnostics;

/// <summary>What is logged of the other wires: iproto, streams of length-prefixed messages, messengers. Ids from 60.</summary>
static partial class Log
{
    [LoggerMessage(60, LogLevel.Warning, "A packet of Msg 0x{Message:X} from {Remote} has no handler; further ones from there are only counted")]
    public static partial void UnknownPacket(ILogger logger, uint message, string remote);

    [LoggerMessage(61, LogLevel.Warning, "A packet of Msg 0x{Message:X} from {Remote} was dropped: {Limit} calls are being served (IprotoOptions.CallsInFlight); further ones from there are only counted")]
    public static partial void PacketRefused(ILogger logger, uint message, string remote, int limit);

    [LoggerMessage(EventId = 62, Message = "A call of Msg 0x{Message:X} from {Remote} failed and is not answered, as iproto has no form for errors: {Reason}")]
    public static partial void PacketUnanswered(ILogger logger, LogLevel level, uint message, string remote, LogReason reason);

    [LoggerMessage(63, LogLevel.Error, "A callback on the shutdown of the connection with {Remote} failed")]
    public static partial void ShutdownCallbackFailed(ILogger logger, Exception exception, string remote);

    [LoggerMessage(64, LogLevel.Warning, "The stream with {Remote} ends: {Violation}")]
    public static partial void StreamViolated(ILogger logger, string remote, LogReason violation);

    [LoggerMessage(65, LogLevel.Error, "The callback of a message from {Remote} failed; the connection goes on")]
    public static partial void StreamCallbackFailed(ILogger logger, Exception exception, string remote);

    [LoggerMessage(66, LogLevel.Warning, "The session with {Remote} ends, because what it sent could not be read")]
    public static partial void MessageUnreadable(ILogger logger, Exception exception, string remote);

    [LoggerMessage(67, LogLevel.Error, "The handler of a message from {Remote} failed")]
    public static partial void MessageHandlerFailed(ILogger logger, Exception exception, string remote);

    [LoggerMessage(68, LogLevel.Warning, "A message from {Remote} was dropped, because there is no inbound handler")]
    public static partial void MessageUnhandled(ILogger logger, string remote);

    [LoggerMessage(69, LogLevel.Warning, "{Count} messages that were queued for {Remote} were not sent; their senders were told: {Reason}")]
    public static partial void MessagesUnsent(ILogger logger, int count, string remote, LogReason reason);

    [LoggerMessage(70, LogLevel.Warning, "The reply to a message from {Remote} was not sent")]
    public static partial void ReplyUnsent(ILogger logger, Exception? exception, string remote);

    [LoggerMessage(71, LogLevel.Warning, "The session with {Remote} ends, because nothing was taken for {SendTimeout}")]
    public static partial void MessengerStalled(ILogger logger, string remote, TimeSpan sendTimeout);

    [LoggerMessage(72, LogLevel.Warning, "The Init of the connection with {Remote} failed, so it is closed")]
    public static partial void InitFailed(ILogger logger, Exception exception, string remote);
}
