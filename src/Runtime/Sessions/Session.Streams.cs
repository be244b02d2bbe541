using System.Buffers;
using System.Buffers.Binary;
using ButlerRpc.Calls;
using ButlerRpc.Codec;
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
        ReadOnlySpan<byte> payload = _buffer.AsSpan(offset, header.Length);
        if (FindStreams(in header) is not { } streams)
            return;
        if (streams.FindReader(header.Code) is not { } reader)
            throw new ProtocolViolationException($"an item of stream {header.Code}, which the call does not have");
        if (reader.Body is null)
        {
            payload = MessagePrefix.Read(header.Flags, payload, out var prefix);
            if (header.More)
                reader.BeginBody(BeginReassembly(prefix));
            else if (prefix.Total is { } total && total != payload.Length)
                throw new ProtocolViolationException($"an item of {total} bytes has {payload.Length}");
        }

        TouchItemDeadline(in header);
        if (reader.Body is not { } body)
        {
            if (reader.Append(payload))
                batch.Add(reader.Queue);
            return;
        }

        body.Append(payload);
        if (header.More)
            return;
        if (!reader.EndBody())
            return;
        var bytes = EndReassembly(body);
        if (body.Skipped)
        {
            if (reader.Queue.End(Errors.TooLarge($"an item of {streams.Method.FullName}", body.Total, Host.Limits.MessageBytes)))
                batch.Add(reader.Queue);
            return;
        }

        if (reader.Append(bytes.AsSpan(0, body.Total)))
            batch.Add(reader.Queue);
        ArrayPool<byte>.Shared.Return(bytes);
    }

    void HandleEnd(in FrameHeader header, Batch batch)
    {
        if (FindStreams(in header) is not { } streams)
            return;
        if (streams.FindReader(header.Code) is not { } reader)
            throw new ProtocolViolationException($"the end of stream {header.Code}, which the call does not have");
        if (header.Code == 0)
        {
            // The final frame of the call.
            HandleAnswer(in header, 0, batch);
            return;
        }

        if (reader.Queue.End(null))
            batch.Add(reader.Queue);
    }

    void HandleCredit(in FrameHeader header, ReadOnlySpan<byte> payload, Batch batch)
    {
        if (payload.Length != 8)
            throw new ProtocolViolationException($"a CREDIT of {payload.Length} bytes; it has 8");
        if (header.Call == 0 && header.Code == 0)
        {
            lock (_gate)
            {
                _notifyCredit += (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(payload), int.MaxValue / 2);
                AdmitWaiting();
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
            if (distance < 0 || slot.State is SlotState.Free or SlotState.Answered)
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
    void TouchItemDeadline(in FrameHeader header)
    {
        var id = new CallId(header.Call);
        if (id.ByAcceptor != _isAcceptor || header.Code != 0)
            return;
        ref var slot = ref _slots[id.Slot];
        if (slot.Call is not { } call)
            return;
        var next = call.Timeout is null ? long.MaxValue : call.Deadline;
        if (call.Method.ItemTimeout is { } between)
            next = Math.Min(next, _lastReceived + (long)between.TotalMilliseconds);
        if (slot.Deadline == next)
            return;
        Volatile.Write(ref slot.Deadline, next);
        if (next != long.MaxValue)
            Host.Clock.Arm(next);
    }

    public void SendCredit(uint call, uint stream, uint items, uint bytes) => SendControl(FrameKind.Credit, stream, call, buffer => WriteCredit(buffer, items, bytes));

    static void WriteCredit(WriteBuffer buffer, uint items, uint bytes)
    {
        var span = buffer.GetSpan(8);
        BinaryPrimitives.WriteUInt32LittleEndian(span, items);
        BinaryPrimitives.WriteUInt32LittleEndian(span[4..], bytes);
        buffer.Advance(8);
    }

    public void SendStop(uint call, uint stream) => SendControl(FrameKind.Stop, stream, call, null);

    public void SendEnd(OutboundStream stream)
    {
        SendAction action;
        lock (_gate)
        {
            if (stream.IsClosed || _state == SessionState.Closed)
                return;
            stream.MarkClosed();
            WriteControl(FrameKind.End, stream.Number, stream.Call);
            action = DecideFlush();
        }

        Act(action);
    }

    void SendControl(FrameKind kind, uint code, uint call, Action<WriteBuffer>? payload)
    {
        SendAction action;
        lock (_gate)
        {
            if (_state == SessionState.Closed)
                return;
            WriteControl(kind, code, call, payload);
            action = DecideFlush();
        }

        Act(action);
    }

    public ValueTask<bool> WaitFor(OutboundStream stream, bool forFlush)
    {
        lock (_gate)
        {
            var wait = stream.BeginWait(forFlush)!.Value;
            if (stream.IsWaiting && !AdmitsMessages)
                _wantRoom.Add(stream);
            return wait;
        }
    }

    public bool CloseStream(OutboundStream stream)
    {
        lock (_gate)
            return stream.MarkClosed();
    }

    // The send queue has been emptied: those who waited for room go on. Under the gate.
    void GiveRoom()
    {
        foreach (var stream in _wantRoom)
        {
            if (stream.TakeWaiting())
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

            if (length > _framing.MaxFrame - _framing.HeaderSize)
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
            if (length > _framing.MaxFrame - _framing.HeaderSize)
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
}
