using System.Buffers;
using System.Text;
using ButlerRpc.Broker.Channels;
using ButlerRpc.Codec;
using ButlerRpc.Framing;
using ButlerRpc.Sessions;

namespace ButlerRpc.Broker.Version1;

/// <summary>A provider of version 1: takes calls of raw bytes, and answers each with one Response, one Error, or a reply in chunks.</summary>
sealed class Version1Provider(Version1Peer peer, Channel channel, Version1Outbox outbox) : Version1End(peer, channel, outbox), IProviderEnd
{
    readonly Dictionary<Guid, RelayedCall> _calls = [];
    readonly Dictionary<Guid, WriteBuffer?> _replies = [];
    readonly byte[] _route = new byte[Version1Header.RouteSize];
    long _replyBytes;

    public Session? Session => null;

    public ulong Id { get; } = peer.Host.Platform.Random.NextUInt64();

    public int InFlight => _calls.Count;

    public bool HasRoom => !IsStopping && _calls.Count < Peer.Options.RequestsInFlight && Outbox.Bytes < Peer.Host.Limits.QueuedBytes;

    public bool RawOnly => true;

    public ProviderShapes? Shapes => null;

    public bool HasNotifyRoom => false;

    protected override int UnderWay => _calls.Count;

    public override void Receive(in Version1Header header, ReadOnlySpan<byte> payload, ref Guid? registration)
    {
        registration = null;
        Channel.Enter();
        try
        {
            Take(in header, payload);
        }
        finally
        {
            Channel.Exit();
        }
    }

    void Take(in Version1Header header, ReadOnlySpan<byte> payload)
    {
        if (!_calls.TryGetValue(header.Request, out var call))
        {
            Channel.Counters.LateFrames++; // its consumer has gone, or has waited long enough
            return;
        }

        if (header.Kind is not (Version1Kind.Chunk or Version1Kind.End) && payload.Length < Version1Header.RouteSize)
        {
            Channel.Refuse(
                call, new ButlerException(ButlerStatus.Internal, $"the provider's {header.Kind} lacks the {Version1Header.RouteSize} bytes that say whom it is for", ButlerCertainty.Executed),
                providerIsDone: true);
            return;
        }

        switch (header.Kind)
        {
            case Version1Kind.Response:
                Reply(call, payload[Version1Header.RouteSize..]);
                break;
            case Version1Kind.Error:
                Fail(call, Encoding.UTF8.GetString(payload[Version1Header.RouteSize..]));
                break;
            case Version1Kind.Start:
                _replies.TryAdd(header.Request, new WriteBuffer());
                break;
            case Version1Kind.Chunk:
                Append(header.Request, payload);
                break;
            case Version1Kind.End:
                EndReply(header.Request, call);
                break;
        }
    }

    void Append(Guid request, ReadOnlySpan<byte> part)
    {
        if (!_replies.TryGetValue(request, out var body) || body is null)
            return;
        if (body.WrittenCount + part.Length > Peer.Host.Limits.MessageBytes || _replyBytes + part.Length > Peer.Host.Limits.ReassemblyWindowBytes)
        {
            _replyBytes -= body.WrittenCount;
            body.Dispose();
            _replies[request] = null;
            return;
        }

        _replyBytes += part.Length;
        body.Write(part);
    }

    void EndReply(Guid request, RelayedCall call)
    {
        if (!_replies.Remove(request, out var body))
            return;
        if (body is null)
        {
            Channel.Refuse(
                call, new ButlerException(
                    ButlerStatus.ResourceExhausted, $"the reply is larger than the broker takes: {Peer.Host.Limits.MessageBytes} bytes, {Peer.Host.Limits.ReassemblyWindowBytes} begun at once",
                    ButlerCertainty.Executed, ButlerReason.TooLarge),
                providerIsDone: true);
            return;
        }

        _replyBytes -= body.WrittenCount;
        Reply(call, body.WrittenSpan);
        body.Dispose();
    }

    void Reply(RelayedCall call, ReadOnlySpan<byte> body)
    {
        if (body.Length <= NativeFraming.LargestFrame - NativeFraming.Header)
        {
            Channel.Back(call, new Parcel { Kind = FrameKind.Reply, Payload = body });
            return;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(body.Length);
        body.CopyTo(bytes);
        Channel.Back(call, new Parcel { Kind = FrameKind.Reply, Large = new LargeBody(bytes, body.Length) });
    }

    void Fail(RelayedCall call, string text)
    {
        using var payload = new WriteBuffer();
        ErrorPayload.Write(payload, new ButlerException(ButlerStatus.Unknown, text, ButlerCertainty.Executed), ButlerCertainty.Executed, faults: []);
        Channel.Back(call, new Parcel { Kind = FrameKind.Error, Code = (uint)ButlerStatus.Unknown, Payload = payload.WrittenSpan });
    }

    public void Begin(RelayedCall call)
    {
        // A consumer of version 1 has given its request an id, which stays unless another has the same.
        call.ProviderRequest = call.RequestId != Guid.Empty && !_calls.ContainsKey(call.RequestId) ? call.RequestId : Peer.Host.Platform.Random.NextGuid();
        call.Handover = new Handover();
        _calls.Add(call.ProviderRequest, call);
    }

    public void Deliver(RelayedCall call, in Parcel parcel)
    {
        // It can be told nothing but requests.
        if (parcel.Kind != FrameKind.Request)
        {
            parcel.Large?.Release();
            return;
        }

        (call.Consumer as Version1Consumer)?.Peer.Client.TryWriteBytes(_route, bigEndian: true, out _);
        if (call.Consumer is not Version1Consumer)
            Peer.Broker.Id.TryWriteBytes(_route, bigEndian: true, out _);
        Channel.Id.TryWriteBytes(_route.AsSpan(16), bigEndian: true, out _);
        byte[] bytes;
        int count;
        if (parcel.Large is { } large)
        {
            (bytes, count) = (large.Bytes, large.Count);
        }
        else
        {
            var body = parcel.Body;
            bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, body.Length));
            body.CopyTo(bytes);
            count = body.Length;
        }

        Outbox.Add(Version1Kind.Start, call.ProviderRequest, [.. _route], bytes, count, call.Handover);
        Channel.Touch(this);
    }

    public void Ask(string service, uint method, ulong hash)
    {
        // It has announced nothing.
    }

    public void Notify(in Parcel parcel)
    {
        // It has no room for any.
    }

    public void OnEnded(RelayedCall call)
    {
        _calls.Remove(call.ProviderRequest);
        if (_replies.Remove(call.ProviderRequest, out var reply) && reply is not null)
        {
            _replyBytes -= reply.WrittenCount;
            reply.Dispose();
        }

        EndIfIdle();
    }

    // Ids are not used again: whatever it still says of the call is late.
    public void Abandon(RelayedCall call) => OnEnded(call);

    protected override void OnJoined()
    {
        Channel.AddProvider(this);
        BrokerLog.ProviderCame(Channel.Logger, Channel.Id, Peer.Connection.RemoteAddress, Channel.ProviderCount);
    }

    protected override void OnLeft()
    {
        Channel.RemoveProvider(this);
        BrokerLog.ProviderWent(Channel.Logger, Channel.Id, Peer.Connection.RemoteAddress, _calls.Count, Channel.ProviderCount);
        foreach (var call in _calls.Values.ToArray())
            Channel.FailForLoss(call, call.Handover!.IsMarked);
    }
}
