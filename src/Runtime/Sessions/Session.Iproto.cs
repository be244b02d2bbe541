using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Sessions;

// What is different when the framing is iproto: no handshake, no kinds of frames, no guarantee of an answer. A packet is looked up among this end's pending
// calls first; what is not found is a ping, a shutdown, a late reply (its Sync has this end's bit) or a request, in this order.
sealed partial class Session
{
    IprotoOptions? _iproto; // null: the native wire
    Stack<InboundCall> _freeInbound = new(); // under the gate
    Stack<InboundCall> _loopInbound = new(); // the read loop's
    int _inboundUsed;
    bool _pingOutstanding;

    /// <summary>The form of the bodies it carries.</summary>
    public PayloadFormat Payload => _framing.Payload;

    // Packets count against the queue while a send waits for the peer; otherwise the next send takes all that there are.
    bool AdmitsPackets => _sendDue == long.MaxValue || _framesFilled < _iproto!.WriteQueueSize;

    void OpenIproto(IprotoFraming framing)
    {
        _iproto = framing.Options;
        _prefaceRead = true;
        _helloRead = true;
        _handshakeDue = long.MaxValue;
        _notifyCredit = int.MaxValue;
        _peer = new PeerLimits(Slots: ushort.MaxValue, MaxMessage: framing.Options.SizeLimit, ReassemblyWindow: 0, Notifies: int.MaxValue);
        _frameRoom = framing.MaxFrame - framing.HeaderSize;
        _messageLimit = Math.Min(_peer.MaxMessage, Host.Limits.MessageBytes);
        _lastUse = _lastReceived;
        _state = SessionState.Open;
        _opened.Set();
        Host.Clock.Arm(NextLook(_lastReceived));
    }

    /// <summary>The channel that stands for it; null: nobody has asked for one.</summary>
    public Iproto.IprotoChannel? Channel { get; set; }

    // On the read loop.
    void HandleIproto(in FrameHeader header, int offset, Batch batch)
    {
        if (TryHandleReply(in header, offset, batch))
            return;
        switch (header.Code)
        {
            case IprotoFraming.Ping:
                HandleIprotoPing(header.Call);
                return;
            case IprotoFraming.Shutdown:
                HandleShutdown();
                return;
        }

        _lastUse = _lastReceived;
        if ((header.Call & IprotoFraming.BitOf(_isAcceptor)) != 0)
        {
            Statistics.LateFrames++; // to a call that has ended; the reference would take it for a request
            return;
        }

        HandleIprotoRequest(in header, offset, batch);
    }

    // True: it is the reply to a call of this end, or belongs to one that has been given up.
    bool TryHandleReply(in FrameHeader header, int offset, Batch batch)
    {
        const uint SlotMask = 0xFFFF;
        var number = header.Call;
        if ((number & (IprotoFraming.BitOf(true) | IprotoFraming.BitOf(false))) != IprotoFraming.BitOf(_isAcceptor))
            return false;
        var index = (int)(number & SlotMask);
        if (index >= _slots.Used)
            return false;
        ref var slot = ref _slots[index];
        var generation = slot.Generation;
        if ((generation & IprotoFraming.GenerationMask) != (int)(number >> 16 & IprotoFraming.GenerationMask))
            return false;
        if (slot.State == SlotState.Abandoned)
        {
            Statistics.LateFrames++;
            lock (_gate)
            {
                if (slot.State == SlotState.Abandoned && slot.Generation == generation) // else its quarantine has just ended
                {
                    _slots.Free(index); // the last word on the call: nothing more can come for it
                    AdmitWaiting();
                }
            }

            return true;
        }

        var call = slot.Call;
        if (slot.State != SlotState.Pending || call is null || call.Method.Code != header.Code)
            return false;
        _lastUse = _lastReceived;
        if (!slot.TryLeavePending(generation, SlotState.Answered))
            return false; // it has just timed out
        _answered.Add(index);
        if (Host.InlineContinuations)
        {
            call.Complete(_buffer.AsSpan(offset, header.Length));
            _loopWrote = true;
            return true;
        }

        batch.Add(new BatchEntry { Target = call, Kind = BatchEntryKind.Reply, Bytes = _buffer, Offset = offset, Length = header.Length });
        return true;
    }

