using ButlerRpc.Diagnostics;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.AspNetCore;

/// <summary>What is logged of Kestrel's connections. Ids from 120. A stranger can cause these lines, so they stay at Debug.</summary>
static partial class Log
{
    [LoggerMessage(120, LogLevel.Debug, "The connection from {Remote} was refused: {Reason}")]
    public static partial void HeaderRefused(ILogger logger, string remote, LogReason reason);
}
