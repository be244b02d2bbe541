using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

// The calls that the peer makes and this end serves.
sealed partial class Session
{
    InboundCall?[] _inbound = [];
    readonly Dictionary<uint, NotifyBody> _notifyBodies = [];
    readonly Dictionary<uint, CallLane> _lanes = [];
    CallLane? _orderedLane;
    volatile uint _requestsTaken; // counted after ServingBegun, so that a drain waits for each, and before _goawaySent is read
    int _notifiesInFlight;
    int _notifiesReturned;
    int _notifyCredit = PeerLimits.Floor.Notifies;
    long _reassembling;

    // On the read loop.
    void HandleRequest(in FrameHeader header, int offset, Batch batch)
    {
        var id = new CallId(header.Call);
        if (id.ByAcceptor == _isAcceptor)
            throw new ProtocolViolationException("a request with the starter bit of this end");
        var call = InboundSlot(id.Slot);
        var payload = _buffer.AsSpan(offset, header.Length);
        if (call.InFlight)
        {
            ContinueRequest(in header, call, payload, batch);
            return;
        }

        if (call.Used && CallId.Distance(id.Generation, new CallId(call.Id).Generation) <= 0)
            throw new ProtocolViolationException($"a request on slot {id.Slot} with the generation of one that has ended");
        var body = MessagePrefix.Read(header.Flags, payload, out var prefix);
        var deadline = prefix.DeadlineMilliseconds is { } left ? _lastReceived + left : long.MaxValue;
        var handler = FindHandler(header.Code);
        call.Begin(header.Call, header.Code, handler ?? UnknownMethodHandler.Instance, deadline, prefix.Metadata, TraceContext.Read(prefix.Trace));
        call.Order = ++_requestOrder;
        Statistics.ServingBegun++;
        _requestsTaken++;
        if (header.More)
        {
            call.Body = BeginReassembly(prefix);
            call.Body.Append(body);
            return;
        }

        if (prefix.Total is { } total && total != body.Length)
            throw new ProtocolViolationException($"a message of {total} bytes has {body.Length}");
        Dispatch(call, handler, batch, _buffer, offset + header.Length - body.Length, body.Length, owns: false);
    }

    void ContinueRequest(in FrameHeader header, InboundCall call, ReadOnlySpan<byte> payload, Batch batch)
    {
        if (call.Body is not { } body || call.Id != header.Call || (header.Flags & ~FrameFlags.More) != 0)
            throw new ProtocolViolationException($"a request on slot {new CallId(header.Call).Slot}, which is in flight");
        body.Append(payload);
        if (header.More)
            return;
        call.Body = null;
        var bytes = EndReassembly(body);
        if (body.Skipped)
        {
            call.Fail(body.Refusal("the request", ButlerCertainty.NotExecuted), executed: false);
            _loopWrote = true;
            return;
        }

        Dispatch(call, FindHandler(call.MethodCode), batch, bytes, 0, body.Total, owns: true);
    }

    MethodHandler? FindHandler(uint code) => _services.Find(code) ?? _services.FindUntyped(code, isOneWay: false);

    void Dispatch(InboundCall call, MethodHandler? handler, Batch batch, byte[] bytes, int offset, int length, bool owns)
    {
        if (_goawaySent)
        {
            if (owns)
                System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
            RefuseForDrain(call);
            return;
        }

        if (_refusedCodes is { Count: > 0 } refused && refused.Contains(call.MethodCode))
        {
            if (owns)
                System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
            call.Fail(Errors.Mismatch(call.Method.FullName, "the caller has not accepted the difference"), executed: false);
            _loopWrote = true;
            return;
        }

        Statistics.CallsServed++;
        if (handler is not null && MustWait(call, handler.Method, bytes, offset, length, owns))
            return;
        if (handler is { Method.Inline: true } && !owns)
        {
            call.Serve(bytes, offset, length, _lastReceived);
            _loopWrote = true;
            return;
        }

        _someRunApart |= call.RunsApart;
        batch.Add(new BatchEntry { Target = call, Kind = BatchEntryKind.Request, Bytes = bytes, Offset = offset, Length = length, Owns = owns });
    }

    // GOAWAY may have counted it or not: the peer believes the refusal, or has known already.
    void RefuseForDrain(InboundCall call)
    {
        call.Fail(Errors.Dropped("the session is draining", handedOver: false, ButlerReason.Stopped), executed: false);
        _loopWrote = true;
    }

