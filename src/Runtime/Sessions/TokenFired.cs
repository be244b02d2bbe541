using ButlerRpc.Diagnostics;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Sessions;

/// <summary>
/// Cancels a source whose token the application has. Callbacks on it are user code: queued, they run under no lock and hold nothing up, and what they throw is logged
/// and stops nothing.
/// </summary>
sealed class TokenFired(CancellationTokenSource source, ILogger logger, string whose) : IThreadPoolWorkItem
{
    public void Execute()
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException e)
        {
            Log.CancellationCallbackFailed(logger, e, whose);
        }
    }
}
