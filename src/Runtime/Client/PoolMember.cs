using ButlerRpc.Diagnostics;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;

namespace ButlerRpc.Client;

/// <summary>One endpoint of a pool: its sessions, and the one loop that dials it. All state is guarded by the pool's gate.</summary>
sealed class PoolMember<TSession>(SessionPool<TSession> pool, ButlerEndpoint endpoint)
    where TSession : class, IPooledSession
{
    readonly Backoff _backoff = new(pool.Options.ShortestBackoff, pool.Options.LongestBackoff, pool.Platform.Random);
    readonly CancellationTokenSource _stop = new();
    bool _removed;
    long _failingSince = -1;
    bool _dialling;
    bool _pauseFirst;
    bool _sleeps; // its sessions ended because nobody used them

    public ButlerEndpoint Endpoint { get; } = endpoint;

    public List<TSession> Sessions { get; } = [];

    /// <summary>The sessions it is to have.</summary>
    public int Wanted { get; set; } = pool.SessionCountOf?.Invoke(endpoint) ?? pool.Options.SessionsPerEndpoint;

    /// <summary>When it may be tried again after it stopped answering; 0: it answers.</summary>
    public long EjectedUntil { get; set; }

    /// <summary>The first attempt has ended, either way.</summary>
    public bool Tried { get; private set; }

    /// <summary>The last attempt failed, or the last session was lost.</summary>
    public bool IsFailing => _backoff.Failures > 0;

    public int Usable => Sessions.FindAll(static s => s.State < SessionState.Draining).Count;

    /// <summary>Under the gate: true when a loop has to be started.</summary>
    public bool NeedsDialling()
    {
        _sleeps |= Sessions.Exists(s => s is { EndsIdle: true, State: >= SessionState.Draining });
        if (_dialling || _removed || _sleeps || Usable >= Wanted)
            return false;
        return _dialling = true;
    }

    /// <summary>Under the gate: somebody has a call.</summary>
    public void Wake() => _sleeps = false;

    /// <summary>Under the gate: no further attempt.</summary>
    public void Remove() => _removed = true;

    /// <summary>Outside the gate, because what waits goes on at once: breaks off the attempt or the pause.</summary>
    public void Interrupt() => _stop.Cancel();

    /// <summary>Under the gate: a session has ended after being open for so long; null: it never opened.</summary>
    public void OnClosed(TSession session, TimeSpan? lived)
    {
        Sessions.Remove(session);
        if (session.EndsIdle)
        {
            _sleeps = true;
            return;
        }

        if (session.CloseReason is { } reason)
            pool.LastFailure = reason.Message;
        if (lived >= pool.Options.HealthyAfter)
            _backoff.Reset();
        else
            _backoff.Failed();
        _pauseFirst = true;
    }

    /// <summary>Dials until there are as many sessions as wanted, or it is given up.</summary>
    public async Task DialLoopAsync()
    {
        while (true)
        {
            bool pause;
            lock (pool.Gate)
            {
                if (_removed || Usable >= Wanted)
                {
                    _dialling = false;
                    return;
                }

                (pause, _pauseFirst) = (_pauseFirst, false);
            }

            if (pause)
                await PauseAsync();
            if (!_stop.IsCancellationRequested && !await TryOnceAsync() && GivesUp())
                return;
        }
    }

    // True: there is one more session.
    async Task<bool> TryOnceAsync()
    {
        TSession? session = null;
        string failure;
        var reason = ButlerReason.NoSession;
        try
        {
            Interlocked.Increment(ref pool.Statistics.Dials);
            session = await pool.OpenAsync(Endpoint, _stop.Token);
            if (!pool.Add(this, session))
                return false;
            session.Run();
            await session.Opened;
            pool.MarkOpened(session);
            lock (pool.Gate)
            {
                _failingSince = -1;
                Tried = true;
            }

            Log.Connected(pool.Logger, Endpoint.ToString());
            pool.Refresh();
            return true;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception e)
        {
            // Of whatever kind: transports, tokens and Init are users' code as well, and an attempt that failed is followed by the next.
            failure = e.Message;
            if (e is ButlerException { Reason: ButlerReason.Unauthenticated })
                reason = ButlerReason.Unauthenticated;
        }

        Interlocked.Increment(ref pool.Statistics.DialFailures);
        lock (pool.Gate)
        {
            // A session that was there is counted where its end is seen.
            if (session is null)
                _backoff.Failed();
            Tried = true;
            _pauseFirst = true;
            (pool.LastFailure, pool.LastReason) = (failure, reason);
            if (_failingSince < 0)
                _failingSince = pool.Platform.Milliseconds;
        }

        pool.Refresh();
        return false;
    }

    bool GivesUp()
    {
        if (pool.Options.RedialTimeout == Timeout.InfiniteTimeSpan)
            return false;
        lock (pool.Gate)
        {
            if (_failingSince < 0 || pool.Platform.Milliseconds - _failingSince < (long)pool.Options.RedialTimeout.TotalMilliseconds)
                return false;
            _failingSince = -1;
            _dialling = false;
            _pauseFirst = false; // whoever calls it next wants to know at once
        }

        Log.RedialGivenUp(pool.Logger, Endpoint.ToString(), pool.Options.RedialTimeout);
        return true;
    }

    async Task PauseAsync()
    {
        TimeSpan pause;
        int failures;
        lock (pool.Gate)
        {
            pause = _backoff.Next();
            failures = _backoff.Failures;
        }

        if (failures > 0)
            Log.DialFailed(pool.Logger, Endpoint.ToString(), failures, (int)pause.TotalMilliseconds, pool.LastFailure ?? "");
        try
        {
            await Task.Delay(pause, pool.Platform.Time, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // Removed: the loop sees it.
        }
    }
}
