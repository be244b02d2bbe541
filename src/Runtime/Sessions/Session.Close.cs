using ButlerRpc.Calls;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Sessions;

// How a session ends: drained, at once, or because something broke.
sealed partial class Session
{
    const long Linger = 1000;

    volatile bool _goawaySent;
    bool _sendsGoaway;      // closed, but a last GOAWAY is on its way
    bool _connectionEnded;
    bool _halfClosed;       // drained: nothing more is sent
    volatile bool _peerEnded; // it sends nothing more either
    long _lingerDue = long.MaxValue;
    long _drainDue = long.MaxValue;
    TimeSpan _drainTime;

    /// <summary>True when nothing is in flight either way.</summary>
    bool IsIdle => Volatile.Read(ref _inFlight) == 0 && Statistics.Serving == 0 && _port is null or { InFlight: 0 };

    /// <summary>
    /// Takes no new calls in either direction, lets those in flight end, and closes. What is not over after <paramref name="timeout"/> is cut off.
    /// </summary>
    public Task DrainAsync(TimeSpan timeout)
    {
        SendAction action;
        lock (_gate)
        {
            if (_state >= SessionState.Draining)
                return Closed;
            _state = SessionState.Draining;
            TellDraining();
            _drainTime = timeout;
            _drainDue = Host.Platform.Milliseconds + (long)timeout.TotalMilliseconds;
            FailWaiting(Errors.Dropped("the session is draining", handedOver: false, ButlerReason.Stopped));
            if (_iproto is not null)
                BeginShutdown();
            BeginShutdownCallbacks();
            WriteGoaway(EndsIdle ? ButlerReason.None : ButlerReason.Stopped);
            action = DecideFlush();
            EndDrainIfIdle();
        }

        Host.Clock.Arm(_drainDue);
        Act(action);
        return Closed;
    }

    /// <summary>Ends it at once; what is in flight fails.</summary>
    public void Abort(ButlerReason reason, string message)
    {
        Close(new ButlerException(ButlerStatus.Unavailable, message, ButlerCertainty.Unknown, reason), goaway: false);
    }

    void HandleGoaway(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 4)
            throw new ProtocolViolationException("a GOAWAY without the number of accepted requests");
        var accepted = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(payload);
        var reason = (ButlerReason)header.Code;
        var message = reason == ButlerReason.Unauthenticated
            ? $"{RemoteAddress} does not accept the token, or wants one (ButlerClientOptions.Token)"
            : reason == ButlerReason.ProtocolViolation && !_helloRead
            ? $"{RemoteAddress} refuses the session: {reason} ({WrongPeer})"
            : $"the peer ends the session: {reason}";
        if (!_helloRead || reason is not (ButlerReason.Stopped or ButlerReason.None))
        {
            RejectAfter(accepted, message, reason);
            Close(Errors.Dropped(message, handedOver: true, reason), goaway: false);
            return;
        }

        lock (_gate)
        {
            if (_state < SessionState.Draining)
            {
                _state = SessionState.Draining;
                TellDraining();
                EndsIdle = reason == ButlerReason.None;
                BeginShutdownCallbacks();
                FailWaiting(Errors.Dropped(message, handedOver: false, ButlerReason.Stopped));
            }
        }

