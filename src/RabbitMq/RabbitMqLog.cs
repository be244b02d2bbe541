using Microsoft.Extensions.Logging;

namespace ButlerRpc.RabbitMq;

/// <summary>What consumers and providers on RabbitMQ log. Ids from 230.</summary>
static partial class RabbitMqLog
{
    [LoggerMessage(230, LogLevel.Information, "Connected to {Node} as {Role} of the channel {Channel}")]
    public static partial void Connected(ILogger logger, string node, string role, Guid channel);

    [LoggerMessage(231, LogLevel.Warning, "Connecting to {Node} as {Role} of the channel {Channel} failed: {Reason}")]
    public static partial void ConnectFailed(ILogger logger, string node, string role, Guid channel, string reason);

    [LoggerMessage(232, LogLevel.Warning, "The connection to {Node} as {Role} of the channel {Channel} has ended: {Reason}")]
    public static partial void ConnectionEnded(ILogger logger, string node, string role, Guid channel, string reason);

    [LoggerMessage(233, LogLevel.Warning, "{Node} takes no more messages: {Reason}")]
    public static partial void Blocked(ILogger logger, string node, string reason);

    [LoggerMessage(234, LogLevel.Information, "{Node} takes messages again")]
    public static partial void Unblocked(ILogger logger, string node);

    [LoggerMessage(235, LogLevel.Warning, "A message in the queue {Queue} is no call and was put aside")]
    public static partial void NoCall(ILogger logger, string queue);

    [LoggerMessage(236, LogLevel.Debug, "An answer that cannot be read was dropped in the channel {Channel}")]
    public static partial void NoAnswer(ILogger logger, Guid channel);

    [LoggerMessage(237, LogLevel.Error, "The connection to {Node} failed from within; please report this")]
    public static partial void Failed(ILogger logger, Exception exception, string node);
}
