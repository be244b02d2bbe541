using Microsoft.Extensions.Logging;

namespace ButlerRpc.Diagnostics;

/// <summary>What servers log. Ids from 40. A stranger can cause these lines, so they stay at Debug.</summary>
static partial class Log
{
    [LoggerMessage(40, LogLevel.Debug, "The connection from {Remote} was refused: {Reason}")]
    public static partial void Refused(ILogger logger, string remote, LogReason reason);

    [LoggerMessage(41, LogLevel.Error, "A connection from {Remote} could not be opened; please report this")]
    public static partial void OpenFailed(ILogger logger, Exception exception, string remote);

    [LoggerMessage(42, LogLevel.Error, "The protocol {Protocol} failed with the connection from {Remote}")]
    public static partial void ProtocolFailed(ILogger logger, Exception exception, string protocol, string remote);

    [LoggerMessage(43, LogLevel.Error, "The callback for {Remote}, which was dropped from a group, failed")]
    public static partial void DroppedCallbackFailed(ILogger logger, Exception exception, string remote);
}
