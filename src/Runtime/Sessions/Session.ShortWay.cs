using System.Buffers.Binary;
using ButlerRpc.Calls;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

// The short way of a plain call: unary, a codec that encodes in place, no metadata, one frame each way. Nearly all calls are plain, and
// the general way asks each of them twenty questions whose answer is no. The short way asks whether the call is plain and then does, in the same order
// and with the same effects, what the general way does; for anything else it says no before it has done anything, and the general way takes it from there.
sealed partial class Session
{
    const uint PlainReply = (uint)FrameKind.Reply;
    const uint PlainRequest = (uint)FrameKind.Request;
    const uint PlainRequestWithDeadline = (uint)FrameKind.Request | (uint)FrameFlags.Deadline << 8;
    const int DeadlineSize = 4;

    // A call that this end makes. False: nothing has happened.
    bool TrySubmitPlain(ClientCall call, long now)
    {
        SendAction action;
        var deadline = call.Deadline;
        lock (_gate)
        {
            if (_state >= SessionState.Draining || (_iproto is not null && !AdmitsPackets) || _verdicts is not null || _waiting.Count != 0 || _waitingOrdered.Count != 0 || QueuedBytes >= Host.Limits.QueuedBytes
                || MustFollowLarge(call.Method) || (_orderedTaken && call.Method.Ordered) || !_slots.TryTake(Math.Min(_peer.Slots, 65_535), out var slot))
                return false;
            ref var entry = ref _slots[slot];
            var generation = CallSlots.NextGeneration(in entry);
            var id = new CallId(_isAcceptor, generation, slot);
            var start = _filling.WrittenCount;
            if (!(_iproto is null ? TryWritePlain(call, id.Value, deadline, now) : TryWritePacket(call, id, now)))
            {
                _filling.Truncate(start);
                _slots.Free(slot);
                return false;
            }

            _framesFilled++;
            Statistics.CallsStarted++;
            _inFlight++;
            entry.Call = call;
            entry.Deadline = deadline;
            entry.Position = _filledBase + start;
            entry.Ordinal = ++_requestsSent;
            call.Tag = (int)(id.Value & ~CallId.AcceptorBit);
            _lastUse = now;
            entry.Publish(generation);
            call.Adopt(this);
            action = DecideFlush();
        }

        if (deadline != long.MaxValue)
            Host.Clock.Arm(deadline);
        Act(action);
        return true;
    }

    // False: what was written is to be taken back; the general way finds the words for what is wrong with it. Under the gate.
    bool TryWritePlain(ClientCall call, uint id, long deadline, long now)
    {
        var start = _filling.WrittenCount;
        var head = NativeFraming.Header + (deadline == long.MaxValue ? 0 : DeadlineSize);
        _filling.GetSpan(head);
        _filling.Advance(head);
        try
        {
            call.EncodeRequest(_filling);
        }
        catch (Exception)
        {
            return false;
        }

        var length = _filling.WrittenCount - start - NativeFraming.Header;
        if (length > _frameRoom || length - (head - NativeFraming.Header) > PeerMessageLimit)
            return false;
        var span = _filling.Patch(start, head);
        var flags = FrameFlags.None;
        if (head > NativeFraming.Header)
        {
            flags = FrameFlags.Deadline;
            BinaryPrimitives.WriteUInt32LittleEndian(span[NativeFraming.Header..], MillisecondsLeft(deadline, now));
        }

        NativeFraming.Write(span, FrameKind.Request, flags, call.Method.Code, id, length);
        return true;
    }

    // Takes the plain frames at the front of what was received, and leaves the first that is not plain, or not whole, to the general way. On the read loop.
    void TakePlain(Batch batch)
    {
        var frames = 0;
        while (_end - _start >= NativeFraming.Header && _state != SessionState.Closed)
        {
            var offset = _start + NativeFraming.Header;
            var header = _buffer.AsSpan(_start, NativeFraming.Header);
            var first = BinaryPrimitives.ReadUInt64LittleEndian(header);
            var second = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
            var length = (uint)first;
            if (length > NativeFraming.LargestFrame - NativeFraming.Header || _end - offset < (int)length)
                break;
            var isPlain = (uint)(first >> 32) switch // kind, flags and the reserved field at once
            {
                PlainReply => TryTakeReply((uint)(second >> 32), offset, (int)length, batch),
                PlainRequest => TryTakeRequest((uint)second, (uint)(second >> 32), long.MaxValue, offset, (int)length, batch),
                PlainRequestWithDeadline => length >= DeadlineSize && TryTakeRequest(
                    (uint)second, (uint)(second >> 32), _lastReceived + BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(offset)),
                    offset + DeadlineSize, (int)length - DeadlineSize, batch),
                _ => false,
            };
            if (!isPlain)
                break;
            _start = offset + (int)length;
            frames++;
        }

        Statistics.FramesReceived += frames;
    }

    bool TryTakeReply(uint number, int offset, int length, Batch batch)
    {
        var id = new CallId(number);
        if (id.ByAcceptor != _isAcceptor || id.Slot >= _slots.Used)
            return false;
        ref var slot = ref _slots[id.Slot];
        if (slot.Body is not null || slot.Streams is not null)
            return false;
        var call = slot.Call; // read before the slot is left: whoever ends it first takes the call out
        if (!slot.TryLeavePending(id.Generation, SlotState.Answered))
            return false;
        if (Host.InlineContinuations)
        {
            call!.Complete(_buffer.AsSpan(offset, length));
            _loopWrote = true;
        }
        else
        {
            batch.Add(call!, BatchEntryKind.Reply, offset, length);
        }

        _answered.Add(id.Slot);
        return true;
    }

    bool TryTakeRequest(uint method, uint number, long deadline, int offset, int length, Batch batch)
    {
        var id = new CallId(number);
        if (id.ByAcceptor == _isAcceptor || _refusedCodes is not null
            || (uint)id.Slot >= (uint)_inbound.Length || _inbound[id.Slot] is not { Used: true, InFlight: false } call
            || CallId.Distance(id.Generation, new CallId(call.Id).Generation) <= 0
            || _services.Find(method) is not { IsPlain: true } handler)
            return false;
        call.BeginPlain(number, method, handler, deadline);
        call.Order = ++_requestOrder;
        Statistics.ServingBegun++;
        _requestsTaken++;
        if (_goawaySent)
        {
            RefuseForDrain(call);
            return true;
        }

        Statistics.CallsServed++;
        if (handler.Method.Inline)
        {
            call.Serve(_buffer, offset, length, _lastReceived);
            _loopWrote = true;
        }
        else
        {
            _someRunApart |= handler.RunsApart;
            batch.Add(call, BatchEntryKind.Request, offset, length);
        }

        return true;
    }
}
