using Microsoft.Extensions.Logging;

namespace ButlerRpc.Diagnostics;

/// <summary>What messengers log. Ids from 66.</summary>
static partial class Log
{
    [LoggerMessage(66, LogLevel.Warning, "The session with {Remote} ends, because what it sent could not be read")]
    public static partial void MessageUnreadable(ILogger logger, Exception exception, string remote);

    [LoggerMessage(67, LogLevel.Error, "The handler of a message from {Remote} failed")]
    public static partial void MessageHandlerFailed(ILogger logger, Exception exception, string remote);

    [LoggerMessage(68, LogLevel.Warning, "A message from {Remote} was dropped, because there is no inbound handler")]
    public static partial void MessageUnhandled(ILogger logger, string remote);

    [LoggerMessage(69, LogLevel.Warning, "{Count} messages that were queued for {Remote} were not sent; their senders were told: {Reason}")]
    public static partial void MessagesUnsent(ILogger logger, int count, string remote, string reason);

    [LoggerMessage(70, LogLevel.Warning, "The reply to a message from {Remote} was not sent")]
    public static partial void ReplyUnsent(ILogger logger, Exception? exception, string remote);

    [LoggerMessage(71, LogLevel.Warning, "The session with {Remote} ends, because nothing was taken for {SendTimeout}")]
    public static partial void MessengerStalled(ILogger logger, string remote, TimeSpan sendTimeout);
}
