using System.Buffers;
using System.Text;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;

namespace ButlerRpc.Broker.Version1;

/// <summary>
/// What waits to be sent to one peer of version 1: errors first, then messages in their order, cut into frames as they leave. Bounded in frames and bytes; a peer
/// that lets more gather, or takes none for the write timeout, is closed.
/// </summary>
sealed class Version1Outbox(Connection connection, SessionHost host, BrokerVersion1Options options, long mostBytes) : ITimed
{
    readonly object _gate = new();
    readonly Queue<Message> _errors = new();
    readonly Queue<Message> _messages = new();
    readonly byte[] _frame = new byte[Version1Header.Size + Version1Header.RouteSize];
    int _errorFrames;
    int _frames;
    long _bytes;
    bool _isSending;
    bool _closed;
    bool _endsWhenEmpty;
    long _due = long.MaxValue;

    /// <summary>Bytes that wait.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Why it was closed; null while it is not.</summary>
    public string? Failure { get; private set; }

    /// <summary>An error: before all that is not.</summary>
    public void AddError(Guid request, ReadOnlySpan<byte> route, string text)
    {
        var body = Encoding.UTF8.GetBytes(text.Length <= 4096 ? text : text[..4096]);
        var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, body.Length));
        body.CopyTo(bytes, 0);
        lock (_gate)
        {
            if (_errorFrames >= options.ErrorFrames)
                Overflow($"{_errorFrames} error frames");
            _errorFrames++;
            Add(_errors, new Message(Version1Kind.Error, request, route.ToArray(), bytes, body.Length, null, 1));
        }
    }

    /// <summary>
    /// A message: a Response in one frame (<see cref="Version1Kind.Response"/>), or Start, Chunks and End (<see cref="Version1Kind.Start"/>). Takes the array over,
    /// and marks <c>taken</c> when its last frame goes to the transport.
    /// </summary>
    public void Add(Version1Kind kind, Guid request, byte[] route, byte[] body, int count, Handover? taken)
    {
        var frames = kind == Version1Kind.Response ? 1 : 2 + (count + Version1Header.MostPayload - 1) / Version1Header.MostPayload;
        lock (_gate)
        {
            if (_frames + frames > options.WriteFrames)
                Overflow($"{_frames} frames");
            _frames += frames;
            Add(_messages, new Message(kind, request, route, body, count, taken, frames));
        }
    }

    /// <summary>From here on its time limits count.</summary>
    public void Open() => host.Clock.Add(this);

    /// <summary>Sends what was added, if nobody does.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_isSending || _closed || _errors.Count + _messages.Count == 0)
                return;
            _isSending = true;
        }

        host.Platform.Scheduler.Start(SendAsync);
    }

    /// <summary>Nothing is added any more; when all has been sent, the peer is told so.</summary>
    public void CloseWhenEmpty()
    {
        lock (_gate)
        {
            _endsWhenEmpty = true;
            if (!_isSending && !_closed && _errors.Count + _messages.Count == 0)
                connection.CloseWrite();
        }
    }

    /// <summary>Nothing more is sent; what waits is dropped.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var message in _errors.Concat(_messages))
                ArrayPool<byte>.Shared.Return(message.Body);
            _errors.Clear();
            _messages.Clear();
            _bytes = 0;
        }

        host.Clock.Remove(this);
    }

    public long OnTime(long now)
    {
        var due = Volatile.Read(ref _due);
        if (due > now)
            return due;
        lock (_gate)
            Fail($"it has not read for {options.WriteTimeout.TotalSeconds:0.#} s");
        return long.MaxValue;
    }

    // Under the gate.
    void Add(Queue<Message> queue, Message message)
    {
        if (_bytes + message.Count > mostBytes)
            Overflow($"{_bytes} bytes");
        if (_closed)
        {
            ArrayPool<byte>.Shared.Return(message.Body);
            return;
        }

        _bytes += message.Count;
        queue.Enqueue(message);
    }

    // Under the gate.
    void Overflow(string what)
    {
        if (!_closed)
            Fail($"it lets {what} wait to be read");
    }

    void Fail(string reason)
    {
        Failure ??= reason;
        _closed = true;
        connection.Abort();
    }

    async Task SendAsync()
    {
        try
        {
            while (true)
            {
                Message message;
                lock (_gate)
                {
                    if (_closed || (!_errors.TryDequeue(out message!) && !_messages.TryDequeue(out message!)))
                    {
                        _isSending = false;
                        if (_endsWhenEmpty && !_closed)
                            connection.CloseWrite();
                        return;
                    }
                }

                try
                {
                    await SendAsync(message);
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(message.Body);
                    lock (_gate)
                    {
                        _bytes -= Math.Min(_bytes, message.Count);
                        if (message.Kind == Version1Kind.Error)
                            _errorFrames--;
                        else
                            _frames -= message.Frames;
                    }
                }
            }
        }
        catch (Exception e)
        {
            lock (_gate)
                Fail(e.Message);
        }
        finally
        {
            Volatile.Write(ref _due, long.MaxValue);
        }
    }

    async Task SendAsync(Message message)
    {
        if (message.Kind != Version1Kind.Start)
        {
            message.Taken?.Mark();
            await SendFrameAsync(message.Kind, message.Request, message.Route, message.Body.AsMemory(0, message.Count));
            return;
        }

        await SendFrameAsync(Version1Kind.Start, message.Request, message.Route, default);
        for (var sent = 0; sent < message.Count; sent += Version1Header.MostPayload)
        {
            // Errors do not wait for the rest of a large message, which may be of another request.
            await SendErrorsAsync();
            await SendFrameAsync(Version1Kind.Chunk, message.Request, [], message.Body.AsMemory(sent, Math.Min(Version1Header.MostPayload, message.Count - sent)));
        }

        message.Taken?.Mark();
        await SendFrameAsync(Version1Kind.End, message.Request, [], default);
    }

    async Task SendErrorsAsync()
    {
        while (true)
        {
            Message error;
            lock (_gate)
            {
                if (!_errors.TryDequeue(out error!))
                    return;
                _errorFrames--;
                _bytes -= Math.Min(_bytes, error.Count);
            }

            await SendFrameAsync(error.Kind, error.Request, error.Route, error.Body.AsMemory(0, error.Count));
            ArrayPool<byte>.Shared.Return(error.Body);
        }
    }

    async Task SendFrameAsync(Version1Kind kind, Guid request, byte[] route, ReadOnlyMemory<byte> body)
    {
        const int Joined = 65_536;
        var head = Version1Header.Size + route.Length;
        Version1Header.Write(_frame, kind, request, route.Length + body.Length);
        route.CopyTo(_frame, Version1Header.Size);
        if (body.Length == 0)
        {
            await SendBytesAsync(_frame.AsMemory(0, head));
        }
        else if (body.Length <= Joined)
        {
            var joined = ArrayPool<byte>.Shared.Rent(head + body.Length);
            _frame.AsSpan(0, head).CopyTo(joined);
            body.Span.CopyTo(joined.AsSpan(head));
            await SendBytesAsync(joined.AsMemory(0, head + body.Length));
            ArrayPool<byte>.Shared.Return(joined);
        }
        else
        {
            await SendBytesAsync(_frame.AsMemory(0, head));
            await SendBytesAsync(body);
        }
    }

    async Task SendBytesAsync(ReadOnlyMemory<byte> bytes)
    {
        var send = connection.SendAsync(bytes);
        if (!send.IsCompleted)
        {
            var due = host.Platform.Milliseconds + (long)options.WriteTimeout.TotalMilliseconds;
            Volatile.Write(ref _due, due);
            host.Clock.Arm(due);
        }

        await send;
        Volatile.Write(ref _due, long.MaxValue);
    }

    sealed record Message(Version1Kind Kind, Guid Request, byte[] Route, byte[] Body, int Count, Handover? Taken, int Frames);
}

/// <summary>Whether the last frame of a request has gone to the transport: before that, its provider cannot have run it.</summary>
sealed class Handover
{
    volatile bool _marked;

    public bool IsMarked => _marked;

    public void Mark() => _marked = true;
}
