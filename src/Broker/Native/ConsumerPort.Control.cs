using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ButlerRpc.Broker.Channels;
using ButlerRpc.Framing;

namespace ButlerRpc.Broker.Native;

// What a consumer sends that belongs to no call: one-way messages and the shapes of its contracts.
sealed partial class ConsumerPort
{
    readonly Dictionary<uint, Lane> _notices = [];
    int _notified;
    int _noticesHeld;

    public ConsumerShapes Shapes => _shapes ??= new ConsumerShapes(payload => Write(new Parcel { Kind = FrameKind.Schema, Payload = payload }, 0));

    ConsumerShapes? _shapes;

    void TakeNotify(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        Parcel parcel;
        if (header.More || _notices.ContainsKey(header.Call))
        {
            ref var lane = ref CollectionsMarshal.GetValueRefOrAddDefault(_notices, header.Call, out _);
            if (_notices.Count > Session.Host.Limits.NotifiesInFlight)
                throw new ProtocolViolationException($"more than {Session.Host.Limits.NotifiesInFlight} one-way messages are begun");
            if (!lane.TryAssemble(Session, in header, payload, Channel.Now, out parcel, out var refusal))
                return;
            _notices.Remove(header.Call);
            CountNotice();
            if (refusal is not null)
            {
                Channel.Counters.NotifiesDropped++;
                BrokerLog.NotifyDropped(Channel.Logger, Channel.Id, refusal.Message);
                OnNotified();
                return;
            }
        }
        else
        {
            MessagePrefix.Read(header.Flags, payload, out _);
            CountNotice();
            parcel = new Parcel { Kind = FrameKind.Notify, Flags = header.Flags, Code = header.Code, Payload = payload };
        }

        Channel.Notify(this, in parcel);
    }

    void CountNotice()
    {
        if (++_noticesHeld > Session.Host.Limits.NotifiesInFlight)
            throw new ProtocolViolationException($"more than {Session.Host.Limits.NotifiesInFlight} one-way messages are in flight");
    }

    public void OnNotified()
    {
        if (++_notified * 2 < Session.Host.Limits.NotifiesInFlight)
            return;
        Span<byte> credit = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(credit, (uint)_notified);
        _noticesHeld -= _notified;
        _notified = 0;
        Write(new Parcel { Kind = FrameKind.Credit, Payload = credit }, 0);
    }

    void TakeBind(ReadOnlySpan<byte> payload)
    {
        List<(uint Code, ulong Hash)> methods = [];
        var service = BindPayload.Read(payload, methods, out var accept);
        foreach (var (code, hash) in methods)
        {
            if (accept)
            {
                Shapes.Accept(code);
            }
            else
            {
                Shapes.Announce(service, code, hash);
                Channel.OnAnnounced(code, hash);
            }
        }
    }
}