    void HandleIprotoPing(uint number)
    {
        lock (_gate)
        {
            if (_pingOutstanding && number == 0)
            {
                _pingOutstanding = false;
                return;
            }

            WriteControl(FrameKind.Ping, IprotoFraming.Ping, number);
        }

        _loopWrote = true;
    }

    void HandleIprotoRequest(in FrameHeader header, int offset, Batch batch)
    {
        var handler = _services.Find(header.Code) ?? _services.Packets?.Find(header.Code) ?? _services.FindUntyped(header.Code, isOneWay: false);
        if (handler is null)
        {
            if (Statistics.UnknownFrames++ == 0)
                Log.UnknownPacket(Host.Logger, header.Code, RemoteAddress);
            handler = _services.Packets?.Unknown;
        }

        if (TakeInbound() is not { } call)
        {
            if (Statistics.RefusedCalls++ == 0)
                Log.PacketRefused(Host.Logger, header.Code, RemoteAddress, Host.Limits.CallsInFlight);
            return;
        }

        if (handler is { Method.HasStreams: true })
            handler = StreamsRefusedHandler.Instance;
        call.Begin(header.Call, header.Code, handler ?? UnknownMethodHandler.Instance, long.MaxValue);
        Statistics.ServingBegun++;
        call.Order = ++_requestOrder;
        Dispatch(call, handler, batch, _buffer, offset, header.Length, owns: false);
    }

    // On the read loop, which takes all the slots that have become free at once: one lock for many requests.
    InboundCall? TakeInbound()
    {
        if (_loopInbound.TryPop(out var call))
            return call;
        lock (_gate)
            (_loopInbound, _freeInbound) = (_freeInbound, _loopInbound);
        if (_loopInbound.TryPop(out call))
            return call;
        return _inboundUsed < Host.Limits.CallsInFlight ? InboundSlot(_inboundUsed++) : null;
    }

    // Under the gate.
    void ReturnInbound(InboundCall call)
    {
        if (call.Slot >= 0)
            _freeInbound.Push(call);
    }

    // A notify, though its handler has a reply: there is nobody to send it to.
    public bool IsUnanswered(InboundCall call) => _iproto is not null && call.Id == 0;

    // A handler has failed. Iproto has no form for that, unless the user has given it one.
    void FailIproto(InboundCall call, ButlerException error)
    {
        var body = Scratch.Rent(PeerMessageLimit);
        var answer = false;
        try
        {
            answer = call.Id != 0 && _iproto!.ErrorEncoder is { } encoder && encoder.TryEncode(call.MethodCode, error, body);
        }
        catch (Exception e)
        {
            Log.HandlerFailed(Host.Logger, e, call.Method.FullName, error.ErrorId);
        }

        if (!answer)
        {
            Log.PacketUnanswered(Host.Logger, Statistics.UnansweredCalls++ == 0 ? LogLevel.Warning : LogLevel.Debug, call.MethodCode, RemoteAddress, error.Message);
        }

        SendAction action;
        lock (_gate)
        {
            if (answer && _state != SessionState.Closed)
                WriteControl(FrameKind.Reply, call.MethodCode, call.Id, buffer => buffer.Write(body.WrittenSpan));
            EndInbound(call);
            action = DecideFlush();
        }

        Scratch.Return(body);
        Act(action);
    }

    // Its number must not be used again for a while: the reply may still come. Under the gate; returns when that is over.
    long Quarantine(ref CallSlot slot, long now)
    {
        slot.Call = null;
        slot.Deadline = now + (long)_iproto!.Quarantine.TotalMilliseconds;
        _inFlight--;
        Host.Clock.Arm(slot.Deadline);
        EndDrainIfIdle();
        return slot.Deadline;
    }

