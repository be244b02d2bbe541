using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

// Everything that happens because time has passed.
sealed partial class Session
{
    static readonly byte[] PingBody = new byte[8];
    long _pingSent = -1;

    public long OnTime(long now)
    {
        ButlerException? end = null;
        var wrote = false;
        var action = SendAction.None;
        long next;
        lock (_gate)
        {
            if (_connectionEnded)
                return long.MaxValue;
            if (_state == SessionState.Closed)
            {
                if (_lingerDue > now)
                    return _lingerDue;
                next = long.MaxValue;
            }
            else
            {
                next = ExpireCalls(now, ref wrote);
                next = Math.Min(next, _handshakeDue);
                next = Math.Min(next, _sendDue);
                next = Math.Min(next, _drainDue);
                next = Math.Min(next, CheckFrame(now, ref end));
                next = Math.Min(next, CheckSilence(now, ref end, ref wrote));
                next = Math.Min(next, CheckIdle(now));
                if (_handshakeDue <= now)
                    end = EndedBecause(ButlerReason.ConnectionDropped, _isAcceptor
                        ? "the handshake was not over in time"
                        : $"{RemoteAddress} has taken the connection and not answered the handshake in time (does it speak {_framing.Name}?)");
                else if (_sendDue <= now)
                    end = EndedBecause(ButlerReason.SlowPeer, $"{RemoteAddress} has not read for {Host.Limits.SendStallTimeout.TotalSeconds:0.#} s");
                else if (_drainDue <= now && (_iproto is null || !ExtendShutdown(now, ref wrote)))
                    end = _halfClosed ? Drained() : EndedBecause(ButlerReason.Stopped, WhatDidNotEnd());
                if (wrote)
                    action = DecideFlush(); // once, for all that was written: who is told to send must
            }
        }

        if (_state == SessionState.Closed)
        {
            _connection.Abort();
            EndConnection();
            return long.MaxValue;
        }

        next = Math.Min(next, CancelDueInbound(now));
        Act(action);
        if (end is null)
            return next;
        Close(end, goaway: end.Reason != ButlerReason.SlowPeer);
        return OnTimeAfterClose();
    }

    long OnTimeAfterClose() => _connectionEnded ? long.MaxValue : _lingerDue;

    // A frame that has begun must go on arriving.
    long CheckFrame(long now, ref ButlerException? end)
    {
        var begun = _frameBegun;
        if (begun < 0)
            return long.MaxValue;
        var due = begun + (long)Host.Limits.FrameGrace.TotalMilliseconds + FrameArrived * 1000L / Host.Limits.FrameBytesPerSecond;
        if (due <= now)
            end = EndedBecause(ButlerReason.SlowPeer, $"a frame from {RemoteAddress} arrives slower than {Host.Limits.FrameBytesPerSecond} B/s");
        return due;
    }

    // Silence: first a ping, then the end. Any received byte counts as life, and so does a send that got on: behind a large reply on a slow link a ping
    // takes long to arrive.
    long CheckSilence(long now, ref ButlerException? end, ref bool wrote)
    {
        if (_hijacked is not null)
            return long.MaxValue;
        if (_iproto is not null)
            return CheckIprotoSilence(now, ref end, ref wrote);
        if (_state == SessionState.Opening)
            return long.MaxValue;
        var received = Math.Max(Volatile.Read(ref _lastReceived), Volatile.Read(ref _lastTaken));
        if (_pingSent >= 0 && received >= _pingSent)
            _pingSent = -1;
        if (_pingSent >= 0)
        {
            var dead = _pingSent + (long)Host.Limits.DeadAfterPing.TotalMilliseconds;
            if (dead <= now)
                end = EndedBecause(ButlerReason.ConnectionDropped, $"{RemoteAddress} has been silent for {(now - received) / 1000.0:0.#} s");
            return dead;
        }

        var due = received + (long)Host.Limits.PingAfter.TotalMilliseconds;
        if (due > now)
            return due;
        WriteControl(FrameKind.Ping, 0, 0, buffer => buffer.Write(PingBody));
        _pingSent = now;
        wrote = true;
        return now + (long)Host.Limits.DeadAfterPing.TotalMilliseconds;
    }

    // Handlers whose deadline has passed are told through their token, on the scheduler.
    long CancelDueInbound(long now)
    {
        var next = long.MaxValue;
        foreach (var call in _inbound)
        {
            if (call is null)
                continue;
            if (call.IsDue(now))
                Host.Platform.Scheduler.Queue(new CancelInbound(call));
            else
                next = Math.Min(next, call.Due);
        }

        return next;
    }

    static ButlerException EndedBecause(ButlerReason reason, string message) => new(ButlerStatus.Unavailable, message, ButlerCertainty.Unknown, reason);
}
