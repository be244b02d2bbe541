using System.Buffers;
using ButlerRpc.Diagnostics;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Streams;

/// <summary>Takes the messages of a connection, one after the other. What it throws is logged and counted; the connection goes on.</summary>
public delegate ValueTask ButlerStreamCallback(ButlerStream stream, ReadOnlyMemory<byte> message, CancellationToken cancellationToken);

/// <summary>One connection of length-prefixed messages. Both ends may write at any time, from any thread.</summary>
public sealed class ButlerStream : IAsyncDisposable
{
    const int SmallBuffer = 4096;

    readonly Connection _connection;
    readonly ButlerStreamsOptions _options;
    readonly ButlerPlatform _platform;
    readonly ILogger _logger;
    readonly ButlerStreamCallback? _callback;
    readonly Turn _writing;
    readonly CancellationTokenSource _ended = new();
    readonly Signal _closed;
    byte[] _buffer = [];
    int _start;
    int _end;
    long _failed;
    int _isClosed;
    volatile bool _stopping;
    volatile bool _inCallback;

    internal ButlerStream(Connection connection, ButlerStreamsOptions options, ButlerPlatform platform, ILogger logger, ButlerStreamCallback? callback)
    {
        _connection = connection;
        _options = options;
        _platform = platform;
        _logger = logger;
        _callback = callback;
        _writing = new Turn(platform.Scheduler);
        _closed = new Signal(platform.Scheduler);
    }

    /// <summary>The peer's address, for people.</summary>
    public string RemoteAddress => _connection.RemoteAddress;

    /// <summary>Ends when the connection has ended.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Why it has ended; null: in order, or not yet.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Messages whose callback has failed.</summary>
    public long FailedCallbacks => Interlocked.Read(ref _failed);

