using ButlerRpc.Calls;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

// What the peer answers to the calls of this end.
sealed partial class Session
{
    // An answer: REPLY or ERROR. On the read loop; whoever moves the slot on from Pending owns the call.
    void HandleAnswer(in FrameHeader header, int offset, Batch batch)
    {
        var id = new CallId(header.Call);
        if (id.ByAcceptor != _isAcceptor || id.Slot >= _slots.Used)
            throw new ProtocolViolationException("an answer to a call that was never made");
        ref var slot = ref _slots[id.Slot];
        var distance = CallId.Distance(id.Generation, slot.Generation);
        if (distance > 0)
            throw new ProtocolViolationException("an answer to a call that was never made");
        if (distance < 0 || slot.State is SlotState.Free or SlotState.Answered)
        {
            Statistics.LateFrames++; // a second answer
            return;
        }

        var length = header.Length;
        byte[]? own = null;
        ReadOnlySpan<byte> metadata = default;
        if (header.Kind == FrameKind.Reply && (slot.Body is not null || header.Flags != FrameFlags.None))
        {
            ReadOnlySpan<byte> payload = _buffer.AsSpan(offset, length);
            if (slot.Body is null)
            {
                var body = MessagePrefix.Read(header.Flags, payload, out var prefix);
                if (header.More)
                    slot.Body = BeginReassembly(prefix);
                else if (prefix.Total is { } total && total != body.Length)
                    throw new ProtocolViolationException($"a message of {total} bytes has {body.Length}");
                metadata = prefix.Metadata;
                offset += length - body.Length;
                length = body.Length;
                payload = body;
            }

            if (slot.Body is { } reassembly)
            {
                reassembly.Append(payload);
                if (header.More)
                    return;
                length = reassembly.Total;
                own = EndReassembly(reassembly);
                metadata = reassembly.Metadata;
                slot.Body = null;
                if (reassembly.Skipped)
                {
                    EndSkipped(ref slot, id, reassembly);
                    return;
                }
            }
        }
        else if (slot.Body is { } partial)
        {
            slot.Body = null; // an error instead of the rest
            Drop(partial);
        }

        var call = slot.Call;
        if (slot.TryLeavePending(id.Generation, SlotState.Answered))
        {
            slot.Streams?.Close(null); // by whoever ends the call, and nobody else
            if (!metadata.IsEmpty)
                ReadMetadata(call!, metadata);
            if (header.Kind == FrameKind.Error && ErrorPayload.IsMismatch(header.Code, _buffer.AsSpan(offset, length)))
                Host.Platform.Scheduler.Queue(new Refusal(this, call!));
            else if (Host.InlineContinuations && own is null && header.Kind == FrameKind.Reply)
            {
                call!.Complete(_buffer.AsSpan(offset, length));
                _loopWrote = true;
            }
            else
            {
                batch.Add(new BatchEntry
                {
                    Target = call!,
                    Kind = header.Kind == FrameKind.Error ? BatchEntryKind.Error : BatchEntryKind.Reply,
                    Bytes = own ?? _buffer,
                    Offset = own is null ? offset : 0,
                    Length = length,
                    Code = header.Code,
                    Owns = own is not null,
                });
            }
        }
        else
        {
            Statistics.LateFrames++; // its caller had gone
            slot.Set(SlotState.Answered);
            if (own is not null)
                System.Buffers.ArrayPool<byte>.Shared.Return(own);
        }

        _answered.Add(id.Slot);
    }

    // The call has left its slot, where the end of the session no longer finds it: it is ended here.
    void ReadMetadata(ClientCall call, ReadOnlySpan<byte> encoded)
    {
        try
        {
            call.Options?.ResponseMetadata?.Read(encoded);
        }
        catch (ButlerException e)
        {
            call.FailLater(ReplyErrors.Undecodable(call.Method, e), Host.Platform.Scheduler);
            throw new ProtocolViolationException($"the metadata of a reply cannot be read: {e.Message}");
        }
    }

    void EndSkipped(ref CallSlot slot, CallId id, Reassembly reassembly)
    {
        var call = slot.Call;
        if (slot.TryLeavePending(id.Generation, SlotState.Answered))
        {
            call!.FailLater(reassembly.Refusal($"the reply of {call.Method.FullName}", ButlerCertainty.Executed), Host.Platform.Scheduler);
        }
        else
        {
            slot.Set(SlotState.Answered);
        }

        _answered.Add(id.Slot);
    }

    // The slots whose final frame this receive brought. One lock for all of them.
    void FreeAnswered()
    {
        if (_answered.Count == 0)
            return;
        lock (_gate)
        {
            foreach (var slot in _answered)
                _slots.Free(slot);
            Statistics.Answers += _answered.Count;
            _inFlight -= _answered.Count;
            AdmitWaiting();
            if (_state == SessionState.Draining)
                EndDrainIfIdle();
        }

        _answered.Clear();
    }
}