    // On the read loop, so that calls enter their lane in the order in which they came. True: the call is in the lane's hands, and its bytes are not needed any more.
    bool MustWait(InboundCall call, Method method, byte[] bytes, int offset, int length, bool owns)
    {
        if (LaneOf(method) is not { } lane)
            return false;
        call.Lane = lane;
        if (EnterLane(lane, call, bytes.AsSpan(offset, length)))
            return false;
        if (owns)
            System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        return true;
    }

    // Counted before, as another thread may begin it at once.
    bool EnterLane(CallLane lane, InboundCall call, ReadOnlySpan<byte> request)
    {
        lock (_gate)
        {
            _waitingInLanes++;
            call.WaitedInLane = true;
        }

        if (!lane.TryEnter(call, request))
            return false;
        lock (_gate)
        {
            _waitingInLanes--;
            call.WaitedInLane = false;
        }

        return true;
    }

    // Where calls of the method wait for each other; null: they do not.
    CallLane? LaneOf(Method method)
    {
        if (method.Ordered)
            return _orderedLane ??= new CallLane(1);
        if (method.MaxInFlight == 0)
            return null;
        if (!_lanes.TryGetValue(method.Code, out var lane))
            _lanes.Add(method.Code, lane = new CallLane(method.MaxInFlight));
        return lane;
    }

    public ButlerStatus? MappedStatus(Exception failure) => _services.MappedStatus(failure);

    InboundCall InboundSlot(int slot)
    {
        if (slot >= Host.Limits.CallsInFlight)
            throw new ProtocolViolationException($"a request on slot {slot}; {Host.Limits.CallsInFlight} are allowed");
        if (slot >= _inbound.Length)
            Array.Resize(ref _inbound, Math.Min(Host.Limits.CallsInFlight, Math.Max(64, (slot / 64 + 1) * 64)));
        return _inbound[slot] ??= new InboundCall(this, slot);
    }

    void HandleNotify(in FrameHeader header, int offset, Batch batch)
    {
        var payload = _buffer.AsSpan(offset, header.Length);
        if (_notifyBodies.Count > 0 && _notifyBodies.TryGetValue(header.Call, out var begun))
        {
            begun.Body.Append(payload);
            if (header.More)
                return;
            _notifyBodies.Remove(header.Call);
            var bytes = EndReassembly(begun.Body);
            if (begun.Body.Skipped)
                RefuseNotify(begun.Method, begun.Body.Refusal("it", ButlerCertainty.NotExecuted));
            else
                DispatchNotify(begun.Method, begun.Body.Metadata, begun.Trace, batch, bytes, 0, begun.Body.Total, owns: true);
            return;
        }

        var body = MessagePrefix.Read(header.Flags, payload, out var prefix);
        if (header.More)
        {
            if (_notifyBodies.Count >= Host.Limits.NotifiesInFlight)
                throw new ProtocolViolationException($"more than {Host.Limits.NotifiesInFlight} one-way messages are begun");
            var reassembly = BeginReassembly(prefix);
            reassembly.Append(body);
            _notifyBodies.Add(header.Call, new NotifyBody(reassembly, header.Code, TraceContext.Read(prefix.Trace)));
            return;
        }

        DispatchNotify(
            header.Code, prefix.Metadata, TraceContext.Read(prefix.Trace), batch, _buffer, offset + header.Length - body.Length, body.Length, owns: false);
    }

    static readonly ButlerException UnknownOneWay = new(
        ButlerStatus.Unimplemented, "there is no such one-way method", ButlerCertainty.NotExecuted, ButlerReason.UnknownMethod);

    // No handler gets it; its credit goes back all the same.
    void RefuseNotify(uint method, ButlerException reason)
    {
        Interlocked.Increment(ref _notifiesInFlight);
        ReturnNotify();
        OnNotifyFailed($"0x{method:X}", reason);
    }

    // Nobody is told but the log, which a peer must not fill: it is counted as a call that fails is.
    void OnNotifyFailed(string method, ButlerException failure)
    {
        if (failure.ErrorId == Guid.Empty) // else its exception was logged
            Log.NotifyFailed(Host.Logger, method, failure.Message);
        if (!IsPeersFault(failure.Reason))
            return;
        lock (_gate)
            CountAbuse();
    }

