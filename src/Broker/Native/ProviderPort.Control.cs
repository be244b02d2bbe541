using System.Buffers.Binary;
using ButlerRpc.Broker.Channels;
using ButlerRpc.Codec;
using ButlerRpc.Framing;

namespace ButlerRpc.Broker.Native;

// What passes between the broker and a provider that belongs to no call of a consumer.
sealed partial class ProviderPort
{
    readonly HashSet<uint> _refusing = [];
    long _notifyCredit;
    uint _notices;

    public ProviderShapes Shapes { get; } = new();

    // They take no slots of calls: were room for calls asked for, nobody would pass on what waits when a call ends.
    public bool HasNotifyRoom => _notifyCredit > 0 && TakesBytes;

    public void Notify(in Parcel parcel)
    {
        _notifyCredit--;
        var number = CallId.AcceptorBit | _notices++;
        _notices &= ~CallId.AcceptorBit;
        if (parcel.Large is { } large)
        {
            Session.RelayLarge(new Sessions.OutgoingMessage(
                FrameKind.Notify, parcel.Code, number, large.Bytes, large.Count, long.MaxValue, slot: -1, stream: null, large.Metadata, large.Trace));
            Channel.Touch(this);
        }
        else
        {
            Write(in parcel, number);
        }
    }

    public void Ask(string service, uint method, ulong hash)
    {
        using var payload = new WriteBuffer();
        BindPayload.Write(payload, service, method, hash);
        Write(new Parcel { Kind = FrameKind.Bind, Payload = payload.WrittenSpan }, 0);
    }

    void TakeNoticeCredit(ReadOnlySpan<byte> payload)
    {
        if (payload.Length != 8)
            throw new ProtocolViolationException($"a CREDIT of {payload.Length} bytes; it has 8");
        var returned = BinaryPrimitives.ReadUInt32LittleEndian(payload);
        if (returned > Session.PeerNotifies - _notifyCredit)
            throw new ProtocolViolationException($"{returned} one-way messages are returned, which is more than are in flight");
        _notifyCredit += returned;
        Channel.PumpNotices();
    }

    void TakeBind(ReadOnlySpan<byte> payload)
    {
        List<(uint Code, ulong Hash)> methods = [];
        BindPayload.Read(payload, methods, out _);
        foreach (var (code, hash) in methods)
        {
            Shapes.Announce(code, hash);
            Channel.OnAnnounced(code, hash);
        }
    }

    // A provider has nobody to call: consumers are many, and come and go.
    void RefuseRequest(in FrameHeader header)
    {
        var isPart = _refusing.Contains(header.Call);
        if (!isPart && new CallId(header.Call).ByAcceptor)
            throw new ProtocolViolationException("a request with the starter bit of this end");
        if (!isPart)
            Session.CountTaken();
        if (header.More)
        {
            if (!isPart && _refusing.Count >= Session.Host.Limits.CallsInFlight)
                throw new ProtocolViolationException($"more than {Session.Host.Limits.CallsInFlight} requests are begun");
            _refusing.Add(header.Call);
            return;
        }

        _refusing.Remove(header.Call);
        using var error = new WriteBuffer();
        ErrorPayload.Write(
            error,
            new ButlerException(
                ButlerStatus.Unimplemented, "a provider cannot call back through a broker; return a stream instead", ButlerCertainty.NotExecuted, ButlerReason.UnknownMethod),
            ButlerCertainty.NotExecuted, faults: []);
        Write(new Parcel { Kind = FrameKind.Error, Code = (uint)ButlerStatus.Unimplemented, Payload = error.WrittenSpan }, header.Call);
    }
}
