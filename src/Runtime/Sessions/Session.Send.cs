using System.Buffers.Binary;
using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

// The send buffer and the flush policy, worth more for speed than everything else together:
//  1. inside a batch nothing is sent; the batch sends once at its end;
//  2. nothing on its way and at most two calls in flight: sent now, on the calling thread;
//  3. otherwise one queued work item sends for all; at most one is queued;
//  4. whoever sends goes on until the buffer is empty; above 64 KiB a batch does not hold back; above 1 MiB callers wait.
// No timers and no caps on batches: both lost every time they were measured.
sealed partial class Session
{
    const int DirectCalls = 2;
    const int HoldAtMost = 65_536;
    const int KeepAtMost = 262_144;

    enum SendAction
    {
        None,
        Now,
        Queue,
    }

    readonly Action _onSent;
    readonly Flusher _flusher;
    readonly Queue<OutgoingMessage> _large = new();      // not begun, in the order in which they were queued
    readonly Queue<OutgoingMessage> _largeBegun = new(); // they take turns
    [ThreadStatic]
    static Session? t_parsing; // its read loop is on this thread, and flushes at the end of what it has received

    WriteBuffer _filling = new();
    WriteBuffer _sending = new();
    OutgoingMessage? _sent; // given back when its last frame has left
    ValueTask _pendingSend;
    bool _isSending = true; // until the session runs: the introduction and the first calls leave in one segment
    long _filledBase;      // the position in the stream of bytes of the send buffer's first
    long _handedOver;      // what the transport has been given
    long _largeBytes;      // what is queued in large messages
    int _orderedLeft;      // ordered messages among the large ones that have not left to their end
    bool _orderedBegun;    // one of them is on its way
    long _begunTotal;      // of large messages that are begun and not finished, against the peer's window
    long _sendDue = long.MaxValue;
    long _sendBegun;
    long _lastTaken;       // when a send that had to wait was over: the peer reads, be it slowly
    int _framesFilled;
    bool _beginsNext;

    /// <summary>The bytes waiting to be sent.</summary>
    public long QueuedBytes => _filling.WrittenCount + _largeBytes;

    bool AdmitsMessages => QueuedBytes < Host.Limits.QueuedBytes && (_iproto is null || AdmitsPackets);

    // Decides, under the gate, who sends what was just written. The caller then acts on it outside the gate.
    SendAction DecideFlush()
    {
        if (_isSending || DropsUnsent())
            return SendAction.None;
        if (_filling.WrittenCount < HoldAtMost)
        {
            if (ReferenceEquals(t_parsing, this))
            {
                _loopWrote = true; // this is the loop's thread, and it must know that there is something to flush
                return SendAction.None;
            }

            if (Batch.HoldsFlushOf(this))
                return SendAction.None;
        }

        _isSending = true;
        return _inFlight + Statistics.Serving <= DirectCalls ? SendAction.Now : SendAction.Queue;
    }

    // A drained session has said that it sends nothing more; its GOAWAY has answered whatever still comes. Under the gate.
    bool DropsUnsent()
    {
        if (_halfClosed)
            _filling.Reset(KeepAtMost);
        return _halfClosed;
    }

    void Act(SendAction action)
    {
        if (action == SendAction.Now)
            Send(once: true);
        else if (action == SendAction.Queue)
            Host.Platform.Scheduler.Queue(_flusher);
    }

    /// <summary>Sends what a batch or the read loop has held back.</summary>
    public void FlushHeld()
    {
        lock (_gate)
        {
            if (_isSending || DropsUnsent() || (_filling.WrittenCount == 0 && !HasLarge))
                return;
            _isSending = true;
        }

        Send(once: false);
    }

