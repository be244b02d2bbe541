using ButlerRpc.Diagnostics;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.RabbitMq;

/// <summary>What consumers and providers on RabbitMQ log. Ids from 230.</summary>
static partial class RabbitMqLog
{
    [LoggerMessage(230, LogLevel.Information, "Connected to {Endpoint} as {Role} of the channel {Channel}")]
    public static partial void Connected(ILogger logger, string endpoint, BrokerRole role, Guid channel);

    [LoggerMessage(231, LogLevel.Warning, "Connecting to {Endpoint} as {Role} of the channel {Channel} failed: {Reason}")]
    public static partial void ConnectFailed(ILogger logger, string endpoint, BrokerRole role, Guid channel, LogReason reason);

    [LoggerMessage(232, LogLevel.Warning, "The connection to {Endpoint} as {Role} of the channel {Channel} has ended: {Reason}")]
    public static partial void ConnectionEnded(ILogger logger, string endpoint, BrokerRole role, Guid channel, LogReason reason);

    [LoggerMessage(233, LogLevel.Warning, "{Endpoint} takes no more messages: {Reason}")]
    public static partial void Blocked(ILogger logger, string endpoint, LogReason reason);

    [LoggerMessage(234, LogLevel.Information, "{Endpoint} takes messages again")]
    public static partial void Unblocked(ILogger logger, string endpoint);

    [LoggerMessage(235, LogLevel.Warning, "A message in a queue of the channel {Channel} is no call and was put aside")]
    public static partial void NoCall(ILogger logger, Guid channel);

    [LoggerMessage(236, LogLevel.Error, "A call to {Endpoint} failed from within; please report this")]
    public static partial void Failed(ILogger logger, Exception exception, string endpoint);
}
