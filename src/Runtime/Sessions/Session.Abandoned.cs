using System.Buffers.Binary;
using ButlerRpc.Calls;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

// The calls of this end whose callers have gone, or whose time is over: what is still true of them, and what the peer is told.
sealed partial class Session
{
    /// <inheritdoc/>
    void ICallOwner.OnCancelled(ClientCall call)
    {
        SendAction action;
        lock (_gate)
        {
            if (call.Tag < 0)
            {
                if (TryLeaveQueue(call) || _refusedCalls.Remove(call))
                    call.CancelLater(Host.Platform.Scheduler);
                return;
            }

            var id = new CallId((uint)call.Tag | (_isAcceptor ? CallId.AcceptorBit : 0));
            if (id.Slot >= _slots.Used)
                return;
            ref var slot = ref _slots[id.Slot];
            if (!ReferenceEquals(slot.Call, call) || !slot.TryLeavePending(id.Generation, SlotState.Abandoned))
                return;
            slot.Call = null;
            slot.Streams?.Close(null);
            Statistics.CallsCancelled++;
            call.CancelLater(Host.Platform.Scheduler);
            if (_iproto is not null)
                Quarantine(ref slot, Host.Platform.Milliseconds);
            EndUnwanted(id, ref slot);
            action = DecideFlush();
        }

        Act(action);
    }

    // Its caller has gone: the peer is told, unless it has not heard of the call and never will. A large request that has begun to leave goes on to its end;
    // CANCEL is before it. Under the gate.
    void EndUnwanted(CallId id, ref CallSlot slot)
    {
        if (TryWithdraw(ref slot))
        {
            _slots.Free(id.Slot);
            _inFlight--;
            LetWaitersGoOn();
            return;
        }

        if (_state < SessionState.Closed && (_framing.Capabilities & FramingCapabilities.AlwaysAnswers) != 0)
            WriteControl(FrameKind.Cancel, 0, id.Value);
    }

    // True: nothing of the request has left, and nothing of it will. Under the gate.
    bool TryWithdraw(ref CallSlot slot)
    {
        if (slot.Large is not { HasLeft: false } request)
            return false;
        if (!request.IsWithdrawn)
            _largeBytes -= request.Count;
        return request.TryWithdraw();
    }

    // False: the peer will not run the call whose time is over. A large request is withdrawn, or has CANCEL before its last frame; one that waits in the send buffer
    // is told that no time is left. Under the gate.
    bool MayStillRun(in CallSlot slot)
    {
        if (slot.Position < _handedOver)
            return true;
        if (slot.Position == long.MaxValue)
            return false;
        if (_iproto is not null)
            return true;
        var start = (int)(slot.Position - _filledBase);
        var header = _framing.ReadHeader(_filling.Patch(start, _framing.HeaderSize), _framing.MaxFrame);
        if ((header.Flags & FrameFlags.Deadline) == 0)
            return true;
        BinaryPrimitives.WriteUInt32LittleEndian(_filling.Patch(start + _framing.HeaderSize, DeadlineSize), 0);
        return false;
    }

    void ExpireWaiting(LinkedList<ClientCall> waiting, long now, ref long next)
    {
        for (var node = waiting.First; node is not null;)
        {
            var following = node.Next;
            if (node.Value.Deadline <= now)
            {
                TryLeaveQueue(node.Value);
                node.Value.FailLater(Errors.Overdue(node.Value, Host), Host.Platform.Scheduler);
            }
            else
            {
                next = Math.Min(next, node.Value.Deadline);
            }

            node = following;
        }
    }

    // Ends what is overdue and returns when the next will be. Under the gate.
    long ExpireCalls(long now, ref bool wrote)
    {
        var next = long.MaxValue;
        ExpireWaiting(_waiting, now, ref next);
        ExpireWaiting(_waitingNotices, now, ref next);
        ExpireWaiting(_waitingOrdered, now, ref next);
        for (var index = _refusedCalls.Count - 1; index >= 0; index--)
        {
            var refused = _refusedCalls[index];
            if (refused.Deadline > now)
            {
                next = Math.Min(next, refused.Deadline);
                continue;
            }

            _refusedCalls.RemoveAt(index);
            refused.FailLater(Errors.Overdue(refused, Host), Host.Platform.Scheduler);
        }

        for (var index = 0; index < _slots.Used; index++)
        {
            ref var slot = ref _slots[index];
            if (_iproto is not null && slot.State == SlotState.Abandoned)
                next = Math.Min(next, EndQuarantine(index, now));
            if (slot.State != SlotState.Pending)
                continue;
            if (slot.Deadline > now)
            {
                next = Math.Min(next, slot.Deadline);
                continue;
            }

            var call = slot.Call;
            if (call is not null && WaitsForReader(ref slot, call, now))
            {
                next = Math.Min(next, slot.Deadline);
                continue;
            }

            var generation = slot.Generation;
            if (!slot.TryLeavePending(generation, SlotState.Abandoned))
                continue;
            slot.Call = null;
            slot.Streams?.Close(null);
            var failure = call!.Method.ItemTimeout is { } patience && slot.Streams is { HasAnswered: true } && (call.Timeout is null || call.Deadline > now)
                ? Errors.ItemOverdue(call.Method, patience)
                : Errors.DeadlineExceeded(call, Host, handedOver: MayStillRun(in slot));
            call.FailLater(failure, Host.Platform.Scheduler);
            if (_iproto is not null)
                next = Math.Min(next, Quarantine(ref slot, now));
            EndUnwanted(new CallId(_isAcceptor, generation, index), ref slot);
            wrote = true;
        }

        return next;
    }
}
