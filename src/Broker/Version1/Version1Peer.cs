using System.Buffers;
using ButlerRpc.Broker.Channels;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;

namespace ButlerRpc.Broker.Version1;

/// <summary>
/// A connection of version 1: reads its frames and becomes a consumer or a provider of a channel with its first Start. Neither role has a registration to answer:
/// its first Start, followed by End, is one.
/// </summary>
sealed class Version1Peer(ButlerBroker broker, Connection connection, SessionHost host, BrokerVersion1Options options) : ITimed
{
    const int FirstBuffer = 4096;

    byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
    int _start;
    int _end;
    long _frameDue = long.MaxValue;
    Version1End? _role;
    Guid? _registration;

    /// <summary>Who it said it is.</summary>
    public Guid Client { get; private set; }

    public Connection Connection => connection;

    public SessionHost Host => host;

    public BrokerVersion1Options Options => options;

    public ButlerBroker Broker => broker;

    /// <summary>Serves it until it goes, breaks the rules, or the broker stops and nothing of it is under way.</summary>
    public async Task RunAsync(Version1Outbox outbox, CancellationToken stopping)
    {
        host.Clock.Add(this);
        outbox.Open();
        using var registration = stopping.UnsafeRegister(static peer => ((Version1Peer)peer!).Stop(), this);
        try
        {
            while (await ReceiveAsync())
            {
                while (TryTakeFrame(out var header, out var payload))
                {
                    if (header.Version != 1 || header.Length > Version1Header.MostPayload)
                        throw new IOException($"a frame of version {header.Version} and {header.Length} bytes; this end takes version 1 and {Version1Header.MostPayload} bytes");
                    if (_role is null && header.Kind == Version1Kind.Start && header.Length == Version1Header.StartSize)
                        await AttachAsync(header.Request, Version1Start.Read(_buffer.AsSpan(payload, Version1Header.StartSize)), outbox, stopping);
                    else
                        Take(in header, _buffer.AsSpan(payload, (int)header.Length), outbox);
                }
            }
        }
        finally
        {
            host.Clock.Remove(this);
            _role?.Leave();
            outbox.Close();
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }

    public long OnTime(long now)
    {
        var due = Volatile.Read(ref _frameDue);
        if (due <= now)
        {
            connection.Abort();
            return long.MaxValue;
        }

        return Math.Min(due, _role?.OnTime(now) ?? long.MaxValue);
    }

    void Stop()
    {
        if (_role is { } role)
            role.Stop();
        else
            connection.Abort();
    }

    void Take(in Version1Header header, ReadOnlySpan<byte> payload, Version1Outbox outbox)
    {
        if (header.Kind == Version1Kind.Start && payload.Length != Version1Header.StartSize && _role is not Version1Provider)
            outbox.AddError(header.Request, [], "invalid start frame payload length");
        else if (header.Kind is < Version1Kind.Response or > Version1Kind.End)
            outbox.AddError(header.Request, [], "invalid message type");
        else if (_role is null)
            outbox.AddError(header.Request, [], "the first frame must be a Start, which says the role and the channel");
        else if (_registration == header.Request && header.Kind == Version1Kind.End)
            _registration = null;
        else
            _role.Receive(in header, payload, ref _registration);
        outbox.Flush();
    }

    async Task AttachAsync(Guid request, Version1Start start, Version1Outbox outbox, CancellationToken stopping)
    {
        if (start.Role is not (Version1Start.Consumer or Version1Start.Provider))
            throw new IOException($"{start.Role} is not a role; a peer of version 1 is a consumer (1) or a provider (2)");
        var role = start.Role == Version1Start.Consumer ? BrokerRole.Consumer : BrokerRole.Provider;
        var permitted = await broker.MayAttachAsync(role, start.Channel, principal: null, connection.RemoteAddress, stopping);
        if (!permitted && role == BrokerRole.Provider)
            throw new IOException($"it may not serve the channel {start.Channel}");
        Client = start.Client;
        var channel = permitted ? broker.Channels.Join(start.Channel, host) : broker.Channels.JoinPhantom(start.Channel, host);
        _registration = request;
        _role = role == BrokerRole.Consumer ? new Version1Consumer(this, channel, outbox, request, start) : new Version1Provider(this, channel, outbox);
        _role.Join();
    }

    // False: the peer has ended.
    async Task<bool> ReceiveAsync()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        var needed = _end >= Version1Header.Size ? Version1Header.Size + Math.Min((int)Version1Header.Read(_buffer).Length, Version1Header.MostPayload) : FirstBuffer;

        // What a header announces is not taken on its word: the buffer grows as bytes come.
        if (_buffer.Length == _end && _end < needed)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Min(needed, _buffer.Length * 2));
            _buffer.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        if (_end > 0 && _frameDue == long.MaxValue)
        {
            Volatile.Write(ref _frameDue, host.Platform.Milliseconds + (long)options.ReadTimeout.TotalMilliseconds);
            host.Clock.Arm(_frameDue);
        }

        var received = await connection.ReceiveAsync(_buffer.AsMemory(_end));
        _end += received;
        return received > 0;
    }

    bool TryTakeFrame(out Version1Header header, out int payload)
    {
        header = default;
        payload = 0;
        if (_end - _start < Version1Header.Size)
            return false;
        header = Version1Header.Read(_buffer.AsSpan(_start));
        if (header.Version != 1 || header.Length > Version1Header.MostPayload)
            return true; // refused on its header
        if (_end - _start - Version1Header.Size < header.Length)
            return false;
        payload = _start + Version1Header.Size;
        _start = payload + (int)header.Length;
        Volatile.Write(ref _frameDue, long.MaxValue);
        return true;
    }
}