    internal bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    /// <summary>Sends a message and returns the bytes written, header included. Writes from several threads do not mix.</summary>
    /// <exception cref="ButlerException">
    /// ResourceExhausted, TooLarge: it is larger than the limit; nothing was sent. Unavailable: the connection has ended or did not take it within the write
    /// timeout; certainty says whether the peer can have it.
    /// </exception>
    public async ValueTask<int> WriteAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken = default)
    {
        await _platform.Scheduler.SwitchTo();
        if (message.Length > _options.Most)
            throw Errors.TooLarge("the message", message.Length, _options.Most);
        var packet = ArrayPool<byte>.Shared.Rent(_options.Prefix.MostBytes + message.Length);
        try
        {
            var header = _options.Prefix.Write(packet, message.Length);
            message.Span.CopyTo(packet.AsSpan(header));
            await SendAsync(packet.AsMemory(0, header + message.Length), cancellationToken);
            return header + message.Length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(packet);
        }
    }

    /// <summary>Closes it at once.</summary>
    public ValueTask DisposeAsync()
    {
        End(null);
        return default;
    }

    async Task SendAsync(ReadOnlyMemory<byte> packet, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.WriteTimeout, _platform.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await _writing.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed("the writes before it took too long", ButlerCertainty.NotExecuted, null, ButlerReason.Timeout);
        }

        try
        {
            if (IsClosed)
                throw Failed(Error?.Message ?? "it was closed", ButlerCertainty.NotExecuted, Error);

            // A part of a message cannot be taken back: a send that does not end in time ends the connection.
            using var stalled = timeout.Token.UnsafeRegister(
                static s => ((ButlerStream)s!).End(new IOException("the peer did not read within the write timeout")), this);
            try
            {
                await _connection.SendAsync(packet);
            }
            catch (Exception e)
            {
                End(e); // whatever it is that a transport of the user's throws
                throw Failed((Error ?? e).Message, ButlerCertainty.Unknown, e);
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    ButlerException Failed(string why, ButlerCertainty certainty, Exception? inner, ButlerReason reason = ButlerReason.ConnectionDropped) =>
        new(ButlerStatus.Unavailable, $"the message to {RemoteAddress} was not written: {why}", certainty, reason, inner);

    internal void Run() => _platform.Scheduler.Start(ReadAsync);

    // In order: what is being served ends, the peer is told that no more comes.
    internal async Task DrainAsync(CancellationToken giveUp)
    {
        _stopping = true;
        _connection.CloseWrite();
        if (!_inCallback)
        {
            End(null);
            return;
        }

        await UntilClosedAsync(giveUp, "the drain time was over");
    }

    async Task UntilClosedAsync(CancellationToken giveUp, string otherwise)
    {
        try
        {
            await Closed.WaitAsync(giveUp);
        }
        catch (OperationCanceledException)
        {
            End(new IOException(otherwise));
        }
    }

    // After the last write of a connection that is not kept: the peer reads everything before it sees the end, and closes its side. One that never does is left.
    internal void FinishWriting()
    {
        _connection.CloseWrite();
        _platform.Scheduler.Start(async () =>
        {
            using var giveUp = new CancellationTokenSource(_options.DrainTimeout, _platform.Time);
            await UntilClosedAsync(giveUp.Token, "the peer did not close its side");
        });
    }

    async Task ReadAsync()
    {
        Exception? failure = null;
        try
        {
            while (!_stopping && await ReadMessageAsync() is { } body)
                await TakeAsync(body);
        }
        catch (InvalidDataException e)
        {
            Log.StreamViolated(_logger, RemoteAddress, e.Message);
            failure = e;
        }
        catch (Exception e)
        {
            failure = e;
        }

        End(failure);
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    // The memory of a message belongs to the callback until it has ended.
    async Task TakeAsync(ReadOnlyMemory<byte> body)
    {
        if (_callback is null)
            return;
        _inCallback = true;
        try
        {
            await _callback(this, body, _ended.Token);
        }
        catch (Exception e)
        {
            Interlocked.Increment(ref _failed);
            Log.StreamCallbackFailed(_logger, e, RemoteAddress);
        }

        _inCallback = false;
    }

    async ValueTask<ReadOnlyMemory<byte>?> ReadMessageAsync()
    {
        int header;
        long length;
        while (!_options.Prefix.TryRead(_buffer.AsSpan(_start, _end - _start), out header, out length))
        {
            if (!await FillAsync(_options.Prefix.MostBytes))
                return _start == _end ? null : throw new InvalidDataException("the connection ended within a header");
        }

        if (length < 0 || length > _options.Most)
        {
            throw new InvalidDataException(
                $"a message of {length} bytes; at most {_options.Most} are taken ({nameof(ButlerStreamsOptions)}.{nameof(ButlerStreamsOptions.Prefix)}, {nameof(ButlerStreamsOptions.MaxMessage)})");
        }

        // Nobody is taken at his word: the buffer grows as the bytes come, and they must come in time.
        using var late = _end - _start >= header + length ? null : new CancellationTokenSource(_options.FrameTimeout, _platform.Time);
        using var stalled = late?.Token.UnsafeRegister(static s => ((ButlerStream)s!).End(new IOException("a message did not arrive within the frame timeout")), this);
        while (_end - _start < header + length)
        {
            if (!await FillAsync((int)Math.Min(header + length, Math.Max(SmallBuffer, (_end - _start) * 2L))))
                throw new InvalidDataException("the connection ended within a message");
        }

        var body = _buffer.AsMemory(_start + header, (int)length);
        _start += header + (int)length;
        return body;
    }

    async ValueTask<bool> FillAsync(int needed)
    {
        var left = _end - _start;
        if (_buffer.Length < Math.Max(needed, left + 1))
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(needed, left + 1), SmallBuffer));
            _buffer.AsSpan(_start, left).CopyTo(larger);
            if (_buffer.Length > 0)
                ArrayPool<byte>.Shared.Return(_buffer);
            (_buffer, _start, _end) = (larger, 0, left);
        }
        else if (_start > 0)
        {
            _buffer.AsSpan(_start, left).CopyTo(_buffer);
            (_start, _end) = (0, left);
        }

        var received = await _connection.ReceiveAsync(_buffer.AsMemory(_end));
        _end += received;
        return received > 0;
    }

    void End(Exception? failure)
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
            return;
        Error = failure;
        if (failure is null)
            _platform.Scheduler.Start(async () => await _connection.DisposeAsync());
        else
            _connection.Abort();
        _platform.Scheduler.Queue(new TokenFired(_ended, _logger, $"the connection with {RemoteAddress}"));
        _closed.Set();
    }
}
