using System.Buffers.Binary;
using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

// Streams: ITEM, END, CREDIT and STOP. The read loop only moves bytes and credit; whoever waited is resumed as an entry of the batch.
sealed partial class Session
{
    readonly List<OutboundStream> _wantRoom = [];
    long _raised;

    /// <summary>True while the send queue takes messages.</summary>
    public bool HasRoom => AdmitsMessages;

    /// <summary>Bytes that the windows of incoming streams were raised by.</summary>
    public long RaisedStreamBytes => Interlocked.Read(ref _raised);

    /// <summary>Bytes of the messages that the peer has begun and not finished.</summary>
    public long ReassemblingBytes => Interlocked.Read(ref _reassembling);

    public bool TryRaise(int bytes)
    {
        if (Interlocked.Add(ref _raised, bytes) <= Host.Limits.StreamPoolBytes)
            return true;
        Interlocked.Add(ref _raised, -bytes);
        return false;
    }

    public void Lower(int bytes) => Interlocked.Add(ref _raised, -bytes);

    void HandleItem(in FrameHeader header, int offset, Batch batch)
    {
        if (FindStreams(in header) is not { } streams)
            return;
        if (streams.FindReader(header.Code) is not { } reader)
            throw new ProtocolViolationException($"an item of stream {header.Code}, which the call does not have");
        TouchItemDeadline(in header, streams);
        if (reader.Take(in header, _buffer.AsSpan(offset, header.Length), streams.Method))
            batch.Add(reader.Queue);
    }

    void HandleEnd(in FrameHeader header, Batch batch)
    {
        if (header.Code == 0)
        {
            // The final frame of a call; of one that was given up, too.
            var id = new CallId(header.Call);
            if (id.ByAcceptor == _isAcceptor && id.Slot < _slots.Used && _slots[id.Slot] is { State: SlotState.Pending, Streams: { } result } slot
                && slot.Generation == id.Generation && result.FindReader(0) is { IsInBody: true })
            {
                throw new ProtocolViolationException("the end of a result in the middle of an item");
            }

            HandleAnswer(in header, 0, batch);
            return;
        }

        if (FindStreams(in header) is not { } streams)
            return;
        if (streams.FindReader(header.Code) is not { } reader)
            throw new ProtocolViolationException($"the end of stream {header.Code}, which the call does not have");
        if (reader.TakeEnd())
            batch.Add(reader.Queue);
    }

    void HandleCredit(in FrameHeader header, ReadOnlySpan<byte> payload, Batch batch)
    {
        if (payload.Length != 8)
            throw new ProtocolViolationException($"a CREDIT of {payload.Length} bytes; it has 8");
        if (header.Call == 0 && header.Code == 0)
        {
            var returned = BinaryPrimitives.ReadUInt32LittleEndian(payload);
            lock (_gate)
            {
                if (returned > (long)_peer.Notifies - _notifyCredit)
                    throw new ProtocolViolationException($"{returned} one-way messages are returned, which is more than are in flight");
                _notifyCredit += (int)returned;
                AdmitWaiting();
                TellRoomForOffers();
            }

            return;
        }

        if (FindStreams(in header) is not { } streams)
            return;
        if (streams.FindWriter(header.Code) is not { } writer)
            throw new ProtocolViolationException($"credit for stream {header.Code}, which the call does not have");
        lock (_gate)
        {
            if (writer.Grant(BinaryPrimitives.ReadUInt32LittleEndian(payload), BinaryPrimitives.ReadUInt32LittleEndian(payload[4..])))
                batch.Add(writer);
        }
    }

    void HandleStop(in FrameHeader header, Batch batch)
    {
        if (FindStreams(in header) is not { } streams)
            return;
        if (streams.FindWriter(header.Code) is not { } writer)
            throw new ProtocolViolationException($"a STOP for stream {header.Code}, which the call does not have");
        lock (_gate)
        {
            if (writer.MarkClosed())
                batch.Add(writer);
            BeginAnswerDeadline(header.Call);
        }
    }

