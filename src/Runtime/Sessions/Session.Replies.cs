using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

// What this end answers to the calls of the peer.
sealed partial class Session
{
    int _replyStart;

    /// <summary>As <see cref="BeginInPlace"/>; null: the peer does not read, and the reply has to wait.</summary>
    public WriteBuffer? TryBeginReplyInPlace()
    {
        EnterGate();
        if (AdmitsFrame)
            return BeginInside();
        ExitGate();
        return null;
    }

    // What is written is encoded straight into the send buffer: the gate is held from here to the end of it.
    public WriteBuffer BeginInPlace()
    {
        EnterGate();
        return BeginInside();
    }

    WriteBuffer BeginInside()
    {
        _replyStart = _filling.WrittenCount;
        _filling.GetSpan(_framing.HeaderSize);
        _filling.Advance(_framing.HeaderSize);
        return _filling;
    }

    public void AbortInPlace()
    {
        _filling.Truncate(_replyStart);
        ExitGate();
    }

    public void EndReplyInPlace(InboundCall call)
    {
        SendAction action;
        try
        {
            var length = _filling.WrittenCount - _replyStart - _framing.HeaderSize;
            if (_state == SessionState.Closed || IsUnanswered(call))
            {
                _filling.Truncate(_replyStart);
                EndInbound(call);
            }
            else if (length > _frameRoom)
            {
                var bytes = TakeLarge(null, _replyStart + _framing.HeaderSize, _replyStart, length);
                FinishReply(call, bytes, length);
            }
            else
            {
                _framing.WriteHeader(
                    _filling.Patch(_replyStart, _framing.HeaderSize), new FrameHeader(FrameKind.Reply, FrameFlags.None, ReplyCode(call), call.Id, length));
                _framesFilled++;
                EndInbound(call);
            }

            action = DecideFlush();
        }
        finally
        {
            ExitGate();
        }

        Act(action);
    }

    /// <summary>Sends a reply that was encoded elsewhere. False: the peer does not read, and the reply has to wait.</summary>
    public bool TrySendReply(InboundCall call, WriteBuffer body)
    {
        SendAction action;
        lock (_gate)
        {
            var length = body.WrittenCount;
            if (!AdmitsReply(length))
                return false;
            if (_state == SessionState.Closed || IsUnanswered(call))
            {
                EndInbound(call);
            }
            else if (_iproto is null && call.ReplyMetadata is { } metadata)
            {
                WriteReplyWithMetadata(call, metadata, body);
            }
            else if (length > _frameRoom)
            {
                FinishReply(call, body.Detach(out _), length);
            }
            else
            {
                _framing.WriteHeader(
                    _filling.GetSpan(_framing.HeaderSize + length), new FrameHeader(FrameKind.Reply, FrameFlags.None, ReplyCode(call), call.Id, length));
                _filling.Advance(_framing.HeaderSize);
                _filling.Write(body.WrittenSpan);
                _framesFilled++;
                call.Method.LargeReplies = false;
                EndInbound(call);
            }

            action = DecideFlush();
        }

        Act(action);
        return true;
    }

    // Rare enough to be written in the plainest way.
    void WriteReplyWithMetadata(InboundCall call, Metadata metadata, WriteBuffer body)
    {
        var start = _filling.WrittenCount;
        try
        {
            _filling.GetSpan(_framing.HeaderSize);
            _filling.Advance(_framing.HeaderSize);
            WriteMetadata(metadata);
        }
        catch (ButlerException e)
        {
            _filling.Truncate(start);
            WriteReplyError(call, e);
            EndInbound(call);
            return;
        }

        var prefix = _filling.WrittenCount - start - _framing.HeaderSize;
        if (prefix + body.WrittenCount > _frameRoom)
        {
            var encoded = _filling.Patch(start + _framing.HeaderSize + 2, prefix - 2).ToArray();
            _filling.Truncate(start);
            FinishReply(call, body.Detach(out var length), length, encoded);
            return;
        }

        _filling.Write(body.WrittenSpan);
        _framing.WriteHeader(
            _filling.Patch(start, _framing.HeaderSize),
            new FrameHeader(FrameKind.Reply, FrameFlags.Metadata, ReplyCode(call), call.Id, prefix + body.WrittenCount));
        _framesFilled++;
        EndInbound(call);
    }

    // A reply that takes several frames, or is too large for the peer. Under the gate.
    void FinishReply(InboundCall call, byte[] bytes, int length, byte[]? metadata = null)
    {
        if (length > PeerMessageLimit)
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
            WriteReplyError(call, Errors.TooLarge($"the reply of {call.Method.FullName}", length, PeerMessageLimit, Errors.OfEitherEnd));
        }
        else
        {
            call.Method.LargeReplies = true;
            QueueLarge(new OutgoingMessage(FrameKind.Reply, ReplyCode(call), call.Id, bytes, length, long.MaxValue, slot: -1, stream: null, metadata));
        }