    void DispatchNotify(
        uint method, ReadOnlySpan<byte> metadata, TraceContext trace, Batch batch, byte[] bytes, int offset, int length, bool owns)
    {
        if ((_services.Find(method) ?? _services.FindUntyped(method, isOneWay: true)) is not { Method.Shape: MethodShape.OneWay } handler)
        {
            RefuseNotify(method, UnknownOneWay);
            if (owns)
                System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
            return;
        }

        if (Interlocked.Increment(ref _notifiesInFlight) > Host.Limits.NotifiesInFlight)
            throw new ProtocolViolationException($"more than {Host.Limits.NotifiesInFlight} one-way messages are in flight");
        var call = InboundCall.RentNotify(this);
        call.Begin(0, method, handler, long.MaxValue, metadata, trace);
        call.Order = ++_requestOrder;
        Statistics.ServingBegun++;
        Statistics.CallsServed++;
        if (MustWait(call, handler.Method, bytes, offset, length, owns))
            return;
        _someRunApart |= call.RunsApart;
        batch.Add(new BatchEntry { Target = call, Kind = BatchEntryKind.Request, Bytes = bytes, Offset = offset, Length = length, Owns = owns });
    }

    void HandleCancel(in FrameHeader header, Batch batch)
    {
        var id = new CallId(header.Call);
        if (id.ByAcceptor == _isAcceptor || id.Slot >= _inbound.Length || _inbound[id.Slot] is not { Used: true } call)
            throw new ProtocolViolationException("a CANCEL for a call that was never started");
        lock (_gate)
        {
            if (!WasUseful(call, header.Call))
                CountAbuse();
        }

        if (call.InFlight && call.Id == header.Call)
        {
            if (call.Body is null)
                batch.Add(new BatchEntry { Target = call, Kind = BatchEntryKind.Cancel, Code = header.Call });
            else
                call.Cancel(header.Call); // its handler, which has not been started, will not be; the rest of its request comes all the same
            return;
        }

        if (CallId.Distance(id.Generation, new CallId(call.Id).Generation) > 0)
            throw new ProtocolViolationException("a CANCEL for a call that was never started");
        Statistics.LateFrames++; // the answer was on its way
    }

    public Reassembly BeginReassembly(in MessagePrefix prefix)
    {
        var total = prefix.Total!.Value;
        var begun = Interlocked.Add(ref _reassembling, total);
        if (begun > Host.Limits.ReassemblyWindowBytes)
            throw new ProtocolViolationException($"the peer has begun messages of {begun} bytes; the window is {Host.Limits.ReassemblyWindowBytes}");
        return new Reassembly((int)total, Host.Limits, Host.Platform.Reassembling) { Metadata = prefix.Metadata.IsEmpty ? null : prefix.Metadata.ToArray() };
    }

    public byte[] EndReassembly(Reassembly body)
    {
        _someRunApart = true;
        ForgetReassembly(body);
        return body.Take();
    }

    public void ForgetReassembly(Reassembly body) => Interlocked.Add(ref _reassembling, -body.Total);

    // The read loop has ended: what had begun to come will not be complete.
    void DropUnfinished()
    {
        lock (_gate)
        {
            foreach (var call in _inbound)
            {
                if (call?.Body is not { } body)
                    continue;
                call.Body = null;
                Drop(body);
                EndInbound(call);
            }

            foreach (var begun in _notifyBodies.Values)
                Drop(begun.Body);
            _notifyBodies.Clear();
            for (var index = 0; index < _slots.Used; index++)
            {
                if (_slots[index].Body is { } body)
                    Drop(body);
                _slots[index].Body = null;
            }
        }
    }

    void Drop(Reassembly body)
    {
        ForgetReassembly(body);
        body.Drop();
    }

    // A one-way message of which not all parts have come.
    sealed record NotifyBody(Reassembly Body, uint Method, TraceContext Trace);

    sealed class UnknownMethodHandler() : MethodHandler(UnknownMethod)
    {
        static readonly Method UnknownMethod = new Method<Unit, Unit>
        {
            Service = "", Name = "?", Code = 0, Shape = MethodShape.Unary, RequestCodec = UnitCodec.Instance, ResponseCodec = UnitCodec.Instance,
        };

        public static readonly UnknownMethodHandler Instance = new();

        public override void Invoke(ServerCall call) => call.Fail(
            new ButlerException(
                ButlerStatus.Unimplemented, $"nothing that this end offers has a method with the code 0x{((InboundCall)call).MethodCode:X}",
                ButlerCertainty.NotExecuted, ButlerReason.UnknownMethod),
            executed: false);
    }
}
