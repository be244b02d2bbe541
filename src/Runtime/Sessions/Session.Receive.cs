using System.Buffers;
using ButlerRpc.Calls;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

// The read loop. It parses what one receive brought into a batch of entries that hold the user code, arms the next receive and only then runs the batch on
// the thread it already has: whoever blocks there blocks a thread, not the loop, and nobody pays for a hop to another thread. When more bytes are there
// already, the batch goes to the pool instead and the loop goes on. A busy session runs the batch first and asks for more before it arms anything.
sealed partial class Session
{
    const int SmallBuffer = 4096;
    const int LargeBuffer = 65_536;
    const int MostExtensions = 100;

    readonly Action _onReceived;
    readonly Batch?[] _spareBatches = new Batch?[4];
    readonly List<int> _answered = [];
    byte[] _buffer = [];
    int _start;
    int _end;
    int _bufferSize = SmallBuffer;
    ValueTask<int> _pendingReceive;
    bool _waitsForBytes;
    int _frameSize; // of the frame that has begun, once its header has come
    bool _loopWrote;
    bool _someRunApart; // an entry of the batch is a large message, or calls a method that holds its thread
    long _lastReceived;
    long _frameBegun = -1;
    long _frameAt;

    /// <summary>What it holds to receive into.</summary>
    public int ReceiveBufferBytes => _buffer.Length;

    public void ReturnBatch(Batch batch)
    {
        foreach (ref var spare in _spareBatches.AsSpan())
        {
            if (spare is null && Interlocked.CompareExchange(ref spare, batch, null) is null)
                return;
        }

        batch.Return();
    }

    Batch RentBatch()
    {
        foreach (ref var spare in _spareBatches.AsSpan())
        {
            if (spare is not null && Interlocked.Exchange(ref spare, null) is { } batch)
                return batch;
        }

        return Batch.Rent(this);
    }

    void OnReceived()
    {
        int received;
        try
        {
            var receive = _pendingReceive;
            _pendingReceive = default;
            received = receive.GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            if (Unpark(0, e))
                return;
            OnBroken(e);
            EndLoop();
            return;
        }

        if (Unpark(received, null))
            return;
        if (Take(received) is { } goOn)
            Receive(goOn);
    }

    void Receive() => Receive(default);

    // One turn after the other, until a receive has to wait. The batch of the turn before is run when that is so, or left to the pool when it is not.
    void Receive(Turn turn)
    {
        while (true)
        {
            ValueTask<int> receive;
            try
            {
                var hasBytes = false;
                if (turn.HasReceived && Polls)
                {
                    if (!TryRunAhead(turn.Batch, out hasBytes))
                        return;
                    turn = default;
                }

                // An idle session holds no buffer: it waits for bytes with an empty receive and rents one when there are some.
                _waitsForBytes = turn.Batch is null && !hasBytes && _start == _end && _straight is null && IsIdle;
                receive = _connection.ReceiveAsync(Room());
                if (!receive.IsCompleted)
                {
                    _pendingReceive = receive;
                    Park();
                    receive.GetAwaiter().UnsafeOnCompleted(_onReceived);
                    turn.Batch?.Execute();
                    return;
                }
            }
            catch (Exception e)
            {
                turn.Batch?.Execute();
                OnBroken(e);
                EndLoop();
                return;
            }

            if (turn.Batch is { } batch)
                Host.Platform.Scheduler.Queue(batch);
            int received;
            try
            {
                received = receive.GetAwaiter().GetResult();
            }
            catch (Exception e)
            {
                OnBroken(e);
                EndLoop();
                return;
            }

            if (Take(received) is not { } next)
                return;
            turn = next;
        }
    }

    // What one receive brought. Null: the loop has ended.
    Turn? Take(int received)
    {
        if (_waitsForBytes)
        {
            // Bytes have come, or the end: the receive with a buffer tells.
            _waitsForBytes = false;
            MakeRoom();
            ValueTask<int> receive;
            try
            {
                receive = _connection.ReceiveAsync(_buffer.AsMemory(_end));
                if (!receive.IsCompleted)
                {
                    _pendingReceive = receive;
                    Park();
                    receive.GetAwaiter().UnsafeOnCompleted(_onReceived);
                    return null;
                }

                received = receive.GetAwaiter().GetResult();
            }
            catch (Exception e)
            {
                OnBroken(e);
                EndLoop();
                return null;
            }
        }

        if (_hijacked is not null && Unpark(received, null))
            return null;
        if (received == 0 || _state == SessionState.Closed)
        {
            OnEndOfStream();
            EndLoop();
            return null;
        }

        _lastReceived = Host.Platform.Milliseconds;
        Statistics.Receives++;
        Statistics.BytesReceived += received;
        if (_straight is not null)
            return TakeStraight(received);
        _end += received;
        return Digest(received, filled: _end == _buffer.Length);
    }

