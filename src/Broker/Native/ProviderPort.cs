using System.Buffers.Binary;
using ButlerRpc.Broker.Channels;
using ButlerRpc.Framing;
using ButlerRpc.Sessions;

namespace ButlerRpc.Broker.Native;

/// <summary>A native provider: calls go to it under numbers of the broker's own.</summary>
sealed partial class ProviderPort(ChannelTable channels, Channel channel, Session session) : NativePort(channels, channel, session), IProviderEnd
{
    readonly List<int> _free = [];
    Slot[] _slots = [];
    int _used;
    int _taken;
    bool _isOffered;

    struct Slot
    {
        public RelayedCall? Call;
        public int Generation;
        public bool IsTaken;
        public uint Ordinal;
        public OutgoingMessage? Large;

        /// <summary>Says, by GOAWAY's number, whether the provider has taken the request.</summary>
        public readonly bool IsWithin(uint accepted) => Large is null ? (int)(Ordinal - accepted) <= 0 : Large.HasLeft && (int)(Large.Ordinal - accepted) <= 0;
    }

    public ulong Id => Session.Id;

    int IProviderEnd.InFlight => _taken;

    public bool RawOnly => false;

    public bool HasRoom => _taken < Math.Min(Session.PeerSlots, 65_535) && TakesBytes;

    bool TakesBytes => Session.QueuedBytes < Session.Host.Limits.QueuedBytes && Session.State == SessionState.Open;

    // The barrier is the other half of the one in Channel.LookAgain: who finds no room, and who makes it, cannot miss one another.
    public override bool WantsRoom
    {
        get
        {
            Interlocked.MemoryBarrier();
            return Channel.QueuedCalls + Channel.QueuedNotices > 0;
        }
    }

    // What it announces comes before its answer to this: it is known by the time it gets its first call.
    protected override void Open()
    {
        _notifyCredit = Session.PeerNotifies;
        Session.Probe();
        Channel.Touch(this);
    }

    public override void OnPong()
    {
        if (_isOffered)
            return;
        _isOffered = true;
        Channel.AddProvider(this);
        BrokerLog.ProviderCame(Channel.Logger, Channel.Id, Session.RemoteAddress, Channel.ProviderCount);
    }

    public override void OnRoom()
    {
        Channel.Enter();
        try
        {
            Channel.Pump();
            Channel.PumpNotices();
        }
        finally
        {
            Channel.Exit();
        }
    }

    public override void Take(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        switch (header.Kind)
        {
            case FrameKind.Credit when header is { Call: 0, Code: 0 }:
                TakeNoticeCredit(payload);
                break;
            case FrameKind.Reply or FrameKind.Error or FrameKind.Item or FrameKind.End or FrameKind.Credit or FrameKind.Stop:
                TakeAnswer(in header, payload);
                break;
            case FrameKind.Bind:
                TakeBind(payload);
                break;
            case FrameKind.Schema:
                Channel.OnSchema(this, SchemaPayload.CodeOf(payload), payload);
                break;
            case FrameKind.Request:
                RefuseRequest(in header);
                break;
            case FrameKind.Cancel:
                break; // of a request that was refused
            default:
                throw Unexpected(in header);
        }
    }

