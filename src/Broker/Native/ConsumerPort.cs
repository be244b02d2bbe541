using System.Buffers.Binary;
using ButlerRpc.Broker.Channels;
using ButlerRpc.Framing;
using ButlerRpc.Sessions;

namespace ButlerRpc.Broker.Native;

/// <summary>A native consumer: its calls go into the channel, what comes back goes to it with its own numbers.</summary>
sealed partial class ConsumerPort(ChannelTable channels, Channel channel, Session session, long providerWait) : NativePort(channels, channel, session), IConsumerEnd
{
    RelayedCall?[] _calls = [];

    public long ProviderWait { get; } = providerWait;

    protected override void Open() => Channel.Consumers++;

    public override void Take(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        switch (header.Kind)
        {
            case FrameKind.Request:
                TakeRequest(in header, payload);
                break;
            case FrameKind.Item or FrameKind.End or FrameKind.Credit or FrameKind.Stop or FrameKind.Cancel:
                TakeMore(in header, payload);
                break;
            case FrameKind.Notify:
                TakeNotify(in header, payload);
                break;
            case FrameKind.Bind:
                TakeBind(payload);
                break;
            default:
                throw Unexpected(in header);
        }
    }

    void TakeRequest(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        var id = new CallId(header.Call);
        if (id.ByAcceptor)
            throw new ProtocolViolationException("a request with the starter bit of this end");
        var call = CallAt(id.Slot);
        if (call.IsOpen)
        {
            if (call.State != RelayState.Coming || call.ConsumerCall != header.Call)
                throw new ProtocolViolationException($"a request on slot {id.Slot}, which is in flight");
            TakePart(call, in header, payload);
            return;
        }

        if (call.Version > 0 && CallId.Distance(id.Generation, new CallId(call.ConsumerCall).Generation) <= 0)
            throw new ProtocolViolationException($"a request on slot {id.Slot} with the generation of one that has ended");
        call.ConsumerCall = header.Call;
        call.State = RelayState.Coming;
        Begun();
        Session.CountTaken(); // when a drain waits for it already
        if (header.More)
        {
            TakePart(call, in header, payload);
            return;
        }

        var body = MessagePrefix.Read(header.Flags, payload, out var prefix);
        if (prefix.Total is { } total && total != body.Length)
            throw new ProtocolViolationException($"a message of {total} bytes has {body.Length}");
        call.Key = (header.Flags & FrameFlags.Metadata) == 0 ? 0 : RoutingKey.Of(prefix.Metadata);
        Start(call, new Parcel
        {
            Kind = FrameKind.Request, Flags = header.Flags, Code = header.Code, Payload = payload,
            Deadline = prefix.DeadlineMilliseconds is { } left ? Channel.Now + left : long.MaxValue,
        });
    }

    void TakePart(RelayedCall call, in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (!call.Forth.TryAssemble(Session, in header, payload, Channel.Now, out var whole, out var refusal))
            return;
        if (refusal is not null)
            Channel.Refuse(call, refusal, providerIsDone: true);
        else
        {
            call.Key = RoutingKey.Of(whole.Large!.Metadata);
            Start(call, in whole);
        }
    }

    void Start(RelayedCall call, in Parcel request)
    {
        if (Session.TakesNoMore)
        {
            request.Large?.Release();
            Channel.Fail(call, ButlerStatus.Unavailable, ButlerReason.Stopped, "the broker is stopping");
            return;
        }

        if (call.IsCancelled)
        {
            request.Large?.Release();
            Channel.Fail(call, ButlerStatus.Cancelled, ButlerReason.None, "the call was cancelled before its request was complete");
            return;
        }

        Channel.Start(call, in request);
    }

    // What belongs to a call that was started before.
    void TakeMore(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        var id = new CallId(header.Call);
        if (id.ByAcceptor || id.Slot >= _calls.Length || _calls[id.Slot] is not { } call || (call.Version == 0 && !call.IsOpen))
            throw new ProtocolViolationException($"a frame {header.Kind} for a call that was never started");
        var distance = CallId.Distance(id.Generation, new CallId(call.ConsumerCall).Generation);
        if (distance > 0)
            throw new ProtocolViolationException($"a frame {header.Kind} for a call that was never started");
        if (header.Kind == FrameKind.Cancel)
        {
            if (distance < 0 || !call.HasGiven)
                Session.CountRelayedAbuse();
        }
        else if ((header.Kind is FrameKind.Credit or FrameKind.Stop) != (header.Code == 0))
            throw new ProtocolViolationException($"a frame {header.Kind} of stream {header.Code}, which is not this side's");
        if (distance < 0 || !call.IsOpen)
        {
            Channel.Counters.LateFrames++; // the end of the call was on its way
            return;
        }

        if (call.State == RelayState.Coming)
        {
            if (header.Kind == FrameKind.Cancel)
            {
                call.IsCancelled = true; // the rest of its request comes all the same
                return;
            }

            throw new ProtocolViolationException($"a frame {header.Kind} in the middle of the request it follows");
        }

        if (call.Forth.IsPart(in header))
        {
            if (!call.Forth.TryAssemble(Session, in header, payload, Channel.Now, out var whole, out var refusal))
                return;
            if (refusal is not null)
                Channel.Refuse(call, refusal, providerIsDone: false);
            else
                Channel.Forth(call, in whole);
            return;
        }

        Channel.Forth(call, new Parcel { Kind = header.Kind, Flags = header.Flags, Code = header.Code, Payload = payload });
    }

    RelayedCall CallAt(int slot)
    {
        var limit = Session.Host.Limits.CallsInFlight;
        if (slot >= limit)
            throw new ProtocolViolationException($"a request on slot {slot}; {limit} are allowed");
        if (slot >= _calls.Length)
            Array.Resize(ref _calls, Math.Min(limit, Math.Max(64, (slot / 64 + 1) * 64)));
        return _calls[slot] ??= new RelayedCall { Consumer = this };
    }

    public void Deliver(RelayedCall call, in Parcel parcel)
    {
        if (parcel.Large is not null)
            WriteLarge(in parcel, call.ConsumerCall, call, forth: false);
        else
            Write(in parcel, call.ConsumerCall);
        if (parcel.Kind == FrameKind.Item)
            call.HasGiven = true;
        else if (parcel.Kind == FrameKind.Error && Session.IsPeersFault((ButlerReason)BinaryPrimitives.ReadUInt16LittleEndian(parcel.Payload[1..])))
            Session.CountRelayedAbuse();
    }

    public void OnEnded(RelayedCall call)
    {
        Ended();
        Session.OnRelayedEnd();
    }

    public override void OnPong()
    {
    }

    public override void OnRoom()
    {
    }

    public override void OnGoaway(uint accepted)
    {
        // It has accepted nothing, as nothing was asked of it; what it has asked for is still answered.
    }

    // The calls of a consumer that has gone are cancelled; their ends are awaited, so that nobody's slot is used too early, and told to nobody.
    protected override void Close()
    {
        Channel.Consumers--;
        foreach (var lane in _notices.Values)
            lane.DropUnfinished(null);
        foreach (var call in _calls)
        {
            if (call is null or { IsOpen: false })
                continue;
            Channel.Leave(call);
        }
    }
}
