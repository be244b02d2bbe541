using ButlerRpc.Diagnostics;

namespace ButlerRpc.Sessions;

// Handlers that would go on for ever, such as a stream of events, are told that their session is about to end, so that the drain need not wait for them.
sealed partial class Session
{
    CancellationTokenSource? _draining;

    /// <summary>Fires when either end has said that it takes no new calls, and when the session has ended. Made on first use.</summary>
    public CancellationToken Draining
    {
        get
        {
            lock (_gate)
            {
                if (_draining is not null)
                    return _draining.Token;
                _draining = new CancellationTokenSource();
                if (_state >= SessionState.Draining)
                    _draining.Cancel(); // nobody has seen it yet: there is no callback that could run under the gate
                return _draining.Token;
            }
        }
    }

    /// <summary>True when handlers were told that the session ends, so that an OperationCanceledException of theirs means just that.</summary>
    public bool HasToldDraining => Volatile.Read(ref _draining) is { IsCancellationRequested: true };

    // Under the gate. Callbacks are user code: they run neither under it nor on the read loop.
    void TellDraining()
    {
        if (_draining is { } source)
            Host.Platform.Scheduler.Queue(new TokenFired(source, Host.Logger, RemoteAddress, Log.DrainCallbackFailed));
    }
}
