using ButlerRpc.Diagnostics;
using ButlerRpc.Sessions;

namespace ButlerRpc.Messaging;

// What this end sends: requests, messages that have no reply, and replies.
public sealed partial class MessengerSession<TMessage>
{
    bool _isSending;

    /// <summary>As <see cref="ButlerMessenger{TMessage}.SendAndWaitAsync"/>, on this session.</summary>
    public async ValueTask<TMessage> SendAndWaitAsync(TMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        await _host.Platform.Scheduler.SwitchTo();
        using var time = _host.TimeOf(cancellationToken);
        return await TryRequestAsync(message, time) ?? throw NotOpen();
    }

    /// <summary>As <see cref="ButlerMessenger{TMessage}.SendNoWaitAsync"/>, on this session.</summary>
    public async ValueTask SendNoWaitAsync(TMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        await _host.Platform.Scheduler.SwitchTo();
        using var time = _host.TimeOf(cancellationToken);
        if (!await TrySendAsync(message, time))
            throw NotOpen();
    }

    /// <summary>False: the session takes no more messages; this one was not queued.</summary>
    internal async ValueTask<bool> TrySendAsync(TMessage message, MessengerTime time, bool isReply = false)
    {
        OutgoingBytes? bytes = null;
        try
        {
            bytes = await TryEnqueueAsync(message, null, isReply, time.Token);
            if (bytes is null)
                return false;
            await bytes.Taken.Task.WaitAsync(time.Token);
            return true;
        }
        catch (OperationCanceledException) when (time.Token.IsCancellationRequested)
        {
            if (bytes is not null)
                Withdraw(bytes);
            throw time.Over($"{RemoteAddress} has not taken the message", bytes is { HandedOver: true });
        }
    }

    /// <summary>The reply; null: the session takes no more messages, and this one was not queued.</summary>
    internal async ValueTask<TMessage?> TryRequestAsync(TMessage message, MessengerTime time)
    {
        var request = new MessengerRequest<TMessage>(_host.Platform.Scheduler);
        try
        {
            if (await TryEnqueueAsync(message, request, isReply: false, time.Token) is null)
                return null;
            await request.Ended.Task.WaitAsync(time.Token);
            return request.Reply;
        }
        catch (OperationCanceledException) when (time.Token.IsCancellationRequested)
        {
            lock (_gate)
                _requests.Remove(request);
            if (request.Bytes is { } bytes)
                Withdraw(bytes);
            EndIfIdle();
            throw time.Over($"{RemoteAddress} has not answered the request {_wire.NameOf(message)}", request.HandedOver);
        }
    }

    async ValueTask<OutgoingBytes?> TryEnqueueAsync(TMessage message, MessengerRequest<TMessage>? request, bool isReply, CancellationToken cancellationToken)
    {
        await _outbox.Room.WaitAsync(cancellationToken);
        OutgoingBytes? bytes = null;
        var isQueued = false;
        try
        {
            bytes = Encode(message);
            isQueued = TryQueue(message, bytes, request, isReply);
        }
        finally
        {
            if (!isQueued)
            {
                bytes?.Release();
                _outbox.Room.Release();
            }
        }

        return isQueued ? bytes : null;
    }

    OutgoingBytes Encode(TMessage message)
    {
        var buffer = Scratch.Rent(_host.Options.MaxMessageBytes);
        try
        {
            _wire.Write(message, buffer);
            return new OutgoingBytes(buffer.Detach(out var length), length, _host.Platform.Scheduler);
        }
        finally
        {
            Scratch.Return(buffer);
        }
    }

    bool TryQueue(TMessage message, OutgoingBytes bytes, MessengerRequest<TMessage>? request, bool isReply)
    {
        lock (_gate)
        {
            if (_halfClosed || _state > (isReply ? SessionState.Draining : SessionState.Open))
                return false;
            if (request is not null)
            {
                if (!_requests.TryAdd(message, request))
                    throw AlreadyInFlight(message);
                request.Bytes = bytes;
            }

            _outbox.Add(bytes);
            if (_isSending)
                return true;
            _isSending = true;
        }

        _host.Platform.Scheduler.Start(SendLoopAsync);
        return true;
    }

    // Nobody waits for it any more. Where it has not left yet, it never will.
    void Withdraw(OutgoingBytes bytes)
    {
        lock (_gate)
            bytes.Withdrawn = true;
    }

    async Task SendLoopAsync()
    {
        while (true)
        {
            ReadOnlyMemory<byte>? bytes;
            lock (_gate)
            {
                bytes = _outbox.Begin();
                _isSending = bytes is not null;
            }

            if (bytes is null)
                break;
            ButlerException? failure = null;
            try
            {
                await SendAsync(bytes.Value);
            }
            catch (Exception e)
            {
                failure = Error ?? Broken(e); // whatever it is that a stream of the user's throws
            }

            int count;
            lock (_gate)
                count = _outbox.End(failure is null ? null : Errors.Dropped(failure.Message, handedOver: true, failure.Reason));
            if (failure is null)
                Interlocked.Add(ref _host.Counters.Sent, count);
            else
                End(failure);
        }

        EndIfIdle();
    }

    async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        var sending = _connection.SendAsync(bytes);
        if (sending.IsCompletedSuccessfully)
            return;
        using var stalled = new CancellationTokenSource(_host.Options.SendTimeout, _host.Platform.Time);
        using var registration = stalled.Token.UnsafeRegister(static s => ((MessengerSession<TMessage>)s!).Stall(), this);
        await sending;
    }

    void Stall()
    {
        Log.MessengerStalled(_host.Logger, RemoteAddress, _host.Options.SendTimeout);
        End(Errors.Dropped(
            $"{RemoteAddress} has not taken what was sent for {_host.Options.SendTimeout.TotalSeconds:0.###} s", handedOver: true, ButlerReason.SlowPeer));
    }

    ButlerException AlreadyInFlight(TMessage message) => new(
        ButlerStatus.AlreadyExists, $"a request with the correlation id {_wire.NameOf(message)} is in flight on the session with {RemoteAddress}",
        ButlerCertainty.NotExecuted);

    ButlerException NotOpen() => Errors.Dropped(
        Error?.Message ?? $"the session with {RemoteAddress} takes no more messages", handedOver: false, Error?.Reason ?? ButlerReason.Stopped);

    ButlerException Broken(Exception failure) => Errors.Dropped($"the connection to {RemoteAddress} broke: {failure.Message}", handedOver: true);
}