        EndInbound(call);
    }

    /// <summary>Ends a call that nobody waits for any more, before its handler was started.</summary>
    public void Forget(InboundCall call)
    {
        lock (_gate)
            EndInbound(call);
    }

    /// <summary>Ends a call whose result is a stream.</summary>
    public void EndResultStream(InboundCall call)
    {
        SendAction action;
        lock (_gate)
        {
            if (_state != SessionState.Closed)
                WriteControl(FrameKind.End, 0, call.Id);
            EndInbound(call);
            action = DecideFlush();
        }

        Act(action);
    }

    public void SendError(InboundCall call, ButlerException error, bool executed)
    {
        if (_iproto is not null)
        {
            FailIproto(call, error);
            return;
        }

        if (call.Slot < 0)
        {
            OnNotifyFailed(call.Method.FullName, error);
            EndNotify(call);
            return;
        }

        if (!AdmitsFrame)
        {
            QueueReply(new LateReply(() => SendError(call, error, executed)));
            return;
        }

        // Encoded before the gate is taken: a fault's codec may run user code.
        var payload = Scratch.Rent(int.MaxValue);
        try
        {
            ErrorPayload.Write(payload, error, CertaintyOf(executed), call.Method.Faults);
        }
        catch (Exception e)
        {
            Log.HandlerFailed(Host.Logger, e, call.Method.FullName, error.ErrorId);
            payload.Reset();
            ErrorPayload.Write(payload, error, CertaintyOf(executed), faults: []);
        }

        SendAction action;
        lock (_gate)
        {
            WriteError(call, error, payload);
            EndInbound(call);
            action = DecideFlush();
        }

        Scratch.Return(payload);
        Act(action);
    }

    public void EndNotify(InboundCall call)
    {
        lock (_gate)
            EndInbound(call);
        if (call.Slot < 0)
            call.ReturnNotify();
        if (_iproto is null)
            ReturnNotify();
    }

    // One of the peer's one-way messages has ended; its credit goes back with many others.
    void ReturnNotify()
    {
        var action = SendAction.None;
        lock (_gate)
        {
            _notifiesReturned++;
            if (_notifiesReturned * 2 >= Host.Limits.NotifiesInFlight && _state < SessionState.Closed)
            {
                var returned = (uint)_notifiesReturned;
                WriteCredit(0, 0, returned, 0);
                Interlocked.Add(ref _notifiesInFlight, -_notifiesReturned);
                _notifiesReturned = 0;
                action = DecideFlush();
            }
        }

        Act(action);
    }

    // Under the gate.
    void WriteError(InboundCall call, ButlerException error, WriteBuffer payload)
    {
        if (_state == SessionState.Closed || (_framing.Capabilities & FramingCapabilities.Errors) == 0)
            return;
        if (IsPeersFault(error.Reason))
            CountAbuse();
        var status = error.Status == ButlerStatus.Ok ? ButlerStatus.Unknown : error.Status;
        WriteControl(FrameKind.Error, (uint)status, call.Id, buffer => buffer.Write(payload.WrittenSpan));
    }

    // An error of this end's own making, for a reply that could not be sent. Under the gate.
    void WriteReplyError(InboundCall call, ButlerException error)
    {
        var payload = new WriteBuffer();
        ErrorPayload.Write(payload, error, ButlerCertainty.Executed, faults: []);
        WriteError(call, error, payload);
        payload.Dispose();
    }

    static ButlerCertainty CertaintyOf(bool executed) => executed ? ButlerCertainty.Executed : ButlerCertainty.NotExecuted;

    // The final frame is in the send buffer. Under the gate.
    void EndInbound(InboundCall call)
    {
        if (!call.InFlight)
            return; // a request that was never complete ends with its session, and perhaps at the same time here
        if (_watchesIdle)
            _lastUse = Host.Platform.Milliseconds;
        call.End();
        Statistics.ServingEnded++;
        if (_iproto is not null)
            ReturnInbound(call);
        if (_state == SessionState.Draining)
            EndDrainIfIdle();
    }

    uint ReplyCode(InboundCall call) => (_framing.Capabilities & FramingCapabilities.Handshake) != 0 ? 0 : call.MethodCode;

    void EnterGate()
    {
#if NET9_0_OR_GREATER
        _gate.Enter();
#else
        Monitor.Enter(_gate);
#endif
    }

    void ExitGate()
    {
#if NET9_0_OR_GREATER
        _gate.Exit();
#else
        Monitor.Exit(_gate);
#endif
    }
}
