using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;

namespace ButlerRpc.Calls;

/// <summary>Runs one method of one service: decodes, calls the implementation, answers.</summary>
public abstract class MethodHandler
{
    const double ApartFrom = 1000; // microseconds
    const double BackBelow = 200;
    const int Weight = 8;
    static readonly TimeSpan Sighting = TimeSpan.FromMilliseconds(2);

    double _held;
    volatile bool _runsApart;

    private protected MethodHandler(Method method)
    {
        Method = method;
        IsPlain = method is { Shape: MethodShape.Unary, Ordered: false, MaxInFlight: 0 };
    }

    /// <summary>True: its calls are one request and one reply that wait for no other.</summary>
    internal bool IsPlain { get; }

    /// <summary>
    /// True: it holds its thread for over a millisecond on average, or now and then for many, before its first await or because it has none. Its calls run apart, so that
    /// those which came with them need not wait until somebody notices.
    /// </summary>
    internal bool RunsApart => _runsApart;

    /// <summary>The method it runs.</summary>
    public Method Method { get; }

    /// <summary>Serves a call. Never throws: whatever happens ends the call.</summary>
    public abstract void Invoke(ServerCall call);

    /// <summary>
    /// One of its calls has been found holding its thread, a millisecond after the look before. It counts as much as a call that was timed, one in many: a method that
    /// blocks in one call of a hundred is known after the first such call, and a thread that was merely not running for a while makes no difference.
    /// </summary>
    internal void ObserveHolding() => Observe(Sighting);

    /// <summary>One of its calls has held its thread for so long. From several threads at once an average may lose one of them, which does no harm.</summary>
    internal void Observe(TimeSpan held)
    {
        var average = _held + ((held.TotalMicroseconds - _held) / Weight);
        _held = average;
        if (average > ApartFrom)
            _runsApart = true;
        else if (average < BackBelow)
            _runsApart = false;
    }
}

/// <summary>Collects the handlers that a generated contract binds.</summary>
sealed class HandlerBinder<TService>(ServiceTable table, ServiceSource<TService> source) : ServiceBinder<TService>
    where TService : class
{
    readonly List<MethodHandler> _handlers = [];

    public IReadOnlyList<MethodHandler> Handlers => _handlers;

    public override void Unary<TRequest, TResponse>(
        Method<TRequest, TResponse> method, Func<TService, TRequest, CallContext, ValueTask<TResponse>> handler) =>
        _handlers.Add(new UnaryHandler<TService, TRequest, TResponse>(method, table, source, handler));

    public override void Unary<TRequest>(Method<TRequest, Unit> method, Func<TService, TRequest, CallContext, ValueTask> handler) =>
        _handlers.Add(new EmptyReplyHandler<TService, TRequest>(method, table, source, handler));

    public override void OneWay<TRequest>(Method<TRequest, Unit> method, Func<TService, TRequest, CallContext, ValueTask> handler) =>
        _handlers.Add(new EmptyReplyHandler<TService, TRequest>(method, table, source, handler));

    public override void ServerStream<TRequest, TItem>(
        Method<TRequest, TItem> method, Func<TService, TRequest, CallContext, IAsyncEnumerable<TItem>> handler) =>
        _handlers.Add(new StreamResultHandler<TService, TRequest, TItem>(
            method, table, source, (service, request, _, context) => handler(service, request, context)));

    public override void ClientStream<TRequest, TResponse>(
        Method<TRequest, TResponse> method, Func<TService, TRequest, IncomingStreams, CallContext, ValueTask<TResponse>> handler) =>
        _handlers.Add(new ClientStreamHandler<TService, TRequest, TResponse>(method, table, source, handler));

    public override void Duplex<TRequest, TItem>(
        Method<TRequest, TItem> method, Func<TService, TRequest, IncomingStreams, CallContext, IAsyncEnumerable<TItem>> handler) =>
        _handlers.Add(new StreamResultHandler<TService, TRequest, TItem>(method, table, source, handler));
}

/// <summary>What handlers with one request have in common: decoding it and finding the implementation.</summary>
abstract class RequestHandler<TService, TRequest>(Method method, MessageCodec<TRequest> codec, ServiceSource<TService> source) : MethodHandler(method)
    where TService : class
{
    protected bool TryPrepare(ServerCall call, out TRequest request, out TService service, out IAsyncDisposable? lease)
    {
        (service, lease) = (null!, null);
        try
        {
            request = Payload.Read(codec, call.Format, call.RequestBody);
        }
        catch (Exception e)
        {
            request = default!;
            call.Fail(e as ButlerException ?? new ButlerException(
                ButlerStatus.InvalidArgument, $"the request of {Method.FullName} cannot be decoded: {PeerText.Reason(e.Message)}",
                ButlerCertainty.NotExecuted, ButlerReason.BadMessage, e), executed: false);
            return false;
        }

        try
        {
            service = source.Get(call, out lease);
            return true;
        }
        catch (Exception e)
        {
            call.Fail(e, executed: false);
            return false;
        }
    }
}

/// <summary>A reply that waits for its caller to take the ones before it.</summary>
sealed class LateReply(Action reply) : IThreadPoolWorkItem
{
    public void Execute() => reply();
}

/// <summary>Serves a method with one request and one reply.</summary>
sealed class UnaryHandler<TService, TRequest, TResponse>(
    Method<TRequest, TResponse> method, ServiceTable table, ServiceSource<TService> source,
    Func<TService, TRequest, CallContext, ValueTask<TResponse>> handler)
    : ReplyHandler<TService, TRequest, TResponse>(method, table, source)
    where TService : class
{
    protected override ValueTask<TResponse> Call(TService service, TRequest request, ServerCall call, CallContext context) => handler(service, request, context);
}

