using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;

namespace ButlerRpc.Calls;

/// <summary>A call with streams. What it sends is pumped from the user's enumerations as soon as it is carried.</summary>
abstract class StreamingCall<TRequest, TResponse> : ClientCall
{
    readonly Method<TRequest, TResponse> _method;
    readonly TRequest _request;
    readonly OutgoingStream[] _outgoing;
    bool _carried;

    protected StreamingCall(Method<TRequest, TResponse> method, in TRequest request, ReadOnlySpan<OutgoingStream> outgoing, CallContext context)
    {
        _method = method;
        _request = request;
        _outgoing = outgoing.ToArray();
        CancellationToken = context.CancellationToken;
        Options = context.Options;
        Timeout = CallTimeout.Of(method, context);
    }

    public override Method Method => _method;

    protected MessageCodec<TResponse> ResponseCodec => _method.ResponseCodec;

    // User code may run when it is encoded; a call with streams is not so short that it would matter.
    public override bool EncodesInPlace => false;

    public override void EncodeRequest(WriteBuffer buffer)
    {
        var writer = new MessagePackWriter(buffer);
        _method.RequestCodec.Write(ref writer, in _request);
        writer.Flush();
    }

    public override bool SendsStreams => _outgoing.Length > 0;

    // An enumeration that has begun cannot be begun again.
    internal override bool CanStartAgain => _outgoing.Length == 0 || !_carried;

    public override void Carry(CallStreams streams, Platform.ButlerScheduler scheduler)
    {
        _carried = true;
        foreach (var outgoing in _outgoing)
        {
            var writer = streams.Writer(outgoing.Parameter.Number);
            scheduler.Start(() => PumpAsync(outgoing, writer));
        }
    }

    /// <summary>A parameter's enumeration failed: the call cannot go on.</summary>
    protected abstract void OnPumpFailed(Exception failure);

    // The enumeration's token fires when its reader has gone or the call has ended: the writer knows both.
    async Task PumpAsync(OutgoingStream outgoing, ItemWriter writer)
    {
        var closed = writer.Closed;
        try
        {
            if (await outgoing.PumpAsync(writer, closed))
                writer.Complete();
        }
        catch (OperationCanceledException) when (closed.IsCancellationRequested)
        {
            // Nobody reads any more.
        }
        catch (Exception e)
        {
            OnPumpFailed(e);
        }
    }

    /// <summary>Ends the call from this side, as a cancellation does.</summary>
    protected void Abandon() => Owner?.OnCancelled(this);
}

/// <summary>A call that returns a stream. One enumeration is one call.</summary>
sealed class StreamResultCall<TRequest, TItem> : StreamingCall<TRequest, TItem>
{
    readonly CancellationToken _callers;
    readonly CancellationToken _enumerations;
    CancellationTokenSource? _linked;

    public StreamResultCall(
        Method<TRequest, TItem> method, in TRequest request, OutgoingStream[] outgoing, CallContext context, CancellationToken enumerations,
        CancellationTokenSource? linked)
        : base(method, in request, outgoing, linked is null ? context : context.WithToken(linked.Token))
    {
        (_callers, _enumerations, _linked) = (context.CancellationToken, enumerations, linked);
    }

    public override ItemQueue? Result { get; } = new();

    public ItemEnumerator<TItem> Enumerate() => new(Result!, ResponseCodec, OnEnumeratorDisposed, Method);

    public override void Complete(ReadOnlySpan<byte> body) => End(body.IsEmpty ? null : new ButlerException(
        ButlerStatus.InvalidArgument, $"{Method.FullName} gives a stream; the peer has sent one reply", ButlerCertainty.Executed, ButlerReason.BadMessage));

    public override void Fail(Exception failure)
    {
        // A caller that cancels wants nothing more; any other failure comes behind the items that came before it.
        if (failure is OperationCanceledException cancelled)
        {
            // Of two tokens the caller is shown the one that was cancelled, not the one that joins them.
            EndWatch(failure);
            if (_linked is not null)
                failure = new OperationCanceledException(cancelled.Message, _enumerations.IsCancellationRequested ? _enumerations : _callers);
            if (Result!.Cut(failure))
                Result.Wake();
        }
        else
        {
            End(failure);
        }
    }

    protected override void OnPumpFailed(Exception failure)
    {
        End(failure);
        Abandon();
    }

    void End(Exception? failure)
    {
        EndWatch(failure);
        if (Result!.End(failure))
            Result.Wake();
    }

    void OnEnumeratorDisposed()
    {
        Abandon();
        TryRetire();
        _linked?.Dispose();
        _linked = null;
    }
}

/// <summary>A call that sends streams and returns one result.</summary>
sealed class StreamUploadCall<TRequest, TResponse>(
    Method<TRequest, TResponse> method, in TRequest request, ReadOnlySpan<OutgoingStream> outgoing, CallContext context)
    : StreamingCall<TRequest, TResponse>(method, in request, outgoing, context)
{
    readonly TaskCompletionSource<TResponse> _result = new();
    int _left;

    public Task<TResponse> Task => _result.Task;

    /// <summary>Its carrier has ended it, or its starter is done with it: only when both are so, the caller's token has been registered with and can be left.</summary>
    public void Leave()
    {
        if (Interlocked.Increment(ref _left) == 2)
            TryRetire();
    }

    public override void Complete(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new MessagePackReader(body);
            var response = ResponseCodec.Read(ref reader);
            reader.EnsureEnd();
            EndWatch(null);
            _result.TrySetResult(response);
        }
        catch (Exception e)
        {
            var failure = ReplyErrors.Undecodable(Method, e);
            EndWatch(failure);
            _result.TrySetException(failure);
        }

        Leave();
    }

    public override void Fail(Exception failure)
    {
        EndWatch(failure);
        if (failure is OperationCanceledException cancelled)
            _result.TrySetCanceled(cancelled.CancellationToken);
        else
            _result.TrySetException(failure);
        Leave();
    }

    protected override void OnPumpFailed(Exception failure)
    {
        EndWatch(failure);
        _result.TrySetException(failure);
        Abandon();
    }
}

/// <summary>What a method that returns a stream returns: each enumeration makes the call.</summary>
sealed class StreamResult<TRequest, TItem>(
    CallInvoker invoker, Method<TRequest, TItem> method, TRequest request, OutgoingStream[] outgoing, CallContext context) : IAsyncEnumerable<TItem>
{
    public IAsyncEnumerator<TItem> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        CancellationTokenSource? linked = null;
        var effective = context;
        if (cancellationToken.CanBeCanceled && cancellationToken != context.CancellationToken)
        {
            if (context.CancellationToken.CanBeCanceled)
                linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, context.CancellationToken);
            else
                effective = context.WithToken(cancellationToken);
        }

        var call = new StreamResultCall<TRequest, TItem>(method, in request, outgoing, effective, cancellationToken, linked);
        var enumerator = call.Enumerate();
        invoker.Launch(call, in effective);
        return enumerator;
    }
}

static class ReplyErrors
{
    public static ButlerException Undecodable(Method method, Exception cause)
    {
        var (status, reason) = cause is ButlerException known ? (known.Status, known.Reason) : (ButlerStatus.InvalidArgument, ButlerReason.BadMessage);
        return new ButlerException(
            status, $"the reply of {method.FullName} cannot be decoded: {PeerText.Reason(cause.Message)}", ButlerCertainty.Executed, reason, cause);
    }
}