        RejectAfter(accepted, message, ButlerReason.Stopped);
        _port?.OnGoaway(accepted);
        DrainStarted?.Invoke(this);
        lock (_gate)
        {
            LetWaitersGoOn();
            EndDrainIfIdle();
        }
    }

    /// <summary>Called, on the read loop, when the peer will take no more calls.</summary>
    public Action<Session>? DrainStarted { get; init; }

    // The calls that the peer says it has not taken and never will.
    void RejectAfter(uint accepted, string message, ButlerReason reason)
    {
        lock (_gate)
        {
            for (var index = 0; index < _slots.Used; index++)
            {
                ref var slot = ref _slots[index];
                if (slot.State != SlotState.Pending || !(TryWithdraw(ref slot) || (int)((slot.Large?.Ordinal ?? slot.Ordinal) - accepted) > 0))
                    continue;
                var call = slot.Call;
                if (!slot.TryLeavePending(slot.Generation, SlotState.Answered))
                    continue;
                slot.Streams?.Close(null);
                call!.FailLater(Errors.Dropped(message, handedOver: false, reason), Host.Platform.Scheduler);
                if (slot.Body is { } body)
                    Drop(body);
                _slots.Free(index);
                _inFlight--;
            }
        }
    }

    void WriteGoaway(ButlerReason reason)
    {
        if (_goawaySent || (_framing.Capabilities & FramingCapabilities.Handshake) == 0)
            return;
        _goawaySent = true;

        // The read loop counts a request and looks at the flag then: one that runs must have been counted here, or the peer would believe that it never will and make
        // its call again. The fence of both sides, so that the loop needs none.
        Interlocked.MemoryBarrierProcessWide();
        var accepted = _requestsTaken;
        WriteControl(FrameKind.Goaway, (uint)reason, 0, buffer =>
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(buffer.GetSpan(4), accepted);
            buffer.Advance(4);
        });
    }

    // Under the gate. What a drain has waited for in vain.
    string WhatDidNotEnd()
    {
        var what = new List<string>();
        if (Statistics.Serving is > 0 and var serving)
        {
            var methods = _inbound.Where(c => c is { InFlight: true }).Select(c => c!.Method.FullName).Distinct().Order(StringComparer.Ordinal).Take(3).ToArray();
            what.Add($"{serving} calls being served{(methods.Length > 0 ? $" ({string.Join(", ", methods)})" : "")}");
        }

        if (_inFlight > 0)
            what.Add($"{_inFlight} calls of this end");
        if (QueuedBytes > 0)
            what.Add($"{QueuedBytes} bytes that the peer does not read");
        if (!_callbacksRun)
            what.Add("a callback for the shutdown");
        return $"the drain time of {_drainTime.TotalSeconds:0.###} s was over before everything had ended: {(what.Count > 0 ? string.Join(", ", what) : "the peer does not close")}";
    }

    // Under the gate. The last answer is in the send buffer or was received; what is buffered is still sent before the connection ends.
    void EndDrainIfIdle()
    {
        if (_state == SessionState.Draining && (_iproto is null ? IsIdle && !HasLarge && _callbacksRun && _hijacked is null : MayShutDown))
            Host.Platform.Scheduler.Queue(new DrainEnd(this));
    }

    void Violate(ProtocolViolationException violation)
    {
        // Strangers are many, and their mistakes nobody's business here; a peer that was let in is one that somebody looks after.
        Log.ProtocolViolated(Host.Logger, _state < SessionState.Open ? LogLevel.Debug : LogLevel.Warning, RemoteAddress, violation.Message);
        Close(
            new ButlerException(ButlerStatus.Unavailable, $"the peer broke the protocol{WhileOpening}: {violation.Message}", ButlerCertainty.Unknown, violation.Reason),
            goaway: true);
    }

    void OnEndOfStream()
    {
        bool drained;
        lock (_gate)
        {
            drained = _state == SessionState.Draining && IsIdle && _filling.WrittenCount == 0 && !_isSending;
            _peerEnded = true;
            if (drained && _iproto is null && !_callbacksRun)
                return; // what the application wants to do first goes on to hold it; whoever has done it comes to CloseDrained
            if (drained && !_halfClosed)
                _connection.CloseWrite();
            _halfClosed |= drained;
        }

        Close(
            drained ? Drained() : new ButlerException(
                ButlerStatus.Unavailable, $"{RemoteAddress} closed the connection{WhileOpening}", ButlerCertainty.Unknown, ButlerReason.ConnectionDropped),
            goaway: false);
    }

    void OnBroken(Exception failure)
    {
        if (failure is not (IOException or System.Net.Sockets.SocketException or ObjectDisposedException or OperationCanceledException))
            Log.SessionFailed(Host.Logger, failure, RemoteAddress);
        lock (_gate)
            _sendsGoaway = false;
        Close(
            new ButlerException(
                ButlerStatus.Unavailable, $"the connection to {RemoteAddress} broke{WhileOpening}: {PeerText.Reason(failure.Message)}", ButlerCertainty.Unknown, ButlerReason.ConnectionDropped, failure),
            goaway: false);
        EndConnection();
    }

    // What dials another protocol's port, or TLS without tls://, is most often closed or reset before it is welcomed.
    const string WrongPeer = "is the protocol the right one, with TLS or without? A server is tcp://host:port, a broker butler://host:port/channel";

    string WhileOpening => !_isAcceptor && !_helloRead && _iproto is null ? $" before the session was open ({WrongPeer})" : "";

    // The one way in which a session ends. Every call in flight is failed here, now.
    void Close(ButlerException reason, bool goaway)
    {
        List<(ClientCall Call, bool HandedOver)> calls = [];
        var action = SendAction.None;
        lock (_gate)
        {
            if (_state == SessionState.Closed)
                return;
            if (goaway)
            {
                WriteGoaway(reason.Reason);
                action = DecideFlush();
            }

            _sendsGoaway = _isSending && (goaway || _goawaySent);
            _handedOverAtEnd = _sendsGoaway ? long.MaxValue : _handedOver; // what stands before a last GOAWAY still leaves
            _state = SessionState.Closed;
            TellDraining();
            CloseReason = reason;
            FailWaiting(Errors.Dropped(reason.Message, handedOver: false, reason.Reason));
            for (var index = 0; index < _slots.Used; index++)
            {
                ref var slot = ref _slots[index];
                var call = slot.Call;
                if (slot.State != SlotState.Pending || !slot.TryLeavePending(slot.Generation, SlotState.Answered))
                    continue;
                slot.Call = null;
                slot.Streams?.Close(null);
                calls.Add((call!, slot.Position < _handedOverAtEnd));
            }

            TellRoomMade();
            SendLateReplies();
            _hijacked?.Fail(reason);
            while (_large.TryDequeue(out var large))
                large.Release();
            _largeBegun.Clear(); // their memory does not go back to the pool: one of them may be on its way at this moment
            _largeBytes = 0;
            _lingerDue = Host.Platform.Milliseconds + Linger;
        }

        foreach (var (call, handedOver) in calls)
            call.FailLater(Errors.Dropped(reason.Message, handedOver, reason.Reason), Host.Platform.Scheduler);
        foreach (var call in _inbound)
        {
            if (call is { InFlight: true })
                Host.Platform.Scheduler.Queue(new CancelInbound(call));
        }

        FireEnded();
        Host.Totals.End(this, reason.Reason);
        Log.SessionEnded(Host.Logger, RemoteAddress, reason.Message);
        _opened.Set(reason);
        if (_sendsGoaway)
        {
            Host.Clock.Arm(_lingerDue);
            Act(action);
        }
        else
        {
            EndConnection();
        }

        TellEnd();
        _port?.OnClosed();
        _closed.Set();
    }

    void FireEnded() => Host.Platform.Scheduler.Queue(new TokenFired(_ended, Host.Logger, $"the session with {RemoteAddress}"));

    void FailWaiting(ButlerException failure)
    {
        foreach (var call in _waiting.Concat(_waitingNotices).Concat(_waitingOrdered).Concat(_refusedCalls))
            call.FailLater(failure, Host.Platform.Scheduler);
        _waiting.Clear();
        _waitingNotices.Clear();
        _waitingOrdered.Clear();
        _refusedCalls.Clear();
    }

    void EndConnection()
    {
        lock (_gate)
        {
            if (_connectionEnded)
                return;
            _connectionEnded = true;
            _sendsGoaway = false;
        }

        Host.Clock.Remove(this);
        Host.Platform.Scheduler.Start(async () => await _connection.DisposeAsync());
    }

    sealed class DrainEnd(Session session) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            session.FlushHeld();
            session.CloseDrained();
        }
    }

    // Neither end just closes: what is still on its way to it would be answered by a reset, which can destroy what the other has not read. Each says that it
    // sends nothing more, and closes when the other has said so too.
    void CloseDrained()
    {
        if (_iproto is not null)
        {
            GoOnShuttingDown();
            return;
        }

        lock (_gate)
        {
            if (_state != SessionState.Draining || !IsIdle || _halfClosed || !_callbacksRun)
                return;
            if (_filling.WrittenCount > 0 || _isSending)
                return; // still on its way out; whoever sends comes back here
            _halfClosed = true;
            _drainDue = Math.Min(_drainDue, Host.Platform.Milliseconds + Linger);
            Host.Clock.Arm(_drainDue);
            _connection.CloseWrite();
        }

        if (_peerEnded)
            Close(Drained(), goaway: false);
    }

    static ButlerException Drained() => new(ButlerStatus.Unavailable, "the session was drained", ButlerCertainty.NotExecuted, ButlerReason.Stopped);

    sealed class CancelInbound(InboundCall call) : IThreadPoolWorkItem
    {
        readonly uint _id = call.Id;

        public void Execute() => call.Cancel(_id);
    }
}
