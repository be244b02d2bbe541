using ButlerRpc.Framing;
using ButlerRpc.Platform;

namespace ButlerRpc.Sessions;

// The connection is taken over by the application, with every byte that no handler has seen. A handler asks for it while a receive is pending and packets that
// came with its own may be parsed already, so three sources are put in order: parsed packets that nobody has begun to serve, the rest of the buffer, and the
// pending receive.
sealed partial class Session
{
    volatile HijackedConnection? _hijacked;
    readonly SortedList<long, byte[]> _unserved = [];
    long _packetOrder;
    int _unbegun;      // requests in batches whose handlers have not been asked yet
    bool _isParked;    // the read loop waits for a receive, or has ended

    /// <summary>The channel that stands for it; null: nobody has asked for one.</summary>
    public Iproto.IprotoChannel? Channel { get; set; }

    /// <summary>This end, for people.</summary>
    public string LocalAddress => _connection.LocalAddress;

    public async Task<Connection> HijackAsync()
    {
        await Host.Platform.Scheduler.SwitchTo();
        HijackedConnection hijacked;
        lock (_gate)
        {
            if (_iproto is null || _state != SessionState.Open)
            {
                throw new ButlerException(
                    ButlerStatus.FailedPrecondition, "only an iproto connection that is open can be taken over, and only once", ButlerCertainty.NotExecuted);
            }

            hijacked = new HijackedConnection(_connection, Host.Platform.Scheduler);
            _state = SessionState.Draining; // no new calls
            _shutdownBegun = _callbacksRun = true;
            CloseReason = new ButlerException(
                ButlerStatus.Unavailable, "the connection was taken over by the application", ButlerCertainty.Unknown, ButlerReason.Hijacked);
            _hijacked = hijacked;
            FailWaiting(Errors.Dropped(CloseReason.Message, handedOver: false, ButlerReason.Hijacked));
            FailPending(CloseReason);
            TryHandOver();
        }

        FlushHeld();
        await hijacked.Ready;
        Host.Clock.Remove(this);
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
            _inFlight--;
            call!.FailLater(Errors.Dropped(reason.Message, slot.Position < _handedOver, reason.Reason), Host.Platform.Scheduler);
        }
    }

    // When nothing of the session touches the connection any more. Under the gate.
    void TryHandOver()
    {
        if (_hijacked is not { } hijacked || !_isParked || _unbegun > 0 || _isSending || _filling.WrittenCount > 0 || hijacked.Ready.IsCompleted)
            return;
        foreach (var packet in _unserved.Values)
            hijacked.AddUnread(packet);
        _unserved.Clear();
        hijacked.AddUnread(_buffer.AsSpan(_start, _end - _start));
        _start = _end;
        _state = SessionState.Closed;
        _connectionEnded = true; // it is no longer this session's to end
        hijacked.SetReady();
    }

    // The read loop is about to wait.
    void Park()
    {
        if (_iproto is null)
            return;
        lock (_gate)
        {
            _isParked = true;
            TryHandOver();
        }
    }

    // The read loop has received something. True: it is not for the session any more. On the read loop.
    bool Unpark(int received, Exception? failure)
    {
        if (_iproto is null)
            return false;
        lock (_gate)
        {
            if (_hijacked is not { } hijacked)
            {
                _isParked = false;
                return false;
            }

            hijacked.OnLoopEnded(_waitsForBytes ? default : _buffer.AsSpan(_end, received), _waitsForBytes || received > 0, failure);
            _isParked = true;
            TryHandOver();
            return true;
        }
    }

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

    void CountUnbegun(InboundCall call)
    {
        if (_iproto is null)
            return;
        call.Order = ++_packetOrder;
        Interlocked.Increment(ref _unbegun);
    }

    /// <summary>A batch has come to a request. False: the connection was taken over before, and the packet counts as not read.</summary>
    public bool BeginServing(InboundCall call, ReadOnlySpan<byte> body)
    {
        if (_iproto is null)
            return true;
        if (_hijacked is null)
        {
            Interlocked.Decrement(ref _unbegun);
            if (_hijacked is null)
                return true;
            lock (_gate)
                TryHandOver();
            return true;
        }

        var packet = new byte[_framing.HeaderSize + body.Length];
        _framing.WriteHeader(packet, new FrameHeader(FrameKind.Request, FrameFlags.None, call.MethodCode, call.Id, body.Length));
        body.CopyTo(packet.AsSpan(_framing.HeaderSize));
        lock (_gate)
        {
            _unserved.Add(call.Order, packet);
            EndInbound(call);
            Interlocked.Decrement(ref _unbegun);
            TryHandOver();
        }

        return false;
    }
}

/// <summary>A connection that was taken over: first what had been received already, then what comes.</summary>
sealed class HijackedConnection(Connection connection, ButlerScheduler scheduler) : Connection
{
    readonly Lock _gate = new();
    readonly Queue<byte[]> _unread = new();
    readonly Signal _ready = new(scheduler);
    readonly Signal _loopEnded = new(scheduler);
    int _offset;
    byte[] _last = [];
    bool _readyWasSet;
    bool _ended;
    Exception? _failure;

    public Task Ready => _readyWasSet ? Task.CompletedTask : _ready.Task;

    public override string LocalAddress => connection.LocalAddress;

    public override string RemoteAddress => connection.RemoteAddress;

    public override string? RemoteHost => connection.RemoteHost;

    public override bool IsEncrypted => connection.IsEncrypted;

    public override bool IsLocal => connection.IsLocal;

    public void AddUnread(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        lock (_gate)
            _unread.Enqueue(bytes.ToArray());
    }

    public void SetReady()
    {
        lock (_gate)
        {
            _readyWasSet = true;
            if (_last.Length > 0)
                _unread.Enqueue(_last);
        }

        _ready.Set();
    }

    /// <summary>The connection broke while it was being handed over.</summary>
    public void Fail(Exception reason)
    {
        OnLoopEnded(default, goesOn: false, reason);
        SetReady();
    }

    /// <summary>The session's last receive is over, with what it brought.</summary>
    public void OnLoopEnded(ReadOnlySpan<byte> bytes, bool goesOn, Exception? failure)
    {
        lock (_gate)
        {
            // It comes last, behind what is handed over when the last batch has ended.
            if (!_readyWasSet)
                _last = bytes.ToArray();
            else if (!bytes.IsEmpty)
                _unread.Enqueue(bytes.ToArray());
            _failure = failure;
            _ended = !goesOn && failure is null;
        }

        _loopEnded.Set();
    }

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (TryTake(buffer.Span, out var count))
            return count;
        await _loopEnded.Task;
        if (TryTake(buffer.Span, out count))
            return count;
        if (_failure is not null)
            throw new IOException($"the connection is broken: {_failure.Message}", _failure);
        return _ended ? 0 : await connection.ReceiveAsync(buffer);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => connection.SendAsync(bytes);

    public override void CloseWrite() => connection.CloseWrite();

    public override void Abort() => connection.Abort();

    public override ValueTask DisposeAsync() => connection.DisposeAsync();

    bool TryTake(Span<byte> buffer, out int count)
    {
        lock (_gate)
        {
            count = 0;
            if (!_unread.TryPeek(out var next))
                return false;
            count = Math.Min(buffer.Length, next.Length - _offset);
            next.AsSpan(_offset, count).CopyTo(buffer);
            _offset += count;
            if (_offset == next.Length)
            {
                _unread.Dequeue();
                _offset = 0;
            }

            return true;
        }
    }
}
