using System.Buffers.Binary;
using ButlerRpc.Codec;
using ButlerRpc.Framing;
using ButlerRpc.Platform;

namespace ButlerRpc.Sessions;

// The connection is taken over by the application, with every byte that no handler has seen. A handler asks for it while a receive is pending and requests that
// came with its own may be parsed already, so three sources are put in order: parsed requests that nobody has begun to serve, the rest of the buffer, and the
// pending receive.
sealed partial class Session
{
    volatile HijackedConnection? _hijacked;
    SortedList<long, byte[]>? _unserved; // by their order; most sessions are never taken over
    long _requestOrder;
    int _openBatches;        // their requests may not have been begun
    int _waitingInLanes;     // nor have these
    volatile bool _isParked; // the read loop waits for a receive, or has ended

    /// <summary>This end, for people.</summary>
    public string LocalAddress => _connection.LocalAddress;

    public async Task<Connection> HijackAsync()
    {
        await Host.Platform.Scheduler.SwitchTo();
        HijackedConnection hijacked;
        lock (_gate)
        {
            if (_state != SessionState.Open)
            {
                throw new ButlerException(
                    ButlerStatus.FailedPrecondition, "only a session that is open can be taken over, and only once", ButlerCertainty.NotExecuted,
                    _hijacked is null ? ButlerReason.None : ButlerReason.Hijacked);
            }

            hijacked = new HijackedConnection(_connection, Host.Platform.Scheduler);
            _state = SessionState.Draining; // no new calls
            TellDraining();
            _callbacksBegun = _callbacksRun = true;
            CloseReason = Errors.Dropped("the connection was taken over by the application", handedOver: true, ButlerReason.Hijacked);
            _hijacked = hijacked;
            Interlocked.MemoryBarrier(); // see Unpark
            FailWaiting(Errors.Dropped(CloseReason.Message, handedOver: false, ButlerReason.Hijacked));
            FailPending(CloseReason);
            TryHandOver();
        }

        FlushHeld();
        await hijacked.Ready;
        Host.Clock.Remove(this);
        FireEnded();
        Host.Totals.End(this, ButlerReason.Hijacked);
        _opened.Set(CloseReason);
        TellEnd();
        _closed.Set();
        return hijacked;
    }

    // Under the gate.
    void FailPending(ButlerException reason)
    {
        for (var index = 0; index < _slots.Used; index++)
        {
            ref var slot = ref _slots[index];
            var call = slot.Call;
            if (slot.State != SlotState.Pending || !slot.TryLeavePending(slot.Generation, SlotState.Answered))
                continue;
            slot.Call = null;
            slot.Streams?.Close(null);
            _inFlight--;
            call!.FailLater(Errors.Dropped(reason.Message, handedOver: !TryWithdraw(ref slot), reason.Reason), Host.Platform.Scheduler); // what is queued is still sent
        }

        foreach (var call in _inbound)
            call?.SessionStreams?.Close(reason);
    }

    // When nothing of the session touches the connection any more. Under the gate.
    void TryHandOver()
    {
        if (_hijacked is not { } hijacked || !_isParked || Volatile.Read(ref _openBatches) > 0 || Volatile.Read(ref _waitingInLanes) > 0
            || _isSending || _filling.WrittenCount > 0 || HasLarge || hijacked.Ready.IsCompleted)
            return;
        foreach (var request in _unserved?.Values ?? [])
            hijacked.AddUnread(request);
        _unserved = null;
        hijacked.AddUnread(_buffer.AsSpan(_start, _end - _start));
        _start = _end;
        GiveBackStraight(hijacked);
        DropUnfinished();
        _state = SessionState.Closed;
        _connectionEnded = true; // it is no longer this session's to end
        hijacked.SetReady();
    }

    // The read loop is about to wait. It says so before it looks, and who takes the connection over asks for it before that one looks: one of them sees the other.
    void Park()
    {
        _isParked = true;
        Interlocked.MemoryBarrier();
        HandOver();
    }

