using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

// The shutdown of iproto, the same on both ends: no new calls, the callbacks, the end of the calls in flight, one 0xFF01, the peer's 0xFF01, the end.
sealed partial class Session
{
    bool _shutdownSent;
    bool _peerShutdown;

    // Under the gate: true when the shutdown can go on.
    bool MayShutDown => _hijacked is null && _callbacksRun && (_shutdownSent ? _peerShutdown && Statistics.Serving == 0 : _inFlight == 0);

    // Under the gate; the state is Draining.
    void BeginShutdown()
    {
        if (_callbacksBegun)
            return;
        _drainDue = Math.Min(_drainDue, Host.Platform.Milliseconds + (long)_iproto!.ShutdownTimeout.TotalMilliseconds);
        BeginShutdownCallbacks();
    }

    // The peer's 0xFF01: it began, or acknowledges.
    void HandleShutdown()
    {
        lock (_gate)
        {
            _peerShutdown = true;
            if (_state < SessionState.Draining)
            {
                _state = SessionState.Draining;
                TellDraining();
                FailWaiting(Errors.Dropped("the peer shuts the connection down", handedOver: false, ButlerReason.Stopped));
            }

            BeginShutdown();
            Host.Clock.Arm(_drainDue);
        }

        DrainStarted?.Invoke(this);
        lock (_gate)
            EndDrainIfIdle();
    }

    // On the scheduler, whenever one of the conditions has come true.
    void GoOnShuttingDown()
    {
        var action = SendAction.None;
        lock (_gate)
        {
            if (_state != SessionState.Draining || !MayShutDown)
                return;
            if (!_shutdownSent)
            {
                WriteShutdown();
                action = DecideFlush();
            }
            else if (_filling.WrittenCount > 0 || _isSending)
            {
                return; // still on its way out; whoever sends comes back here
            }
        }

        if (action != SendAction.None)
        {
            Act(action);
            return;
        }

        if (_shutdownSent && QueuedBytes == 0)
            CloseShutDown();
    }

    void CloseShutDown() => Close(
        new ButlerException(ButlerStatus.Unavailable, "the connection was shut down", ButlerCertainty.NotExecuted, ButlerReason.Stopped), goaway: false);

    // Under the gate.
    void WriteShutdown()
    {
        _shutdownSent = true;
        _drainDue = Host.Platform.Milliseconds + (long)_iproto!.ShutdownTimeout.TotalMilliseconds;
        Host.Clock.Arm(_drainDue);
        WriteControl(FrameKind.Goaway, IprotoFraming.Shutdown, 0);
    }

    // The calls in flight have not ended in time: the shutdown goes on without them, once. Under the gate.
    bool ExtendShutdown(long now, ref bool wrote)
    {
        if (_shutdownSent)
            return false;
        WriteShutdown();
        wrote = true;
        return _drainDue > now;
    }

    long NextLook(long now)
    {
        var next = long.MaxValue;
        if (_iproto!.PingInterval > TimeSpan.Zero)
            next = now + (long)_iproto.PingInterval.TotalMilliseconds;
        if (_iproto.IdleTimeout > TimeSpan.Zero)
            next = Math.Min(next, now + (long)_iproto.IdleTimeout.TotalMilliseconds);
        return next;
    }

    // Silence: a ping, then the end; and a connection that is not used is shut down. Under the gate.
    long CheckIprotoSilence(long now, ref ButlerException? end, ref bool wrote)
    {
        var next = long.MaxValue;
        var received = Volatile.Read(ref _lastReceived);
        if (_iproto!.PingInterval <= TimeSpan.Zero)
            return next;
        if (_pingSent >= 0 && received >= _pingSent)
            _pingSent = -1;
        if (_pingSent >= 0)
        {
            var dead = _pingSent + (long)_iproto.PingTimeout.TotalMilliseconds;
            if (dead <= now)
                end = EndedBecause(ButlerReason.ConnectionDropped, $"{RemoteAddress} has been silent for {(now - received) / 1000.0:0.#} s");
            return Math.Min(next, Math.Min(dead, now + (long)_iproto.PingInterval.TotalMilliseconds));
        }

        var due = received + (long)_iproto.PingInterval.TotalMilliseconds;
        if (due > now)
            return Math.Min(next, due);
        if (!_pingOutstanding)
        {
            _pingOutstanding = true;
            WriteControl(FrameKind.Ping, IprotoFraming.Ping, 0);
            wrote = true;
        }

        _pingSent = now;
        return Math.Min(next, now + (long)Math.Min(_iproto.PingTimeout.TotalMilliseconds, _iproto.PingInterval.TotalMilliseconds));
    }
}