    // Parses what is in the buffer. Null: the loop has ended, or goes on when the peer's token has been judged.
    Turn? Digest(int received, bool filled)
    {
        var batch = RentBatch();
        Exception? violation = null;
        t_parsing = this;
        try
        {
            if (_abused)
                throw AbuseViolation();
            if (_port is null)
                Parse(batch);
            else
                ParseRelayed(batch);
        }
        catch (Exception e)
        {
            violation = e; // one that is no violation is a fault of ours: it is logged, and ends this session only
        }
        finally
        {
            t_parsing = null;
        }

        FreeAnswered();
        if (violation is not null)
        {
            // What came before the violation is served, by another thread: the end must not wait for a handler. Nothing after it is.
            _start = _end;
            if (Seal(batch) is { } last)
                Host.Platform.Scheduler.Queue(last);
            if (violation is ProtocolViolationException known)
                Violate(known);
            else
                OnBroken(violation);
            EndLoop();
            return null;
        }

        _bufferSize = Math.Min(
            filled ? _bufferSize * 2 : received < _bufferSize / 8 ? Math.Max(_bufferSize / 2, SmallBuffer) : _bufferSize, _straight is null ? LargeBuffer : StraightBuffer);
        WatchFrame();
        var sealedBatch = Seal(batch);
        if (_hijacked is not null && StopsForHijack())
        {
            sealedBatch?.Execute();
            return null;
        }

        if (_loopWrote)
        {
            _loopWrote = false;
            if (sealedBatch is null)
                FlushHeld();
        }

        if (_hello is { } hello)
        {
            StartAuthentication(hello);
            return null;
        }

        return new Turn(sealedBatch, HasReceived: true);
    }