    // The read loop has received something. True: it is not for the session any more. On the read loop.
    bool Unpark(int received, Exception? failure)
    {
        _isParked = false;
        Interlocked.MemoryBarrier();
        if (_hijacked is not { } hijacked)
            return false;
        lock (_gate)
        {
            hijacked.OnLoopEnded(LastReceived(received), _waitsForBytes || received > 0, failure);
            _isParked = true;
            TryHandOver();
            return true;
        }
    }

    ReadOnlySpan<byte> LastReceived(int count) => _waitsForBytes ? default : _straight is { } body ? body.Place(count).Span : _buffer.AsSpan(_end, count);

    // After a turn of the read loop: true when it must not go on.
    bool StopsForHijack()
    {
        if (_hijacked is not { } hijacked)
            return false;
        lock (_gate)
        {
            hijacked.OnLoopEnded(default, goesOn: true, null);
            _isParked = true;
            TryHandOver();
        }

        return true;
    }

    /// <summary>A batch is about to be run.</summary>
    public void OnBatchSealed() => Interlocked.Increment(ref _openBatches);

    /// <summary>All of its entries have been looked at.</summary>
    public void OnBatchClosed()
    {
        if (Interlocked.Decrement(ref _openBatches) == 0)
            HandOver();
    }

    void HandOver()
    {
        if (_hijacked is null)
            return;
        lock (_gate)
            TryHandOver();
    }

    /// <summary>A request's turn has come. False: the connection was taken over before, and it counts as not read.</summary>
    public bool BeginServing(InboundCall call, ReadOnlySpan<byte> body) =>
        (_hijacked is null && !call.WaitedInLane) || BeginServingRarely(call, body);

    bool BeginServingRarely(InboundCall call, ReadOnlySpan<byte> body)
    {
        var takesBack = _hijacked is not null;
        lock (_gate)
        {
            if (takesBack)
            {
                (_unserved ??= []).Add(call.Order, FramesOf(call, body));
                EndInbound(call);
            }

            if (call.WaitedInLane)
                _waitingInLanes--;
            call.WaitedInLane = false;
            TryHandOver();
        }

        return !takesBack;
    }

    // The request as it was, in as many frames as it takes; its deadline is what is left of it.
    byte[] FramesOf(InboundCall call, ReadOnlySpan<byte> body)
    {
        using var frames = new WriteBuffer();
        var kind = call.Slot < 0 ? FrameKind.Notify : FrameKind.Request;
        var prefix = _iproto is null ? PrefixOf(call) : [];
        var flags = _iproto is not null ? FrameFlags.None
            : (call.Deadline == long.MaxValue ? 0 : FrameFlags.Deadline) | (call.EncodedMetadata is null ? 0 : FrameFlags.Metadata);
        var room = _framing.MaxFrame - _framing.HeaderSize;
        if (prefix.Length + body.Length > room)
        {
            prefix = [.. prefix[..(call.Deadline == long.MaxValue ? 0 : 4)], .. BitConverter.GetBytes(body.Length), .. prefix[(call.Deadline == long.MaxValue ? 0 : 4)..]];
            flags |= FrameFlags.Total;
        }

        do
        {
            var part = body[..Math.Min(body.Length, room - prefix.Length)];
            body = body[part.Length..];
            _framing.WriteHeader(
                frames.GetSpan(_framing.HeaderSize),
                new FrameHeader(kind, flags | (body.IsEmpty ? 0 : FrameFlags.More), call.MethodCode, call.Id, prefix.Length + part.Length));
            frames.Advance(_framing.HeaderSize);
            frames.Write(prefix);
            frames.Write(part);
            prefix = [];
            flags = FrameFlags.None;
        }
        while (!body.IsEmpty);
        return frames.WrittenSpan.ToArray();
    }

    byte[] PrefixOf(InboundCall call)
    {
        var deadline = call.Deadline == long.MaxValue ? [] : new byte[4];
        if (deadline.Length > 0)
            BinaryPrimitives.WriteUInt32LittleEndian(deadline, MillisecondsLeft(call.Deadline, Host.Platform.Milliseconds));
        if (call.EncodedMetadata is not { } metadata)
            return deadline;
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)metadata.Length);
        return [.. deadline, .. length, .. metadata];
    }
}
