using System.Buffers.Binary;
using ButlerRpc.Calls;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

// The short way of a plain call, see Session.ShortWay, over iproto.
sealed partial class Session
{
    // False: what was written is to be taken back; the general way finds the words for what is wrong with it. Under the gate.
    bool TryWritePacket(ClientCall call, CallId id, long now)
    {
        var start = _filling.WrittenCount;
        _filling.GetSpan(IprotoFraming.Header);
        _filling.Advance(IprotoFraming.Header);
        try
        {
            call.EncodeRequest(_filling);
        }
        catch (Exception)
        {
            return false;
        }

        var length = _filling.WrittenCount - start - IprotoFraming.Header;
        if (length > PeerMessageLimit)
            return false;
        IprotoFraming.Write(_filling.Patch(start, IprotoFraming.Header), call.Method.Code, IprotoFraming.NumberOf(id), length);
        _lastUse = now;
        return true;
    }

    // Takes the replies and plain requests at the front of what was received, and leaves the first packet that is neither, or not whole, to the general way. On the
    // read loop.
    void TakePackets(Batch batch)
    {
        var packets = 0;
        var own = IprotoFraming.BitOf(_isAcceptor);
        while (_end - _start >= IprotoFraming.Header && _state != SessionState.Closed && _hijacked is null)
        {
            var offset = _start + IprotoFraming.Header;
            var header = _buffer.AsSpan(_start, IprotoFraming.Header);
            var first = BinaryPrimitives.ReadUInt64LittleEndian(header);
            var number = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
            var (message, length) = ((uint)first, (uint)(first >> 32));
            if (length > (uint)_iproto!.SizeLimit || _end - offset < (int)length)
                break;
            var isPlain = (number & own) != 0
                ? TryTakePacketReply(message, number, offset, (int)length, batch)
                : TryTakePacketRequest(message, number, offset, (int)length, batch);
            if (!isPlain)
                break;
            _start = offset + (int)length;
            packets++;
        }

        if (packets == 0)
            return;
        Statistics.FramesReceived += packets;
        _lastUse = _lastReceived;
    }

    bool TryTakePacketReply(uint message, uint number, int offset, int length, Batch batch)
    {
        const uint SlotMask = 0xFFFF;
        var index = (int)(number & SlotMask);
        if ((number & IprotoFraming.BitOf(!_isAcceptor)) != 0 || index >= _slots.Used || Host.InlineContinuations)
            return false;
        ref var slot = ref _slots[index];
        var call = slot.Call; // read before the slot is left: whoever ends it first takes the call out
        var generation = slot.Generation;
        if ((generation & IprotoFraming.GenerationMask) != (int)(number >> 16 & IprotoFraming.GenerationMask)
            || slot.State != SlotState.Pending || call is null || call.Method.Code != message || !slot.TryLeavePending(generation, SlotState.Answered))
            return false;
        batch.Add(call, BatchEntryKind.Reply, offset, length);
        _answered.Add(index);
        return true;
    }

    bool TryTakePacketRequest(uint message, uint number, int offset, int length, Batch batch)
    {
        if (_services.Find(message) is not { IsPlain: true, Method.Inline: false } handler || TakeInbound() is not { } call)
            return false;
        call.BeginPlain(number, message, handler, long.MaxValue);
        Statistics.ServingBegun++;
        Statistics.CallsServed++;
        call.Order = ++_requestOrder;
        _someRunApart |= call.RunsApart;
        batch.Add(call, BatchEntryKind.Request, offset, length);
        return true;
    }
}