    // The streams of the call that a frame belongs to. Null: the call has ended, and the frame was on its way.
    SessionStreams? FindStreams(in FrameHeader header)
    {
        var id = new CallId(header.Call);
        SessionStreams? streams;
        if (id.ByAcceptor == _isAcceptor)
        {
            if (id.Slot >= _slots.Used)
                throw new ProtocolViolationException($"a frame {header.Kind} for a call that was never started");
            ref var slot = ref _slots[id.Slot];
            var distance = CallId.Distance(id.Generation, slot.Generation);
            if (distance > 0)
                throw new ProtocolViolationException($"a frame {header.Kind} for a call that was never started");
            if (distance < 0 || slot.State != SlotState.Pending)
            {
                Statistics.LateFrames++;
                return null;
            }

            streams = slot.Streams;
        }
        else
        {
            if (id.Slot >= _inbound.Length || _inbound[id.Slot] is not { Used: true } call
                || CallId.Distance(id.Generation, new CallId(call.Id).Generation) > 0)
            {
                throw new ProtocolViolationException($"a frame {header.Kind} for a call that was never started");
            }

            if (!call.InFlight || call.Id != header.Call)
            {
                Statistics.LateFrames++;
                return null;
            }

            streams = call.SessionStreams;
        }

        return streams ?? throw new ProtocolViolationException($"a frame {header.Kind} for a call without streams");
    }

    // The default deadline of a stream covers its first item; between items there is one only if the method asks for it.
    void TouchItemDeadline(in FrameHeader header, SessionStreams streams)
    {
        var id = new CallId(header.Call);
        if (id.ByAcceptor != _isAcceptor || header.Code != 0)
            return;
        ref var slot = ref _slots[id.Slot];
        if (!streams.HasAnswered)
        {
            // Under the gate, where SendEnd looks at it.
            lock (_gate)
            {
                streams.HasAnswered = true;
                if (slot.Call is { Timeout: null })
                    Volatile.Write(ref slot.Deadline, long.MaxValue);
            }
        }

        if (streams.Method.ItemTimeout is not null && slot.Call is { } call)
            SetItemDeadline(ref slot, call);
    }

    // The reader of a result has taken items and its writer may go on: from here on it is the writer who is waited for. Under the gate, or the slot might be the
    // next call's by now.
    void ExtendItemDeadline(uint callId)
    {
        var id = new CallId(callId);
        ref var slot = ref _slots[id.Slot];
        if (slot.Call is { Method.ItemTimeout: not null } call && slot.Generation == id.Generation && slot.State == SlotState.Pending)
            SetItemDeadline(ref slot, call);
    }

    void SetItemDeadline(ref CallSlot slot, ClientCall call)
    {
        var between = (long)call.Method.ItemTimeout!.Value.TotalMilliseconds;
        var due = Math.Min(call.Timeout is null ? long.MaxValue : call.Deadline, Host.Platform.Milliseconds + between);
        Volatile.Write(ref slot.Deadline, due);
        Host.Clock.Arm(due);
    }

    // True when a call is not overdue although its slot says so: its reader has items that it does not take, so it is not the writer who is late. Under the gate.
    bool WaitsForReader(ref CallSlot slot, ClientCall call, long now)
    {
        if (call.Method.ItemTimeout is not { } between || call.Result is not { HasItems: true } || (call.Timeout is not null && call.Deadline <= now))
            return false;
        Volatile.Write(ref slot.Deadline, Math.Min(call.Timeout is null ? long.MaxValue : call.Deadline, now + (long)between.TotalMilliseconds));
        return true;
    }

    public void SendCredit(uint call, uint stream, uint items, uint bytes)
    {
        SendAction action;
        lock (_gate)
        {
            if (_state == SessionState.Closed)
                return;
            if (stream == 0)
                ExtendItemDeadline(call);
            WriteCredit(stream, call, items, bytes);
            action = DecideFlush();
        }

        Act(action);
    }

    // Without a closure: streams send it all the time. Under the gate.
    void WriteCredit(uint stream, uint call, uint items, uint bytes)
    {
        const int Size = 8;
        var span = _filling.GetSpan(_framing.HeaderSize + Size);
        _framing.WriteHeader(span, new FrameHeader(FrameKind.Credit, FrameFlags.None, stream, call, Size));
        BinaryPrimitives.WriteUInt32LittleEndian(span[_framing.HeaderSize..], items);
        BinaryPrimitives.WriteUInt32LittleEndian(span[(_framing.HeaderSize + 4)..], bytes);
        _filling.Advance(_framing.HeaderSize + Size);
        _framesFilled++;
    }

    public void SendStop(uint call, uint stream) => SendControl(FrameKind.Stop, stream, call);

    public void SendEnd(OutboundStream stream)
    {
        SendAction action;
        lock (_gate)
        {
            if (stream.IsClosed || _state == SessionState.Closed)
                return;
            stream.MarkComplete();
            WriteControl(FrameKind.End, stream.Number, stream.Call);
            BeginAnswerDeadline(stream.Call);
            action = DecideFlush();
        }

        Act(action);
    }