    long EndQuarantine(int index, long now)
    {
        ref var slot = ref _slots[index];
        if (slot.Deadline > now)
            return slot.Deadline;
        _slots.Free(index);
        AdmitWaiting();
        return long.MaxValue;
    }

    // What iproto has no form for; null: nothing stands against it.
    static Exception? CannotCarry(Method method) => method.Code is IprotoFraming.Ping or IprotoFraming.Shutdown
        ? new ArgumentOutOfRangeException(nameof(method), $"0x{method.Code:X} is ping or shutdown on iproto; a Msg of the application is another number")
        : method.HasStreams ? NoStreams(method) : null;

    static ButlerException NoStreams(Method method) => new(
        ButlerStatus.Unimplemented, $"{method.FullName} has streams, which iproto cannot carry; use a native endpoint (tcp://) for it", ButlerCertainty.NotExecuted);

    /// <summary>Sends a packet as it is. The task ends when it is in the send queue.</summary>
    public async ValueTask SendPacketAsync(uint message, uint number, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (body.Length > _iproto!.SizeLimit)
            throw Errors.TooLarge("the packet", body.Length, _iproto.SizeLimit);
        if (TryWritePacket(message, number, body.Span, out var waiter))
            return;
        using var timeout = new CancellationTokenSource(_iproto.NoticeTimeout, Host.Platform.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        do
        {
            try
            {
                await waiter.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new ButlerException(
                    ButlerStatus.ResourceExhausted, $"the send queue to {RemoteAddress} had no room for {_iproto.NoticeTimeout.TotalSeconds:0.###} s",
                    ButlerCertainty.NotExecuted, ButlerReason.QueueFull);
            }
        }
        while (!TryWritePacket(message, number, body.Span, out waiter));
    }

    Signal? _roomMade;

    bool TryWritePacket(uint message, uint number, ReadOnlySpan<byte> body, out Task waiter)
    {
        SendAction action;
        lock (_gate)
        {
            if (_state >= SessionState.Draining && (_state == SessionState.Closed || _shutdownSent))
                throw Errors.Dropped(CloseReason?.Message ?? "the session has been shut down", handedOver: false, CloseReason?.Reason ?? ButlerReason.Stopped);
            if (!AdmitsMessages)
            {
                _roomMade ??= new Signal(Host.Platform.Scheduler);
                waiter = _roomMade.Task;
                return false;
            }

            var start = _filling.WrittenCount;
            _framing.WriteHeader(_filling.GetSpan(_framing.HeaderSize), new FrameHeader(FrameKind.Request, FrameFlags.None, message, number, body.Length));
            _filling.Advance(_framing.HeaderSize);
            _filling.Write(body);
            _framesFilled++;
            Statistics.PacketsSent++;
            _lastUse = Host.Platform.Milliseconds;
            action = DecideFlush();
        }

        waiter = Task.CompletedTask;
        Act(action);
        return true;
    }

    // The send buffer has been taken, or the session has ended. Under the gate.
    void TellRoomMade()
    {
        _roomMade?.Set();
        _roomMade = null;
    }

    sealed class StreamsRefusedHandler() : MethodHandler(RefusedMethod)
    {
        static readonly Method RefusedMethod = new Method<Unit, Unit>
        {
            Service = "", Name = "stream", Code = 0, Shape = MethodShape.Unary, RequestCodec = UnitCodec.Instance, ResponseCodec = UnitCodec.Instance,
        };

        public static readonly StreamsRefusedHandler Instance = new();

        public override void Invoke(ServerCall call) => call.Fail(
            new ButlerException(
                ButlerStatus.Unimplemented, $"the method 0x{((InboundCall)call).MethodCode:X} has streams, which iproto cannot carry", ButlerCertainty.NotExecuted),
            executed: false);
    }
}