    // Owns the sending side. With once the calling thread is a caller's own: what came meanwhile is left to the flusher.
    void Send(bool once)
    {
        for (var sends = 0; ; sends++)
        {
            OutgoingMessage? chunk = null;
            int frames;
            lock (_gate)
            {
                if (_state == SessionState.Closed && !_sendsGoaway)
                {
                    _isSending = false;
                    return;
                }

                if (_filling.WrittenCount == 0 && !HasChunk())
                {
                    _isSending = false;
                    TryHandOver();
                    if (_sendsGoaway)
                        EndConnection();
                    else
                        EndDrainIfIdle();
                    return;
                }

                if (once && sends > 0)
                {
                    Host.Platform.Scheduler.Queue(_flusher);
                    return;
                }

                (_filling, _sending) = (_sending, _filling);
                _filledBase += _sending.WrittenCount;
                _handedOver = _filledBase;
                frames = _framesFilled;
                _framesFilled = 0;
                if (HasChunk())
                    chunk = TakeChunk();
                LetWaitersGoOn();
            }

            ReadOnlyMemory<byte> bytes;
            if (chunk is { Begun: true } && _sending.WrittenCount == 0)
            {
                bytes = FrameOf(chunk);
            }
            else
            {
                if (chunk is not null)
                    WriteChunk(chunk);
                bytes = _sending.WrittenMemory;
            }

            Statistics.FramesSent += chunk is null ? frames : frames + 1;
            Statistics.BytesSent += bytes.Length;
            Statistics.Sends++;
            try
            {
                var send = _connection.SendAsync(bytes);
                if (!send.IsCompleted)
                {
                    _pendingSend = send;
                    WatchSend();
                    send.GetAwaiter().UnsafeOnCompleted(_onSent);
                    return;
                }

                send.GetAwaiter().GetResult();
            }
            catch (Exception e)
            {
                OnBroken(e);
                return;
            }

            EndSent();
        }
    }

    void OnSent()
    {
        try
        {
            var send = _pendingSend;
            _pendingSend = default;
            _sendDue = long.MaxValue;
            send.GetAwaiter().GetResult();
            var now = Host.Platform.Milliseconds;
            if (now > _sendBegun)
                Volatile.Write(ref _lastTaken, now);
        }
        catch (Exception e)
        {
            OnBroken(e);
            return;
        }

        EndSent();
        Send(once: false);
    }

    void EndSent()
    {
        _sending.Reset(KeepAtMost);
        _sent?.Release();
        _sent = null;
    }

    void WatchSend()
    {
        _sendBegun = Host.Platform.Milliseconds;
        _sendDue = _sendBegun + (long)Host.Limits.SendStallTimeout.TotalMilliseconds;
        Host.Clock.Arm(_sendDue);
        Host.SendBlocked?.Invoke();
    }

    // A body too large for one frame: queued, and sent one chunk at a time with everything else in between. Under the gate.
    void QueueLarge(OutgoingMessage message)
    {
        _large.Enqueue(message);
        _largeBytes += message.Count;
        if (message.IsOrdered)
            _orderedLeft++;
    }

    // An ordered message must not overtake a large one, between whose frames others pass: it queues behind it. Under the gate.
    bool MustFollowLarge(Method method) => _orderedLeft > 0 && method.Ordered;

    bool HasLarge => _large.Count + _largeBegun.Count > 0;

    // True when a large message is begun, or the next one fits into the peer's reassembly window. Under the gate.
    bool HasChunk() => _largeBegun.Count > 0 || MayBegin();

    bool MayBegin()
    {
        while (_large.TryPeek(out var next))
        {
            if (!next.IsWithdrawn)
                return !(_orderedBegun && next.IsOrdered) && _begunTotal + next.Count <= _peer.ReassemblyWindow;
            if (next.IsOrdered)
                _orderedLeft--;
            _large.Dequeue().Release();
        }

        return false;
    }

