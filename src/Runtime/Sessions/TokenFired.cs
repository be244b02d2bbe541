using ButlerRpc.Diagnostics;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Sessions;

/// <summary>
/// Cancels a source whose token the application has. Callbacks on it are user code: queued, they run under no lock and hold nothing up, and what they throw is logged
/// and stops nothing.
/// </summary>
sealed class TokenFired(CancellationTokenSource source, ILogger logger, string whose, Action<ILogger, Exception, string>? failed = null) : IThreadPoolWorkItem
{
    public void Execute() => Fire(source, logger, whose, failed);

    /// <summary>The same at once, on a thread that is the application's already.</summary>
    public static void Fire(CancellationTokenSource source, ILogger logger, string whose, Action<ILogger, Exception, string>? failed = null)
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException e)
        {
            (failed ?? Log.CancellationCallbackFailed)(logger, e, whose);
        }
    }
}
