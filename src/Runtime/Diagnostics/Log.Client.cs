using Microsoft.Extensions.Logging;

namespace ButlerRpc.Diagnostics;

/// <summary>What clients log. Ids from 20.</summary>
static partial class Log
{
    [LoggerMessage(20, LogLevel.Warning, "{Endpoint} could not be reached for {RedialTimeout}; it is dialled again when it is called")]
    public static partial void RedialGivenUp(ILogger logger, string endpoint, TimeSpan redialTimeout);

    [LoggerMessage(21, LogLevel.Warning, "{Endpoint} takes calls but does not answer them; it gets none for {ProbeAfter}")]
    public static partial void Ejected(ILogger logger, string endpoint, TimeSpan probeAfter);

    [LoggerMessage(22, LogLevel.Warning, "{Resolver} could not say which endpoints there are; what it said last holds")]
    public static partial void ResolverFailed(ILogger logger, Exception exception, string resolver);
}