    void TakeAnswer(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        var id = new CallId(header.Call);
        if (!id.ByAcceptor || id.Slot >= _used)
            throw new ProtocolViolationException("an answer to a call that was never made");
        ref var slot = ref _slots[id.Slot];
        var distance = CallId.Distance(id.Generation, slot.Generation);
        if (distance > 0)
            throw new ProtocolViolationException("an answer to a call that was never made");
        if (distance < 0 || !slot.IsTaken)
        {
            Channel.Counters.LateFrames++;
            return;
        }

        if (header.Kind is FrameKind.Credit or FrameKind.Stop ? header.Code == 0 : header.Kind is FrameKind.Item or FrameKind.End && header.Code != 0)
            throw new ProtocolViolationException($"a frame {header.Kind} of stream {header.Code}, which is not this side's");
        var isFinal = (header.Kind is FrameKind.Reply or FrameKind.Error && !header.More) || header is { Kind: FrameKind.End, Code: 0 };
        if (slot.Call is not { } call)
        {
            // Abandoned: only its end matters, which makes room.
            Channel.Counters.LateFrames++;
            if (!isFinal)
                return;
            Free(id.Slot);
            Channel.Pump();
            return;
        }

        if (header.Kind == FrameKind.Error)
        {
            ErrorPayload.Check(header.Code, payload);
        }
        else if (header.Kind is FrameKind.Reply or FrameKind.Item && call.Back.IsPart(in header))
        {
            if (!call.Back.TryAssemble(Session, in header, payload, Channel.Now, out var whole, out var refusal))
                return;
            if (refusal is not null)
                Channel.Refuse(call, refusal, isFinal);
            else
                Channel.Back(call, in whole);

            return;
        }

        Channel.Back(call, new Parcel { Kind = header.Kind, Flags = header.Flags, Code = header.Code, Payload = payload });
    }

    public void Begin(RelayedCall call)
    {
        int index;
        if (_free.Count > 0)
        {
            index = _free[^1];
            _free.RemoveAt(_free.Count - 1);
        }
        else
        {
            index = _used++;
            if (index == _slots.Length)
                Array.Resize(ref _slots, Math.Max(64, index * 2));
        }

        ref var slot = ref _slots[index];
        slot.Call = call;
        slot.IsTaken = true;
        slot.Generation = (slot.Generation + 1) & CallId.GenerationMask;
        call.ProviderCall = new CallId(byAcceptor: true, slot.Generation, index).Value;
        call.Position = long.MaxValue;
        call.Large = null;
        _taken++;
        Begun();
    }

    public void Deliver(RelayedCall call, in Parcel parcel)
    {
        var isRequest = parcel.Kind == FrameKind.Request;
        ref var slot = ref _slots[new CallId(call.ProviderCall).Slot];
        if (parcel.Large is not null)
        {
            var message = WriteLarge(in parcel, call.ProviderCall, call, forth: true);
            if (isRequest)
                call.Large = slot.Large = message;
            return;
        }

        var place = Write(in parcel, call.ProviderCall);
        if (isRequest)
            (call.Position, slot.Ordinal) = (place.Position, place.Ordinal);
    }

    public void OnEnded(RelayedCall call) => Free(new CallId(call.ProviderCall).Slot);

    public void Abandon(RelayedCall call) => _slots[new CallId(call.ProviderCall).Slot].Call = null;

    // What it has not taken goes back as such: whoever made those calls may make them again.
    public override void OnGoaway(uint accepted)
    {
        Channel.RemoveProvider(this);
        for (var index = 0; index < _used; index++)
        {
            var slot = _slots[index];
            if (!slot.IsTaken || slot.IsWithin(accepted))
                continue;
            if (slot.Call is { } call)
                Channel.Fail(call, ButlerStatus.Unavailable, ButlerReason.Stopped, "the provider stops");
            else
                Free(index);
        }
    }

    protected override void Close()
    {
        Channel.RemoveProvider(this);
        BrokerLog.ProviderWent(Channel.Logger, Channel.Id, Session.RemoteAddress, _taken, Channel.ProviderCount);
        for (var index = 0; index < _used; index++)
        {
            if (_slots[index] is not { IsTaken: true, Call: { } call })
                continue;
            var handedOver = call.Large?.IsTaken ?? (call.Position != long.MaxValue && Session.HasHandedOver(call.Position));
            Channel.FailForLoss(call, handedOver);
        }
    }

    void Free(int index)
    {
        ref var slot = ref _slots[index];
        slot.Call = null;
        slot.Large = null;
        slot.IsTaken = false;
        _free.Add(index);
        _taken--;
        Ended();
        Session.OnRelayedEnd();
    }
}