    // Gives the buffer to the batch and keeps what is left of a frame. Null: the batch has nothing to run.
    Batch? Seal(Batch batch)
    {
        if (batch.Count > 0)
            _lastUse = _lastReceived;
        if (_someRunApart)
            QueueApart(batch);
        if (batch.Count == 0)
        {
            ReturnBatch(batch);
            return null;
        }

        var buffer = _buffer;
        var left = buffer.AsSpan(_start, _end - _start);
        _buffer = [];
        if (left.Length > 0)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(_bufferSize, _frameSize));
            left.CopyTo(_buffer);
        }

        _end = left.Length;
        _start = 0;
        batch.Seal(buffer, _lastReceived);
        return batch;
    }

    // A large message is decoded by a thread of its own: it takes longer than a hundred small ones, which came with it or come next. So is a method run that holds its
    // thread. A batch for each, as they are independent like all entries.
    void QueueApart(Batch batch)
    {
        _someRunApart = false;
        while (batch.TryTakeApart(out var entry))
        {
            if (!entry.Owns)
            {
                entry.Bytes = ArrayPool<byte>.Shared.Rent(entry.Length);
                _buffer.AsSpan(entry.Offset, entry.Length).CopyTo(entry.Bytes);
                entry.Offset = 0;
                entry.Owns = true;
            }

            var own = RentBatch();
            own.Add(in entry);
            own.Seal(null, _lastReceived);
            Host.Platform.Scheduler.Queue(own);
        }
    }

    void Parse(Batch batch)
    {
        _frameSize = 0;
        if (!_prefaceRead && _isAcceptor)
        {
            if (!CheckPreface(_buffer.AsSpan(_start, _end - _start)))
                return;
            _prefaceRead = true;
            _start += NativeFraming.Preface.Length;
        }

        if (_straight is not null && !EndStraight(batch))
            return;
        var headerSize = _framing.HeaderSize;
        while (true)
        {
            if (_iproto is not null)
                TakePackets(batch);
            else if (_helloRead && _port is null)
                TakePlain(batch);
            if (_end - _start < headerSize || _state == SessionState.Closed)
                return;
            var header = _framing.ReadHeader(_buffer.AsSpan(_start), _helloRead ? _framing.MaxFrame : NativeFraming.LargestFirstFrame);
            if (_end - _start - headerSize < header.Length)
            {
                if (TryReceiveStraight(in header))
                    return;
                // Before the handshake is over, memory is taken only for what has come; after it, what a header announces is not taken on its word either.
                _frameSize = _helloRead ? Math.Min(headerSize + header.Length, Math.Max(LargeBuffer, (_end - _start) * 2)) : 0;
                return;
            }

            var offset = _start + headerSize;
            _start = offset + header.Length;
            Statistics.FramesReceived++;
            Handle(in header, offset, batch);
            if (HasStopped)
                return;
        }
    }

    // What follows the frame that was just handled is not this loop's to parse, or not yet.
    bool HasStopped => _state == SessionState.Closed || _hijacked is not null || _hello is not null;

    void Handle(in FrameHeader header, int offset, Batch batch)
    {
        if (_iproto is not null)
        {
            HandleIproto(in header, offset, batch);
            return;
        }

        var payload = _buffer.AsSpan(offset, header.Length);
        if (!_helloRead || header.Kind is FrameKind.Hello or FrameKind.Welcome)
        {
            if (HandleHandshake(in header, payload))
            {
                _loopWrote = true;
                return;
            }
        }

        if (TryRelay(in header, offset) || (Host.Attachment.Role == SessionRole.Provider && TryTolerate(in header, offset, batch)))
            return;
        switch (header.Kind)
        {
            case FrameKind.Request:
                HandleRequest(in header, offset, batch);
                break;
            case FrameKind.Reply or FrameKind.Error:
                HandleAnswer(in header, offset, batch);
                break;
            case FrameKind.Notify:
                HandleNotify(in header, offset, batch);
                break;
            case FrameKind.Item:
                HandleItem(in header, offset, batch);
                break;
            case FrameKind.End:
                HandleEnd(in header, batch);
                break;
            case FrameKind.Credit:
                HandleCredit(in header, payload, batch);
                break;
            case FrameKind.Stop:
                HandleStop(in header, batch);
                break;
            case FrameKind.Bind:
                HandleBind(payload);
                break;
            case FrameKind.Schema:
                HandleSchema(payload);
                break;
            case FrameKind.Cancel:
                HandleCancel(in header, batch);
                break;
            case FrameKind.Ping:
                HandlePing(in header, payload);
                break;
            case FrameKind.Pong:
                break; // any byte counts as life
            case FrameKind.Goaway:
                HandleGoaway(in header, payload);
                break;
            case FrameKind.Extension:
                if (++Statistics.ExtensionFrames > MostExtensions)
                    throw new ProtocolViolationException($"more than {MostExtensions} frames of kinds that this end does not know");
                break;
            default:
                throw new ProtocolViolationException($"a frame of kind {header.Kind} is not expected here");
        }
    }

    void HandlePing(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        const int PingSize = 8;
        if (header.Length != PingSize)
            throw new ProtocolViolationException($"a ping of {header.Length} bytes; it has {PingSize}");
        CountPing();
        WatchControl();
        lock (_gate)
        {
            WriteControl(FrameKind.Pong, 0, 0);
            _filling.Write(payload);
            _framing.WriteHeader(
                _filling.Patch(_filling.WrittenCount - PingSize - _framing.HeaderSize, _framing.HeaderSize),
                new FrameHeader(FrameKind.Pong, FrameFlags.None, 0, 0, PingSize));
        }

        _loopWrote = true;
    }

    // Room behind what is left of a frame, for the rest of it at least.
    void MakeRoom()
    {
        if (_start == _end && _buffer.Length > 0 && _buffer.Length > LargeBuffer)
            ReleaseBuffer();
        if (_buffer.Length == 0)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(_bufferSize);
            _start = _end = 0;
            return;
        }

        var left = _buffer.AsSpan(_start, _end - _start);
        var needed = Math.Max(_frameSize, left.Length + 1);
        if (needed > _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _bufferSize));
            left.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        else if (_start > 0)
        {
            left.CopyTo(_buffer);
        }

        _end -= _start;
        _start = 0;
    }

    void EndLoop()
    {
        DropStraight();
        ReleaseBuffer();
        DropUnfinished();
    }

    void ReleaseBuffer()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _start = _end = 0;
    }

    void WatchFrame()
    {
        if (_start == _end && _straight is null)
        {
            _frameBegun = -1;
            return;
        }

        if (_frameBegun >= 0 && _frameAt == Statistics.FramesReceived)
            return;
        _frameAt = Statistics.FramesReceived;
        _frameBegun = _lastReceived;
        Host.Clock.Arm(_frameBegun + (long)Host.Limits.FrameGrace.TotalMilliseconds);
    }

    readonly record struct Turn(Batch? Batch, bool HasReceived);
}
