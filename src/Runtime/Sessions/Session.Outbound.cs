using System.Buffers.Binary;
using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

// The calls that this end makes: slots, encoding, waiting.
sealed partial class Session
{
    readonly CallSlots _slots = new();
    readonly LinkedList<ClientCall> _waiting = new();
    readonly LinkedList<ClientCall> _waitingNotices = new(); // apart: a call does not wait for the credit of a one-way message
    readonly LinkedList<ClientCall> _waitingOrdered = new(); // apart from both, calls and messages alike: they wait for each other, and nobody else for them
    readonly Admitter _admitter;
    bool _orderedTaken; // from those that wait, and not placed yet
    bool _othersTurn; // the last of those that have waited was an ordered one
    int _inFlight;
    uint _requestsSent;
    uint _notifiesSent;

    /// <summary>The calls of this end that have a slot.</summary>
    public int InFlight => _state == SessionState.Closed ? 0 : Volatile.Read(ref _inFlight); // its end has failed them all

    /// <summary>The calls of this end that wait for a slot or for room in the send queue.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return WaitingCount;
        }
    }

    int WaitingCount => _waiting.Count + _waitingNotices.Count + _waitingOrdered.Count;

    // Takes a call over, its deadline set; now is in the platform's milliseconds.
    internal void Submit(ClientCall call, long now)
    {
        call.Format = _framing.Payload;
        var isLarge = call.Method.LargeRequests;
        if (call.IsPlain && !isLarge && TrySubmitPlain(call, now))
            return;
        if (isLarge || !call.EncodesInPlace)
        {
            SubmitEncoded(call, now);
            return;
        }

        Exception? failure = null;
        var action = SendAction.None;
        lock (_gate)
        {
            if (!TryTakeOver(call, out var slot, out failure))
            {
                if (failure is null)
                    return; // it waits
            }
            else
            {
                try
                {
                    Place(call, slot, null, now);
                    call.Adopt(this);
                    action = DecideFlush();
                }
                catch (Exception e)
                {
                    failure = e;
                }
            }
        }

        Finish(call, failure, action);
    }

    // For codecs that may run user code: encoded before the gate is taken.
    void SubmitEncoded(ClientCall call, long now)
    {
        var body = Scratch.Rent(PeerMessageLimit);
        Exception? failure = null;
        var action = SendAction.None;
        try
        {
            call.EncodeRequest(body);
        }
        catch (Exception e)
        {
            failure = e;
        }

        if (failure is null)
        {
            lock (_gate)
            {
                if (TryTakeOver(call, out var slot, out failure))
                {
                    try
                    {
                        Place(call, slot, body, now);
                        call.Adopt(this);
                        action = DecideFlush();
                    }
                    catch (Exception e)
                    {
                        failure = e;
                    }
                }
                else if (failure is null)
                {
                    Scratch.Return(body);
                    return; // it waits, and is encoded again when its turn comes
                }
            }
        }

        Scratch.Return(body);
        Finish(call, failure, action);
    }

    void Finish(ClientCall call, Exception? failure, SendAction action)
    {
        if (failure is not null)
        {
            // The submitting thread is the caller's own, and nothing can await the call yet.
            call.FailUnlessMoved(failure);
            return;
        }

        var oneWay = call.Method.Shape == MethodShape.OneWay;
        if (!oneWay && call.Deadline != long.MaxValue)
            Host.Clock.Arm(call.Deadline);
        if (oneWay)
            call.Complete([0xC0]);
        Act(action);
    }

    // A slot for the call; or a place in the queue (false, no failure); or the reason why there is neither. Under the gate.
    bool TryTakeOver(ClientCall call, out int slot, out Exception? failure)
    {
        slot = -1;
        failure = null;
        if (_iproto is not null && CannotCarry(call.Method) is { } obstacle)
        {
            failure = obstacle;
            return false;
        }

        if (_state >= SessionState.Draining)
        {
            failure = CloseReason is { } reason
                ? Errors.Dropped(reason.Message, handedOver: false, reason.Reason)
                : Errors.Dropped("the session is draining", handedOver: false, ButlerReason.Stopped);
            return false;
        }

        if (_verdicts is { } verdicts && verdicts.TryGetValue(call.Method.Code, out var difference) && difference is not null)
        {
            failure = Errors.Mismatch(call.Method.FullName, difference);
            return false;
        }

        if (!MustQueue(call.Method) && CanStart(call, out slot))
            return true;
        call.Tag = -1;
        WaitingLike(call.Method).Enter(call);
        if (call.Deadline != long.MaxValue)
            Host.Clock.Arm(call.Deadline);
        call.Adopt(this);
        return false;
    }

    LinkedList<ClientCall> WaitingLike(Method method) => method.Ordered ? _waitingOrdered : method.Shape == MethodShape.OneWay ? _waitingNotices : _waiting;

    // Others wait for the same already, a slot or credit. Of the ordered ones, all wait for what the first waits for.
    bool MustQueue(Method method)
    {
        var isOneWay = method.Shape == MethodShape.OneWay;
        return MustFollowOrdered(method)
            || (isOneWay ? _waitingNotices : _waiting).Count > 0
            || (_waitingOrdered.First is { } first && first.Value.Method.Shape == MethodShape.OneWay == isOneWay);
    }

    // An ordered call must not overtake those that wait, nor one that has left the queue and is being encoded. Under the gate.
    bool MustFollowOrdered(Method method) => method.Ordered && (_orderedTaken || _waitingOrdered.Count > 0);

    bool CanStart(ClientCall call, out int slot)
    {
        slot = -1;
        return AdmitsMessages && (call.Method.Shape == MethodShape.OneWay ? _notifyCredit > 0 : _slots.TryTake(Math.Min(_peer.Slots, 65_535), out slot));
    }

    // Writes the request and publishes its slot. Under the gate; throws, with everything rolled back, when it cannot be encoded.
    void Place(ClientCall call, int slot, WriteBuffer? body, long now)
    {
        var start = _filling.WrittenCount;
        var oneWay = slot < 0;
        var generation = oneWay ? 0 : CallSlots.NextGeneration(in _slots[slot]);
        var id = oneWay
            ? new CallId(_isAcceptor, (int)(_notifiesSent >> 16), (int)(_notifiesSent & 0xFFFF))
            : new CallId(_isAcceptor, generation, slot);
        // The default deadline of a stream is for its first item: that is this end's business alone.
        var hasDeadline = !oneWay && _iproto is null && call.Deadline != long.MaxValue && (!call.Method.HasStreams || call.Timeout is not null);
        OutgoingMessage? large = null;
        try
        {
            _filling.GetSpan(_framing.HeaderSize + 4);
            _filling.Advance(_framing.HeaderSize + (hasDeadline ? 4 : 0));
            var trace = _iproto is null ? call.Trace : default;
            if (trace.IsPresent)
            {
                trace.Write(_filling.GetSpan(TraceContext.Size));
                _filling.Advance(TraceContext.Size);
            }

            var metadataStart = _filling.WrittenCount;
            var metadata = _iproto is null && call.Options?.Metadata is { Count: > 0 } entries ? entries : null;
            if (metadata is not null)
                WriteMetadata(metadata);
            var bodyStart = _filling.WrittenCount;
            var prefix = bodyStart - start - _framing.HeaderSize;
            if (body is null)
                call.EncodeRequest(_filling);
            var length = body?.WrittenCount ?? _filling.WrittenCount - bodyStart;
            if (length > PeerMessageLimit)
                throw Errors.TooLarge($"the request of {call.Method.FullName}", length, PeerMessageLimit, Errors.OfEitherEnd);
            var isLarge = length > _frameRoom - prefix;
            if (call.Method.LargeRequests != isLarge)
                call.Method.LargeRequests = isLarge;
            if (isLarge || MustFollowLarge(call.Method))
            {
                var encoded = metadata is null ? null : _filling.Patch(metadataStart + 2, bodyStart - metadataStart - 2).ToArray();
                var bytes = TakeLarge(body, bodyStart, start, length);
                large = new OutgoingMessage(
                    oneWay ? FrameKind.Notify : FrameKind.Request, call.Method.Code, id.Value, bytes, length,
                    hasDeadline ? call.Deadline : long.MaxValue, slot, stream: null, encoded, trace.IsPresent ? trace.ToArray() : null,
                    isOrdered: call.Method.Ordered);
                QueueLarge(large);
            }
            else
            {
                if (body is not null)
                    _filling.Write(body.WrittenSpan);
                var header = _filling.Patch(start, _framing.HeaderSize + prefix);
                var flags = (hasDeadline ? FrameFlags.Deadline : 0) | (trace.IsPresent ? FrameFlags.Trace : 0) | (metadata is null ? 0 : FrameFlags.Metadata);
                _framing.WriteHeader(
                    header, new FrameHeader(oneWay ? FrameKind.Notify : FrameKind.Request, flags, call.Method.Code, _framing.NumberOf(id, oneWay), prefix + length));
                if (hasDeadline)
                    BinaryPrimitives.WriteUInt32LittleEndian(header[_framing.HeaderSize..], MillisecondsLeft(call.Deadline, now));
                _framesFilled++;
            }
        }
        catch
        {
            _filling.Truncate(start);
            if (!oneWay)
                _slots.Free(slot);
            throw;
        }

        _lastUse = now;
        if (oneWay)
        {
            CountNotice();
            return;
        }

        Statistics.CallsStarted++;
        ref var entry = ref _slots[slot];
        entry.Call = call;
        // While a call sends its streams it is the peer who waits: see BeginAnswerDeadline.
        entry.Deadline = call.SendsStreams && call.Timeout is null ? long.MaxValue : call.Deadline;
        entry.Position = large is null ? _filledBase + start : long.MaxValue;
        entry.Ordinal = large is null ? ++_requestsSent : 0;
        entry.Large = large;
        call.Tag = (int)(id.Value & ~CallId.AcceptorBit);
        _inFlight++;
        if (call.Method.HasStreams)
        {
            entry.Streams = new SessionStreams(this, call.Method, id.Value, call.Result, isCaller: true);
            if (large is not null)
                entry.Streams.HoldBack();
            call.Carry(entry.Streams, Host.Platform.Scheduler);
        }

        entry.Publish(generation);
    }

    // Under the gate.
    void CountNotice()
    {
        Statistics.CallsStarted++;
        Statistics.NotifiesStarted++;
        _notifiesSent = (_notifiesSent + 1) & 0x7FFF_FFFF;
        if (_iproto is null)
            _notifyCredit--;
    }

    // The METADATA prefix. Under the gate.
    void WriteMetadata(Metadata metadata)
    {
        var start = _filling.WrittenCount;
        _filling.GetSpan(2);
        _filling.Advance(2);
        metadata.Write(_filling);
        BinaryPrimitives.WriteUInt16LittleEndian(_filling.Patch(start, 2), (ushort)(_filling.WrittenCount - start - 2));
    }

    // The bytes of a body that is too large for a frame, out of the send buffer or out of the scratch.
    byte[] TakeLarge(WriteBuffer? body, int bodyStart, int start, int length)
    {
        byte[] bytes;
        if (body is not null)
        {
            bytes = body.Detach(out _);
        }
        else
        {
            bytes = System.Buffers.ArrayPool<byte>.Shared.Rent(length);
            _filling.Patch(bodyStart, length).CopyTo(bytes);
        }

        _filling.Truncate(start);
        return bytes;
    }

    // Somebody waits and something has become free: user codecs may run, so it is done elsewhere. Under the gate.
    void AdmitWaiting()
    {
        if (WaitingCount > 0)
            Host.Platform.Scheduler.Queue(_admitter);
    }

    // One that has waited and can go now: in turn an ordered one and another, where both can.
    bool TryTakeWaiting(out ClientCall call, out int slot) =>
        (!_othersTurn && TryTakeOrdered(out call, out slot))
        || TryTakeFirst(_waiting, out call, out slot)
        || TryTakeFirst(_waitingNotices, out call, out slot)
        || TryTakeOrdered(out call, out slot);

    bool TryTakeOrdered(out ClientCall call, out int slot)
    {
        (call, slot) = (null!, -1);
        if (_orderedTaken || !TryTakeFirst(_waitingOrdered, out call, out slot))
            return false;
        _orderedTaken = _othersTurn = true;
        return true;
    }

    bool TryTakeFirst(LinkedList<ClientCall> waiting, out ClientCall call, out int slot)
    {
        (call, slot) = (null!, -1);
        if (waiting.First is not { } first || !CanStart(first.Value, out slot))
            return false;
        call = first.Value;
        waiting.RemoveFirst();
        _othersTurn = false;
        return true;
    }

    // Takes one out that waits. Under the gate.
    bool TryLeaveQueue(ClientCall call)
    {
        if (!WaitingLike(call.Method).Leave(call))
            return false;
        if (call.Method.Ordered)
            AdmitWaiting(); // those behind it may have waited for nothing else
        return true;
    }

    // Starts the calls that wait, as long as there is room.
    void Admit()
    {
        while (true)
        {
            ClientCall call;
            int slot;
            lock (_gate)
            {
                if (_state >= SessionState.Draining || !TryTakeWaiting(out call, out slot))
                    break;
            }

            Exception? failure = null;
            var body = Scratch.Rent(PeerMessageLimit);
            try
            {
                call.EncodeRequest(body);
            }
            catch (Exception e)
            {
                failure = e;
            }

            var action = SendAction.None;
            lock (_gate)
            {
                if (failure is null && _state >= SessionState.Draining)
                    failure = Errors.Dropped("the session has ended", handedOver: false, CloseReason?.Reason ?? ButlerReason.Stopped);
                if (failure is null)
                {
                    try
                    {
                        Place(call, slot, body, Host.Platform.Milliseconds);
                        call.Adopt(this);
                        Host.Clock.Arm(call.Deadline);
                        action = DecideFlush();
                    }
                    catch (Exception e)
                    {
                        failure = e;
                    }
                }
                else if (slot >= 0)
                {
                    _slots.Free(slot);
                }

                if (call.Method.Ordered)
                {
                    _orderedTaken = false;
                    AdmitWaiting(); // others may have left those behind it alone
                    TellRoomForOffers();
                }
            }

            Scratch.Return(body);
            Act(action);
            if (failure is not null)
                call.FailLater(failure, Host.Platform.Scheduler);
            else if (call.Method.Shape == MethodShape.OneWay)
                call.Complete([0xC0]);
        }
    }

    sealed class Admitter(Session session) : IThreadPoolWorkItem
    {
        public void Execute() => session.Admit();
    }
}
