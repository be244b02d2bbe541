using ButlerRpc.Diagnostics;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Broker;

/// <summary>What brokers log. Ids from 200. What a stranger can cause stays at Debug.</summary>
static partial class BrokerLog
{
    [LoggerMessage(200, LogLevel.Debug, "{Remote} may not be {Role} of the channel {Channel}")]
    public static partial void Forbidden(ILogger logger, string remote, BrokerRole role, Guid channel);

    [LoggerMessage(201, LogLevel.Error, "Whether {Remote} may be {Role} of the channel {Channel} could not be found out; it may not")]
    public static partial void AuthorizerFailed(ILogger logger, Exception exception, string remote, BrokerRole role, Guid channel);

    [LoggerMessage(202, LogLevel.Information, "A provider of the channel {Channel} has come: {Remote}; there are {Providers}")]
    public static partial void ProviderCame(ILogger logger, Guid channel, string remote, int providers);

    [LoggerMessage(203, LogLevel.Information, "A provider of the channel {Channel} has gone: {Remote}, with {Calls} calls; there are {Providers}")]
    public static partial void ProviderWent(ILogger logger, Guid channel, string remote, int calls, int providers);

    [LoggerMessage(204, LogLevel.Warning, "{Remote} of the channel {Channel} lets {Bytes} bytes wait to be read and is closed")]
    public static partial void SlowPeer(ILogger logger, string remote, Guid channel, long bytes);

    [LoggerMessage(205, LogLevel.Warning, "A one-way message was dropped in the channel {Channel}: {Reason}")]
    public static partial void NotifyDropped(ILogger logger, Guid channel, LogReason reason);

    [LoggerMessage(206, LogLevel.Warning, "The channel {Channel} refuses calls: {Calls} calls of {Bytes} bytes wait")]
    public static partial void QueueFull(ILogger logger, Guid channel, int calls, long bytes);

    [LoggerMessage(207, LogLevel.Warning, "The connection of version 1 from {Remote} is closed: {Reason}")]
    public static partial void Version1Closed(ILogger logger, string remote, LogReason reason);
}
