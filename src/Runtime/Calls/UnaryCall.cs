using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using ButlerRpc.Codec;

namespace ButlerRpc.Calls;

/// <summary>A unary call and the task its caller awaits, in one pooled object: a call allocates nothing.</summary>
sealed class UnaryCall<TRequest, TResponse> : ClientCall, IValueTaskSource<TResponse>, IValueTaskSource
{
    ManualResetValueTaskSourceCore<TResponse> _core;
    Method<TRequest, TResponse> _method = null!;
    TRequest _request = default!;
    bool _isPlainMethod;

    public override Method Method => _method;

    public override bool EncodesInPlace => _method.RequestCodec.EncodesInPlace;

    public short Version => _core.Version;

    public static UnaryCall<TRequest, TResponse> Rent(Method<TRequest, TResponse> method, in TRequest request, CallContext context)
    {
        var call = method.Calls.Rent();
        if (call._method is null)
            call.Bind(method);
        call._request = request;
        call.CancellationToken = context.CancellationToken;
        call.Options = context.Options;
        call.IsPlain = call._isPlainMethod && context.Options?.Metadata is null;
        call.Timeout = CallTimeout.Of(method, context);
        return call;
    }

    // Once: the object stays in the pool of its method.
    void Bind(Method<TRequest, TResponse> method)
    {
        _method = method;
        _isPlainMethod = method is { Shape: MethodShape.Unary, RequestCodec.EncodesInPlace: true };
    }

    public override void EncodeRequest(WriteBuffer buffer)
    {
        Payload.Write(_method.RequestCodec, Format, buffer, in _request);
    }

    public override void Complete(ReadOnlySpan<byte> body)
    {
        TResponse response;
        try
        {
            response = Payload.Read(_method.ResponseCodec, Format, body);
        }
        catch (Exception e)
        {
            Fail(ReplyErrors.Undecodable(_method, e));
            return;
        }

        EndWatch(null);
        _core.SetResult(response);
    }

    public override void Fail(Exception failure)
    {
        EndWatch(failure);
        _core.SetException(failure);
    }

    public TResponse GetResult(short token)
    {
        // No finally on the way of success: with it the awaiting state machine gets a larger frame and a call. A second await throws in GetStatus.
        if (_core.GetStatus(token) != ValueTaskSourceStatus.Succeeded)
            return GetFailure(token);
        var response = _core.GetResult(token);
        Retire();
        return response;
    }

    TResponse GetFailure(short token)
    {
        var ended = _core.GetStatus(token) != ValueTaskSourceStatus.Pending; // else it is no more than a question asked too early
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            if (ended)
                Retire();
        }
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    void Retire()
    {
        if (!TryRetire())
            return;
        _core.Reset();
        if (RuntimeHelpers.IsReferenceOrContainsReferences<TRequest>())
            _request = default!;
        _method.Calls.Return(this);
    }
}

static class CallTimeout
{
    /// <summary>The caller's timeout, else the method's; never more than what is left to the call that is being served.</summary>
    public static TimeSpan? Of(Method method, CallContext context)
    {
        var timeout = context.Options is { } options ? options.Timeout ?? method.Timeout : method.Timeout;
        return context.ServerCall is { RemainingTime: { } left } ? AtMost(left, timeout) : timeout;
    }

    /// <summary>What was asked for, but no more than what is left; to ask for no end is to ask for all of it.</summary>
    public static TimeSpan AtMost(TimeSpan left, TimeSpan? asked) => asked is { } time && time != Timeout.InfiniteTimeSpan && time < left ? time : left;
}
