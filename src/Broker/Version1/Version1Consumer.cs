using System.Buffers;
using ButlerRpc.Broker.Channels;
using ButlerRpc.Codec;
using ButlerRpc.Framing;
using ButlerRpc.Sessions;

namespace ButlerRpc.Broker.Version1;

/// <summary>A consumer of version 1: its requests are calls of raw bytes. It is no session, so the broker watches their deadlines.</summary>
sealed class Version1Consumer : Version1End, IConsumerEnd
{
    const int DeadlineSize = 4;
    const int MostSmall = 60_000;
    const string TooMany = "too many requests are under way on this connection";

    readonly Dictionary<Guid, Coming> _coming = [];
    readonly Dictionary<Guid, RelayedCall> _calls = [];
    readonly byte[] _route = new byte[Version1Header.RouteSize];
    long _comingBytes;

    public Version1Consumer(Version1Peer peer, Channel channel, Version1Outbox outbox, Guid first, Version1Start start)
        : base(peer, channel, outbox)
    {
        start.Client.TryWriteBytes(_route, bigEndian: true, out _);
        start.Channel.TryWriteBytes(_route.AsSpan(16), bigEndian: true, out _);
        _first = (first, start);
    }

    (Guid Request, Version1Start Start)? _first;

    public Session? Session => null;

    public ConsumerShapes? Shapes => null;

    public long ProviderWait => 0;

    protected override int UnderWay => _calls.Count;

    public override void Receive(in Version1Header header, ReadOnlySpan<byte> payload, ref Guid? registration)
    {
        Channel.Enter();
        try
        {
            // A peer that did not register before its first request has registered with it.
            if (registration == header.Request && _first is { } first && header.Kind == Version1Kind.Chunk)
            {
                registration = null;
                Begin(first.Request, first.Start, flags: 0);
            }

            Take(in header, payload);
        }
        finally
        {
            Channel.Exit();
        }
    }

    void Take(in Version1Header header, ReadOnlySpan<byte> payload)
    {
        switch (header.Kind)
        {
            case Version1Kind.Start:
                Begin(header.Request, Version1Start.Read(payload), header.Flags);
                break;
            case Version1Kind.Chunk when _coming.TryGetValue(header.Request, out var coming):
                Append(coming, payload);
                break;
            case Version1Kind.End when _coming.Remove(header.Request, out var complete):
                Complete(header.Request, complete);
                break;
            default:
                Outbox.AddError(header.Request, [], $"a frame {header.Kind} of a request that was not started");
                break;
        }
    }

    void Begin(Guid request, Version1Start start, ushort flags)
    {
        if (start.Channel != Channel.Id || start.Role != Version1Start.Consumer)
            Outbox.AddError(request, [], $"this connection is a consumer of the channel {Channel.Id}; another role or channel takes a connection of its own");
        else if (_calls.ContainsKey(request) || _coming.ContainsKey(request))
            Outbox.AddError(request, [], "a request of this id is under way");
        else if (_calls.Count + _coming.Count >= Peer.Options.RequestsInFlight)
            Outbox.AddError(request, [], TooMany);
        else
            _coming.Add(request, new Coming(start, (flags & Version1Header.TakesChunks) != 0));
    }

    void Append(Coming coming, ReadOnlySpan<byte> payload)
    {
        coming.Size += payload.Length;
        if (coming.Size > Peer.Host.Limits.MessageBytes || _comingBytes + payload.Length > Peer.Host.Limits.ReassemblyWindowBytes)
            coming.IsTooLarge = true;
        if (coming.IsTooLarge)
        {
            _comingBytes -= coming.Body.WrittenCount;
            coming.Body.Dispose();
            return;
        }

        _comingBytes += payload.Length;
        coming.Body.Write(payload);
    }

