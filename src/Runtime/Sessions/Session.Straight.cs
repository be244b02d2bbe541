using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

// The rest of a chunk is received straight into its message. Its length is known, so nothing is guessed: one receive takes the rest of the chunk and the header
// of the frame behind it, for which there is room behind the chunk, where the next one of the message will overwrite it. That header tells where the bytes after
// it belong. It saves the copy from the receive buffer into the message: a fifth more 1 MiB echoes.
// Of a broker's messages and of items of streams the chunks go through the buffer.
sealed partial class Session
{
    const int StraightBuffer = 16_384; // what comes between chunks is small

    Reassembly? _straight; // the message that is received into; null: the buffer is
    FrameHeader _straightHeader;
    int _straightLeft;

    // The bytes that have come of the frame that has begun.
    int FrameArrived => _straight is null ? _end - _start : _framing.HeaderSize + _straightHeader.Length - _straightLeft;

    // The frame at the start of the buffer has begun and is not complete. True: it goes on a message that has begun too, and what has come of it is there.
    bool TryReceiveStraight(in FrameHeader header)
    {
        if (_iproto is not null || _port is not null || (header.Flags & ~FrameFlags.More) != 0 || FindBody(in header) is not { } body || !body.TryBegin(header.Length))
            return false;
        var arrived = _buffer.AsSpan(_start + _framing.HeaderSize, _end - _start - _framing.HeaderSize);
        arrived.CopyTo(body.Place(arrived.Length).Span);
        body.Advance(arrived.Length);
        _straightHeader = header;
        _straightLeft = header.Length - arrived.Length;
        _straight = body; // last: the clock asks for FrameArrived
        _start = _end;
        return true;
    }

    // The message that a frame goes on; null: none, or one that is not the loop's alone (the parts of an item, which its stream may drop).
    Reassembly? FindBody(in FrameHeader header)
    {
        var id = new CallId(header.Call);
        switch (header.Kind)
        {
            case FrameKind.Request:
                return id.ByAcceptor != _isAcceptor && id.Slot < _inbound.Length && _inbound[id.Slot] is { InFlight: true } call && call.Id == header.Call ? call.Body : null;
            case FrameKind.Reply:
                if (id.ByAcceptor != _isAcceptor || id.Slot >= _slots.Used)
                    return null;
                ref var slot = ref _slots[id.Slot];
                return slot.Generation == id.Generation && slot.State is SlotState.Pending or SlotState.Abandoned ? slot.Body : null;
            case FrameKind.Notify:
                return _notifyBodies.TryGetValue(header.Call, out var begun) ? begun.Body : null;
            default:
                return null;
        }
    }

    // Where the next bytes go.
    Memory<byte> Room()
    {
        if (_straight is not null)
            return StraightRoom();
        if (_waitsForBytes)
        {
            ReleaseBuffer();
            return default;
        }

        MakeRoom();
        return _buffer.AsMemory(_end);
    }

    Memory<byte> StraightRoom() => _straight!.Place(_straightLeft + _framing.HeaderSize);

    // What a receive brought of the chunk, and perhaps of the header behind it.
    Turn? TakeStraight(int received)
    {
        var body = _straight!;
        var part = Math.Min(received, _straightLeft);
        body.Advance(part);
        _straightLeft -= part;
        if (_straightLeft > 0)
        {
            WatchFrame();
            return _hijacked is not null && StopsForHijack() ? null : new Turn(null, HasReceived: true);
        }

        MakeRoom();
        var behind = body.Place(received - part).Span;
        behind.CopyTo(_buffer);
        _end = behind.Length;
        return Digest(_bufferSize, filled: false);
    }

    // The chunk is whole: handled as a frame whose bytes are in their place already. False: nothing behind it is to be parsed.
    bool EndStraight(Batch batch)
    {
        var header = new FrameHeader(_straightHeader.Kind, _straightHeader.Flags, _straightHeader.Code, _straightHeader.Call, length: 0);
        DropStraight();
        Statistics.FramesReceived++;
        Handle(in header, _start, batch);
        return !HasStopped;
    }

    void DropStraight()
    {
        _straight?.EndStraight();
        _straight = null;
    }

    // The connection is taken over in the middle of a chunk: what has come of the frame, as it came. Under the gate.
    void GiveBackStraight(HijackedConnection hijacked)
    {
        if (_straight is not { } body)
            return;
        var frame = new byte[_framing.HeaderSize + body.Straight.Length];
        _framing.WriteHeader(frame, in _straightHeader);
        body.Straight.CopyTo(frame.AsSpan(_framing.HeaderSize));
        hijacked.AddUnread(frame);
    }
}
