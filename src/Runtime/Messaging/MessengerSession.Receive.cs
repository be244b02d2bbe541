using System.Buffers;
using System.Net.Sockets;
using ButlerRpc.Diagnostics;
using ButlerRpc.Sessions;

namespace ButlerRpc.Messaging;

// What the peer sends: replies to requests in flight on this session, and everything else, which is the handler's.
public sealed partial class MessengerSession<TMessage>
{
    const int SmallBuffer = 4096;

    readonly Turn _handlers;
    byte[] _buffer = [];
    int _filled;
    int _read;

    async Task ReceiveAsync()
    {
        try
        {
            while (await FillAsync())
            {
                while (ReadNext() is { } message)
                    await TakeAsync(message);
            }

            OnPeerEnded();
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // It ended while a message waited for its handler.
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            End(Broken(e));
        }
        catch (Exception e)
        {
            Log.MessageUnreadable(_host.Logger, e, RemoteAddress);
            End(new ButlerException(
                ButlerStatus.Unavailable, $"what {RemoteAddress} sent could not be read: {PeerText.Reason(e.Message)}", ButlerCertainty.Unknown, ButlerReason.ProtocolViolation, e));
        }

        ReturnBuffer();
    }

    TMessage? ReadNext()
    {
        if (_read == _filled)
            return null;
        var bytes = new ReadOnlySequence<byte>(_buffer, _read, _filled - _read);
        var available = bytes.Length;
        if (!_wire.TryRead(ref bytes, out var message))
            return null;
        var length = (int)(available - bytes.Length);
        if (length <= 0 || message is null)
            throw new InvalidDataException($"the protocol's TryRead gave {(message is null ? "no message" : "a message of no bytes")} and returned true");
        if (length > _host.Options.MaxMessageBytes)
            throw TooLarge($"a message of {length} bytes");
        _read += length;
        return message;
    }

    // False: the peer has closed its side. A session without anything to read holds no buffer.
    async ValueTask<bool> FillAsync()
    {
        var left = _filled - _read;
        if (left >= _host.Options.MaxMessageBytes)
            throw TooLarge($"{left} bytes without the end of a message");
        if (left == 0)
        {
            ReturnBuffer();
            await _connection.ReceiveAsync(default);
            _buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
        }
        else if (_filled == _buffer.Length)
        {
            var larger = _read > 0 ? _buffer : ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * left, Array.MaxLength));
            _buffer.AsSpan(_read, left).CopyTo(larger);
            if (larger != _buffer)
                ArrayPool<byte>.Shared.Return(_buffer);
            (_buffer, _read, _filled) = (larger, 0, left);
        }

        var received = await _connection.ReceiveAsync(_buffer.AsMemory(_filled));
        _filled += received;
        return received > 0;
    }

    void ReturnBuffer()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _read = _filled = 0;
    }

    async ValueTask TakeAsync(TMessage message)
    {
        Interlocked.Increment(ref _host.Counters.Received);
        var isReply = _wire.IsReply(message);
        if (isReply != false && TryAnswer(message))
            return;
        if (isReply == true)
        {
            Interlocked.Increment(ref _host.Counters.LateReplies);
            return;
        }

        if (_host.Handler is not { } handler)
        {
            Interlocked.Increment(ref _host.Counters.Unhandled);
            Log.MessageUnhandled(_host.Logger, RemoteAddress);
            return;
        }

        await _handlers.WaitAsync(_ended.Token);
        lock (_gate)
            _serving++;
        _host.Platform.Scheduler.Start(() => ServeAsync(handler, message));
    }

    bool TryAnswer(TMessage reply)
    {
        MessengerRequest<TMessage>? request;
        lock (_gate)
            request = _requests.Take(reply);
        if (request is null)
            return false;
        request.Reply = reply;
        request.Ended.Set();
        EndIfIdle();
        return true;
    }

    async Task ServeAsync(MessengerHandler<TMessage> handler, TMessage message)
    {
        using (var time = _host.TimeOf(_ended.Token))
        {
            var reply = await HandleAsync(handler, message, time.Token);
            if (reply is not null)
                await ReplyAsync(reply, time);
        }

        lock (_gate)
            _serving--;
        _handlers.Release();
        EndIfIdle();
    }

    async ValueTask<TMessage?> HandleAsync(MessengerHandler<TMessage> handler, TMessage message, CancellationToken cancellationToken)
    {
        try
        {
            return await handler(this, message, cancellationToken);
        }
        catch (Exception e)
        {
            Interlocked.Increment(ref _host.Counters.FailedHandlers);
            Log.MessageHandlerFailed(_host.Logger, e, RemoteAddress);
            try
            {
                return _wire.ReplyToFailed(message, e);
            }
            catch (Exception second)
            {
                Log.MessageHandlerFailed(_host.Logger, second, RemoteAddress);
                return null;
            }
        }
    }

    async ValueTask ReplyAsync(TMessage reply, MessengerTime time)
    {
        try
        {
            if (!await TrySendAsync(reply, time, isReply: true))
                Log.ReplyUnsent(_host.Logger, null, RemoteAddress);
        }
        catch (Exception e)
        {
            Log.ReplyUnsent(_host.Logger, e, RemoteAddress);
        }
    }

    // It may have closed only its side: handlers that run may still answer. What it was asked it will not answer any more.
    void OnPeerEnded()
    {
        MessengerRequest<TMessage>[] requests;
        bool isOver;
        var reason = _filled == _read ? PeerClosed() : Errors.Dropped($"{RemoteAddress} closed the connection within a message", handedOver: true);
        lock (_gate)
        {
            _peerEnded = true;
            isOver = _halfClosed;
            requests = _requests.TakeAll();
        }

        foreach (var request in requests)
            request.Ended.Set(Errors.Dropped(reason.Message, request.HandedOver, reason.Reason));
        if (isOver)
        {
            End(Drained());
            return;
        }

        BeginDrain(_host.Options.DrainTimeout);
        EndIfIdle();
    }

    InvalidDataException TooLarge(string what) =>
        new($"{what}; at most {_host.Options.MaxMessageBytes} are taken ({nameof(ButlerMessengerOptions)}.{nameof(ButlerMessengerOptions.MaxMessageBytes)})");
}
