using System.Buffers.Binary;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Sessions;

// A session of a broker: the frames of calls pass through its port, in both directions, with nothing but the call's number and deadline rewritten. Everything
// else (handshake, send buffer, silence, drain) is what every session does.
sealed partial class Session
{
    RelayPort? _port;
    long _handedOverAtEnd;

    /// <summary>True once this end has said that it takes no more calls.</summary>
    public bool TakesNoMore => _goawaySent;

    /// <summary>True when the peer may have seen what was written at this position of the stream. Certain once the session has ended.</summary>
    public bool HasHandedOver(long position)
    {
        lock (_gate)
            return position < (_state == SessionState.Closed ? _handedOverAtEnd : _handedOver);
    }

    /// <summary>Writes one frame and returns its place in what is sent; <see cref="SentPlace.Nowhere"/>: the session has ended. It leaves with <see cref="FlushHeld"/>.</summary>
    /// <param name="header">The frame's header; its length is that of the payload.</param>
    /// <param name="payload">What stands behind the header.</param>
    /// <param name="deadline">In the platform's milliseconds: replaces the four bytes with which a payload of the flag DEADLINE begins.</param>
    public SentPlace Relay(in FrameHeader header, ReadOnlySpan<byte> payload, long deadline = long.MaxValue)
    {
        lock (_gate)
        {
            if (_state == SessionState.Closed)
                return SentPlace.Nowhere;
            var start = _filling.WrittenCount;
            var size = NativeFraming.Header + payload.Length;
            var span = _filling.GetSpan(size);
            NativeFraming.Write(span, header.Kind, header.Flags, header.Code, header.Call, payload.Length);
            payload.CopyTo(span[NativeFraming.Header..]);
            if (deadline != long.MaxValue)
                BinaryPrimitives.WriteUInt32LittleEndian(span[NativeFraming.Header..], MillisecondsLeft(deadline, Host.Platform.Milliseconds));
            _filling.Advance(size);
            _framesFilled++;
            return new SentPlace(_filledBase + start, header.Kind == FrameKind.Request ? ++_requestsSent : 0);
        }
    }

    /// <summary>Queues a message that takes several frames. False: the session has ended, and the message's memory has gone back.</summary>
    public bool RelayLarge(OutgoingMessage message)
    {
        lock (_gate)
        {
            if (_state != SessionState.Closed)
            {
                QueueLarge(message);
                return true;
            }
        }

        message.Release();
        return false;
    }

    /// <summary>The port takes a call of the peer: counted, since GOAWAY says how many were.</summary>
    public void CountTaken() => _requestsTaken++;

    /// <summary>The peer has cancelled a call, or made one that could only fail.</summary>
    public void CountRelayedAbuse()
    {
        lock (_gate)
            CountAbuse();
    }

    /// <summary>A call of the port has ended: a session that drains may be over.</summary>
    public void OnRelayedEnd()
    {
        if (_state != SessionState.Draining)
            return;
        lock (_gate)
            EndDrainIfIdle();
    }

    /// <summary>The one-way messages that the peer takes at once.</summary>
    public int PeerNotifies => _peer.Notifies;

    /// <summary>Asks the peer for a sign: <see cref="RelayPort.OnPong"/> tells when it has come.</summary>
    public void Probe()
    {
        lock (_gate)
            WriteControl(FrameKind.Ping, 0, 0, buffer => buffer.Write(PingBody));
    }

    // True: the frame belongs to the port.
    bool TryRelay(in FrameHeader header, int offset)
    {
        if (_port is not { } port || header.Kind is FrameKind.Ping or FrameKind.Goaway or FrameKind.Extension or FrameKind.Hello or FrameKind.Welcome)
            return false;
        if (header.Kind == FrameKind.Pong)
            port.OnPong();
        else
            port.Take(in header, _buffer.AsSpan(offset, header.Length));
        return true;
    }

    // A provider's session carries the calls of many consumers: one that breaks the rules of its streams loses that call, and nobody else does.
    bool TryTolerate(in FrameHeader header, int offset, Batch batch)
    {
        if (header.Kind is not (FrameKind.Item or FrameKind.End or FrameKind.Credit or FrameKind.Stop) || !new CallId(header.Call).ByAcceptor)
            return false;
        try
        {
            if (header.Kind == FrameKind.Item)
                HandleItem(in header, offset, batch);
            else if (header.Kind == FrameKind.End)
                HandleEnd(in header, batch);
            else if (header.Kind == FrameKind.Stop)
                HandleStop(in header, batch);
            else
                HandleCredit(in header, _buffer.AsSpan(offset, header.Length), batch);
        }
        catch (ProtocolViolationException e)
        {
            Log.ProtocolViolated(Host.Logger, LogLevel.Warning, RemoteAddress, e.Message);
            var slot = new CallId(header.Call).Slot;
            if (slot < _inbound.Length && _inbound[slot] is { InFlight: true } call && call.Id == header.Call)
                batch.Add(new BatchEntry { Target = call, Kind = BatchEntryKind.Cancel, Code = header.Call });
        }

        return true;
    }

    // What one receive brought, through the port. Null: no relay.
    void ParseRelayed(Batch batch)
    {
        var port = _port!;
        port.BeginBatch();
        try
        {
            Parse(batch);
        }
        finally
        {
            port.EndBatch();
        }
    }

    sealed class RoomMade(RelayPort port) : IThreadPoolWorkItem
    {
        public void Execute() => port.OnRoom();
    }
}