/// <summary>What handlers that end with one reply have in common.</summary>
abstract class ReplyHandler<TService, TRequest, TResponse>(Method<TRequest, TResponse> method, ServiceTable table, ServiceSource<TService> source)
    : RequestHandler<TService, TRequest>(method, method.RequestCodec, source)
    where TService : class
{
    protected abstract ValueTask<TResponse> Call(TService service, TRequest request, ServerCall call, CallContext context);

    public override void Invoke(ServerCall call)
    {
        if (!TryPrepare(call, out var request, out var service, out var lease))
            return;
        if (table.Intercepts(method))
        {
            var mark = new ServerPipeline.StartMark();
            _ = AnswerLaterAsync(call, Intercept(call, service, request, mark), lease, mark);
            return;
        }

        ValueTask<TResponse> task;
        try
        {
            task = Call(service, request, call, new CallContext(call));
        }
        catch (Exception e)
        {
            task = ValueTask.FromException<TResponse>(e);
        }

        if (lease is null && task.IsCompletedSuccessfully)
            Reply(call, task.GetAwaiter().GetResult());
        else
            _ = AnswerLaterAsync(call, task, lease, mark: null);
    }

    // Apart: a lambda that captures a local allocates where the local's scope begins, and the way without interceptors must not.
    ValueTask<TResponse> Intercept(ServerCall call, TService service, TRequest request, ServerPipeline.StartMark mark) =>
        ServerPipeline.InvokeAsync(table, method, request, call, mark, (last, context) => Call(service, last, call, context));

    async Task AnswerLaterAsync(ServerCall call, ValueTask<TResponse> task, IAsyncDisposable? lease, ServerPipeline.StartMark? mark)
    {
        call.Suspend();
        TResponse response;
        try
        {
            try
            {
                response = await task;
            }
            finally
            {
                if (lease is not null)
                    await lease.DisposeAsync();
            }
        }
        catch (Exception e)
        {
            call.Fail(e, executed: mark?.IsStarted ?? true);
            return;
        }

        Reply(call, response);
    }

    void Reply(ServerCall call, TResponse response)
    {
        if (!TryReply(call, response))
            Later(call, response);
    }

    // Apart, so that the way that has room allocates nothing.
    void Later(ServerCall call, TResponse response) => call.WhenRoom(new LateReply(() => Reply(call, response)));

    bool TryReply(ServerCall call, TResponse response)
    {
        var codec = method.ResponseCodec;
        if (call.BeginReply(codec.EncodesInPlace) is not { } buffer)
            return false;
        try
        {
            Payload.Write(codec, call.Format, buffer, in response);
        }
        catch (Exception e)
        {
            call.AbortReply();
            call.Fail(ServersFault(e), executed: true);
            return true;
        }

        return call.EndReply();
    }

    // A null, or something nested too deeply: the caller cannot mend it, and whoever can reads this end's log.
    Exception ServersFault(Exception e) => e is ButlerException { Reason: ButlerReason.BadMessage or ButlerReason.TooDeep }
        ? new InvalidOperationException($"the reply of {method.FullName} cannot be encoded: {e.Message}", e)
        : e;
}

/// <summary>Serves a method whose reply is empty, or that is never answered.</summary>
sealed class EmptyReplyHandler<TService, TRequest>(
    Method<TRequest, Unit> method, ServiceTable table, ServiceSource<TService> source, Func<TService, TRequest, CallContext, ValueTask> handler)
    : RequestHandler<TService, TRequest>(method, method.RequestCodec, source)
    where TService : class
{
    public override void Invoke(ServerCall call)
    {
        if (!TryPrepare(call, out var request, out var service, out var lease))
            return;
        if (table.Intercepts(method))
        {
            var mark = new ServerPipeline.StartMark();
            _ = EndLaterAsync(call, InterceptAsync(call, service, request, mark), lease, mark);
            return;
        }

        ValueTask task;
        try
        {
            task = handler(service, request, new CallContext(call));
        }
        catch (Exception e)
        {
            task = ValueTask.FromException(e);
        }

        if (lease is null && task.IsCompletedSuccessfully)
            End(call);
        else
            _ = EndLaterAsync(call, task, lease, mark: null);
    }

    async ValueTask InterceptAsync(ServerCall call, TService service, TRequest request, ServerPipeline.StartMark mark) =>
        await ServerPipeline.InvokeAsync(table, method, request, call, mark, async (last, context) =>
        {
            await handler(service, last, context);
            return default(Unit);
        });

    async Task EndLaterAsync(ServerCall call, ValueTask task, IAsyncDisposable? lease, ServerPipeline.StartMark? mark)
    {
        call.Suspend();
        try
        {
            try
            {
                await task;
            }
            finally
            {
                if (lease is not null)
                    await lease.DisposeAsync();
            }
        }
        catch (Exception e)
        {
            call.Fail(e, executed: mark?.IsStarted ?? true);
            return;
        }

        End(call);
    }

    void End(ServerCall call)
    {
        if (Method.Shape == MethodShape.OneWay)
        {
            call.Finish();
            return;
        }

        if (call.BeginReply(inPlace: true) is { } buffer)
        {
            Payload.Write(UnitCodec.Instance, call.Format, buffer, default);
            if (call.EndReply())
                return;
        }

        Later(call);
    }

    void Later(ServerCall call) => call.WhenRoom(new LateReply(() => End(call)));
}
