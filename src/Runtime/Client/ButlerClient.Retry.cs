using ButlerRpc.Calls;
using ButlerRpc.Client;

namespace ButlerRpc;

// Calls that failed on a session, and are made again on another.
public sealed partial class ButlerClient
{
    readonly RetryBudget _budget;

    /// <summary>True: the call goes on elsewhere.</summary>
    internal bool TryTakeBack(RoutedSession session, ClientCall call, Exception failure)
    {
        if (failure is not ButlerException told)
            return false;
        if (told is { Reason: ButlerReason.Timeout, Certainty: ButlerCertainty.Unknown } && session.CountTimeout(_options.EjectAfterTimeouts))
            _pool.Eject(session);
        if (!call.CanStartAgain || _disposed || call.CancellationToken.IsCancellationRequested || call.Deadline <= _platform.Milliseconds)
            return false;
        if (!MayMove(call, told) && !MayRetry(call, told))
            return false;
        Route(call, session);
        return true;
    }

    // What certainly did not run, because of the session and not because of the call.
    bool MayMove(ClientCall call, ButlerException told)
    {
        if (told is not { Status: ButlerStatus.Unavailable, Certainty: ButlerCertainty.NotExecuted } || IsRefusal(told.Reason))
            return false;
        var attempts = call.Attempts;
        if (attempts.Moves >= _options.Retry.NotExecutedMoves)
            return false;
        call.Attempts = attempts with { Moves = (byte)(attempts.Moves + 1) };
        Interlocked.Increment(ref _retries.Moves);
        return true;
    }

    // What may have run, and may run twice.
    bool MayRetry(ClientCall call, ButlerException told)
    {
        if (told is not { Status: ButlerStatus.Unavailable, Certainty: ButlerCertainty.Unknown } || call.Method is not { Idempotent: true, HasStreams: false } || IsRefusal(told.Reason))
            return false;
        var attempts = call.Attempts;
        if (attempts.Retries >= _options.Retry.IdempotentRetries || !_budget.TrySpend(CallsStarted))
            return false;
        call.Attempts = attempts with { Retries = (byte)(attempts.Retries + 1) };
        Interlocked.Increment(ref _retries.Retries);
        return true;
    }

    // What another session would say as well, or must not be bothered with.
    static bool IsRefusal(ButlerReason reason) =>
        reason is ButlerReason.Abuse or ButlerReason.Cutoff or ButlerReason.NoSession or ButlerReason.Hijacked or ButlerReason.NoProvider;

    long CallsStarted => _host.Totals.Sum(static s => Volatile.Read(ref s.CallsStarted));
}