    OutgoingMessage TakeChunk()
    {
        // A new one and those begun take turns too, so that neither small nor large ones wait for all of the others.
        _beginsNext = !_beginsNext;
        var message = MayBegin() && (_beginsNext || _largeBegun.Count == 0) ? _large.Dequeue() : _largeBegun.Dequeue();
        if (!message.HasLeft)
        {
            _begunTotal += message.Count;
            _orderedBegun |= message.IsOrdered;
            message.Leave(message.Kind == FrameKind.Request ? ++_requestsSent : 0);
        }

        var part = Math.Min(message.Left, ChunkRoom(message));
        _largeBytes -= part;
        if (part == message.Left)
        {
            _begunTotal -= message.Count;
            if (message.IsOrdered)
                (_orderedBegun, _orderedLeft) = (false, _orderedLeft - 1);
            if (message.Slot >= 0)
                OnRequestSent(message);
            if (message.MarkTaken() is { } waiting)
                Host.Platform.Scheduler.Queue(waiting);
            if (message.Stream is { } stream && stream.OnLargeSent())
                Host.Platform.Scheduler.Queue(stream);
        }
        else
        {
            _largeBegun.Enqueue(message);
        }

        return message;
    }

    // The last frame of a large request goes to the transport: the peer may run the call from here on. Under the gate.
    void OnRequestSent(OutgoingMessage request)
    {
        ref var slot = ref _slots[request.Slot];
        if (!ReferenceEquals(slot.Large, request))
            return; // its call has ended
        slot.Position = 0;
        slot.Ordinal = request.Ordinal;
        slot.Large = null;
        slot.Streams?.LetGo(Host.Platform.Scheduler);
    }

    int ChunkRoom(OutgoingMessage message) =>
        _framing.MaxFrame - _framing.HeaderSize - (message.Begun ? 0 : message.PrefixSize);

    // A frame that lies in the message itself: sent without being copied.
    Memory<byte> FrameOf(OutgoingMessage message)
    {
        var frame = message.NextFrame(_framing.HeaderSize, ChunkRoom(message));
        var flags = message.IsFinished ? FrameFlags.None : FrameFlags.More;
        _framing.WriteHeader(frame.Span, new FrameHeader(message.Kind, flags, message.Code, message.Call, frame.Length - _framing.HeaderSize));
        if (message.IsFinished)
            _sent = message;
        return frame;
    }

    // Into the buffer being sent, which is the sender's own: outside the gate.
    void WriteChunk(OutgoingMessage message)
    {
        var first = !message.Begun;
        var hasDeadline = first && message.Deadline != long.MaxValue;
        var part = message.Next(ChunkRoom(message));
        var prefix = first ? message.PrefixSize : 0;
        var flags = message.IsFinished ? FrameFlags.None : FrameFlags.More;
        if (first)
            flags |= FrameFlags.Total | (hasDeadline ? FrameFlags.Deadline : 0) | (message.Trace is null ? 0 : FrameFlags.Trace) | (message.Metadata is null ? 0 : FrameFlags.Metadata);
        var span = _sending.GetSpan(_framing.HeaderSize + prefix + part.Length);
        _framing.WriteHeader(span, new FrameHeader(message.Kind, flags, message.Code, message.Call, prefix + part.Length));
        span = span[_framing.HeaderSize..];
        if (hasDeadline)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(span, MillisecondsLeft(message.Deadline, Host.Platform.Milliseconds));
            span = span[4..];
        }

        if (first)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(span, (uint)message.Count);
            span = span[4..];
            if (message.Trace is { } trace)
            {
                trace.CopyTo(span);
                span = span[trace.Length..];
            }

            if (message.Metadata is { } metadata)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(span, (ushort)metadata.Length);
                metadata.CopyTo(span[2..]);
                span = span[(2 + metadata.Length)..];
            }
        }

        part.CopyTo(span);
        _sending.Advance(_framing.HeaderSize + prefix + part.Length);
        if (message.IsFinished)
            message.Release();
    }

    static uint MillisecondsLeft(long deadline, long now) => (uint)Math.Clamp(deadline - now, 0, uint.MaxValue);

    sealed class Flusher(Session session) : IThreadPoolWorkItem
    {
        public void Execute() => session.Send(once: false);
    }
}