    void Complete(Guid request, Coming coming)
    {
        _comingBytes -= coming.Body.WrittenCount;
        if (coming.IsTooLarge || IsStopping)
        {
            coming.Body.Dispose();
            Outbox.AddError(request, [], IsStopping
                ? "the broker is stopping"
                : $"the request is {coming.Size} bytes; the broker takes {Peer.Host.Limits.MessageBytes}, and {Peer.Host.Limits.ReassemblyWindowBytes} begun at once");
            return;
        }

        var timeout = coming.Start.TimeoutMilliseconds == 0 ? (long)Peer.Options.RequestTimeout.TotalMilliseconds : (long)Math.Min(coming.Start.TimeoutMilliseconds, uint.MaxValue - 1);
        var deadline = Channel.Now + timeout;
        var call = new RelayedCall { Consumer = this, RequestId = request, State = RelayState.Coming, TakesChunks = coming.TakesChunks };
        _calls.Add(request, call);
        call.Deadline = deadline;
        Peer.Host.Clock.Arm(deadline);
        var count = coming.Body.WrittenCount;
        if (count > MostSmall)
        {
            Channel.Start(call, new Parcel
            {
                Kind = FrameKind.Request, Flags = FrameFlags.Deadline, Code = RawMethod.Code, Deadline = deadline, Large = new LargeBody(coming.Body.Detach(out _), count),
            });
            return;
        }

        var payload = ArrayPool<byte>.Shared.Rent(DeadlineSize + count);
        coming.Body.WrittenSpan.CopyTo(payload.AsSpan(DeadlineSize));
        Channel.Start(call, new Parcel
        {
            Kind = FrameKind.Request, Flags = FrameFlags.Deadline, Code = RawMethod.Code, Deadline = deadline, Payload = payload.AsSpan(0, DeadlineSize + count),
        });
        ArrayPool<byte>.Shared.Return(payload);
        coming.Body.Dispose();
    }

    public void Deliver(RelayedCall call, in Parcel parcel)
    {
        if (parcel.Kind == FrameKind.Reply)
            Reply(call, in parcel);
        else if (parcel.Kind == FrameKind.Error)
            Outbox.AddError(call.RequestId, parcel.IsOwn ? [] : _route, ErrorPayload.MessageOf(parcel.Payload));
        else if (parcel.IsFinal)
            Outbox.AddError(call.RequestId, _route, "the provider has answered with a stream, which version 1 cannot carry");
        Channel.Touch(this);
    }

    public void OnNotified()
    {
        // It sends none.
    }

    public void OnEnded(RelayedCall call)
    {
        _calls.Remove(call.RequestId);
        EndIfIdle();
    }

    public override long OnTime(long now)
    {
        var next = long.MaxValue;
        InChannel(() =>
        {
            foreach (var call in _calls.Values.ToArray())
            {
                if (call.Deadline > now)
                    next = Math.Min(next, call.Deadline);
                else if (call.State == RelayState.Running)
                    Channel.Refuse(call, new ButlerException(ButlerStatus.DeadlineExceeded, "the request has timed out", ButlerCertainty.Unknown, ButlerReason.Timeout), providerIsDone: false);
            }
        });
        return next;
    }

    protected override void OnJoined() => Channel.Consumers++;

    protected override void OnLeft()
    {
        Channel.Consumers--;
        foreach (var call in _calls.Values.ToArray())
            Channel.Leave(call);
        foreach (var coming in _coming.Values)
            coming.Body.Dispose();
    }

    void Reply(RelayedCall call, in Parcel parcel)
    {
        var (bytes, count) = parcel.Large is { } large ? (large.Bytes, large.Count) : Copy(parcel.Body);
        if (count <= Version1Header.MostPayload - Version1Header.RouteSize)
        {
            Outbox.Add(Version1Kind.Response, call.RequestId, _route, bytes, count, taken: null);
        }
        else if (call.TakesChunks)
        {
            Outbox.Add(Version1Kind.Start, call.RequestId, _route, bytes, count, taken: null);
        }
        else
        {
            ArrayPool<byte>.Shared.Return(bytes);
            Outbox.AddError(
                call.RequestId, [],
                $"the reply is {count} bytes; one frame carries {Version1Header.MostPayload - Version1Header.RouteSize}, and the request did not announce chunked replies (flag {Version1Header.TakesChunks} of its Start)");
        }
    }

    static (byte[] Bytes, int Count) Copy(ReadOnlySpan<byte> body)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, body.Length));
        body.CopyTo(bytes);
        return (bytes, body.Length);
    }

    /// <summary>A request whose end has not come.</summary>
    sealed class Coming(Version1Start start, bool takesChunks)
    {
        public Version1Start Start { get; } = start;

        public bool TakesChunks { get; } = takesChunks;

        public WriteBuffer Body { get; } = new();

        public long Size { get; set; }

        public bool IsTooLarge { get; set; }
    }
}
