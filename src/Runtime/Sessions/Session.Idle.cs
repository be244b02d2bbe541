namespace ButlerRpc.Sessions;

// A session that nobody has used for a while, if it is told to look: pings keep it alive, but they are no use.
sealed partial class Session
{
    long _lastUse;       // when a call was sent or something other than a sign of life came
    readonly bool _watchesIdle;

    TimeSpan IdleTimeout => _iproto?.IdleTimeout ?? Host.Limits.IdleTimeout;

    /// <summary>It ends, or has ended, because nobody used it: there is no need of another until somebody calls.</summary>
    public bool EndsIdle { get; private set; }

    // Under the gate. Returns when the next look is due.
    long CheckIdle(long now)
    {
        if (!_watchesIdle || _state != SessionState.Open)
            return long.MaxValue;
        var timeout = (long)IdleTimeout.TotalMilliseconds;
        if (!IsIdle)
            _lastUse = now;

        if (_lastUse + timeout > now)
            return _lastUse + timeout;
        EndsIdle = true;
        Host.Platform.Scheduler.Start(() => DrainAsync(_iproto?.ShutdownTimeout ?? Host.Limits.DeadAfterPing));
        return long.MaxValue;
    }
}