    // A call that sends streams has its default deadline from the end of the last of them: until then it is the peer who waits. Under the gate.
    void BeginAnswerDeadline(uint callId)
    {
        var id = new CallId(callId);
        if (id.ByAcceptor != _isAcceptor)
            return;
        ref var slot = ref _slots[id.Slot];
        if (slot.Generation != id.Generation || slot.State != SlotState.Pending || slot.Call is not { Timeout: null }
            || Host.DefaultTimeout is not { } timeout || timeout == Timeout.InfiniteTimeSpan || slot.Streams is not { HasAnswered: false, IsSent: true })
        {
            return;
        }

        var due = Host.Platform.Milliseconds + (long)timeout.TotalMilliseconds;
        Volatile.Write(ref slot.Deadline, due);
        Host.Clock.Arm(due);
    }

    void SendControl(FrameKind kind, uint code, uint call)
    {
        SendAction action;
        lock (_gate)
        {
            if (_state == SessionState.Closed)
                return;
            WriteControl(kind, code, call);
            action = DecideFlush();
        }

        Act(action);
    }

    public ValueTask<bool> WaitFor(OutboundStream stream, bool forFlush)
    {
        lock (_gate)
            return stream.BeginWait(forFlush);
    }

    public CancellationToken TokenOf(OutboundStream stream)
    {
        lock (_gate)
            return stream.MakeToken();
    }

    public bool CloseStream(OutboundStream stream)
    {
        lock (_gate)
            return stream.MarkClosed();
    }

    /// <summary>A stream waits for nothing but room in the send queue. Under the gate.</summary>
    public void WantRoom(OutboundStream stream) => _wantRoom.Add(stream);

    // There is room in the send queue: those who waited for it go on. Under the gate.
    void GiveRoom()
    {
        if (!AdmitsMessages)
            return;
        TellRoomForOffers();
        foreach (var stream in _wantRoom)
        {
            if (stream.TakeRoom())
                Host.Platform.Scheduler.Queue(stream);
        }

        _wantRoom.Clear();
    }

    public void EndItemInPlace(OutboundStream stream)
    {
        SendAction action;
        try
        {
            var length = _filling.WrittenCount - _replyStart - _framing.HeaderSize;
            if (stream.IsClosed || _state == SessionState.Closed)
            {
                _filling.Truncate(_replyStart);
                return;
            }

            if (length > _frameRoom)
            {
                var bytes = TakeLarge(null, _replyStart + _framing.HeaderSize, _replyStart, length);
                QueueItem(stream, bytes, length);
            }
            else
            {
                _framing.WriteHeader(
                    _filling.Patch(_replyStart, _framing.HeaderSize), new FrameHeader(FrameKind.Item, FrameFlags.None, stream.Number, stream.Call, length));
                _framesFilled++;
                stream.Spend(length, isLarge: false);
            }

            action = DecideStreamFlush();
        }
        finally
        {
            ExitGate();
        }

        Act(action);
    }

    public void SendItem(OutboundStream stream, WriteBuffer body)
    {
        SendAction action;
        lock (_gate)
        {
            if (stream.IsClosed || _state == SessionState.Closed)
                return;
            var length = body.WrittenCount;
            if (length > _frameRoom)
            {
                QueueItem(stream, body.Detach(out _), length);
            }
            else
            {
                _framing.WriteHeader(
                    _filling.GetSpan(_framing.HeaderSize + length), new FrameHeader(FrameKind.Item, FrameFlags.None, stream.Number, stream.Call, length));
                _filling.Advance(_framing.HeaderSize);
                _filling.Write(body.WrittenSpan);
                _framesFilled++;
                stream.Spend(length, isLarge: false);
            }

            action = DecideStreamFlush();
        }

        Act(action);
    }

    void QueueItem(OutboundStream stream, byte[] bytes, int length)
    {
        QueueLarge(new OutgoingMessage(FrameKind.Item, stream.Number, stream.Call, bytes, length, long.MaxValue, slot: -1, stream));
        stream.Spend(length, isLarge: true);
    }

    // Items come in rows: the sender takes what has gathered, instead of one send for each while hardly anything is in flight.
    SendAction DecideStreamFlush()
    {
        var action = DecideFlush();
        return action == SendAction.Now ? SendAction.Queue : action;
    }

    /// <summary>Tells an enumeration that its reader has gone. Its callbacks are user code.</summary>
    public void CancelEnumeration(CancellationTokenSource source, uint stream) => TokenFired.Fire(source, Host.Logger, $"stream {stream}");
}
