using ButlerRpc.Codec;

namespace ButlerRpc.Calls;

/// <summary>The stream parameters of a call being served, read from its carrier's queues.</summary>
sealed class CarriedStreams(CallStreams? streams) : IncomingStreams
{
    public override IAsyncEnumerable<TItem> Of<TItem>(StreamParameter<TItem> parameter) => streams is null
        ? throw new InvalidOperationException("the call has no streams")
        : new ItemSequence<TItem>(streams.Reader(parameter.Number), parameter.Codec, parameter.Name);
}

/// <summary>Serves a method that takes streams and returns one result.</summary>
sealed class ClientStreamHandler<TService, TRequest, TResponse>(
    Method<TRequest, TResponse> method, ServiceTable table, ServiceSource<TService> source,
    Func<TService, TRequest, IncomingStreams, CallContext, ValueTask<TResponse>> handler)
    : ReplyHandler<TService, TRequest, TResponse>(method, table, source)
    where TService : class
{
    protected override ValueTask<TResponse> Call(TService service, TRequest request, ServerCall call, CallContext context) =>
        handler(service, request, new CarriedStreams(call.Streams), context);
}

/// <summary>Serves a method that returns a stream, and may take streams.</summary>
sealed class StreamResultHandler<TService, TRequest, TItem>(
    Method<TRequest, TItem> method, ServiceTable table, ServiceSource<TService> source,
    Func<TService, TRequest, IncomingStreams, CallContext, IAsyncEnumerable<TItem>> handler)
    : RequestHandler<TService, TRequest>(method, method.RequestCodec, source)
    where TService : class
{
    public override void Invoke(ServerCall call)
    {
        if (TryPrepare(call, out var request, out var service, out var lease))
            _ = StreamAsync(call, service, request, lease);
    }

    async Task StreamAsync(ServerCall call, TService service, TRequest request, IAsyncDisposable? lease)
    {
        call.Suspend();
        var mark = new ServerPipeline.StartMark();
        bool complete;
        try
        {
            try
            {
                var items = await ServerPipeline.StreamAsync(
                    table, method, request, call, mark, (last, context) => handler(service, last, new CarriedStreams(call.Streams), context));
                var writer = call.Streams!.Writer(0);
                complete = method.Overflow == StreamOverflow.Wait
                    ? await StreamPump.RunAsync(items, method.ResponseCodec, writer, call.CancellationToken)
                    : await new OverflowPump<TItem>(method.ResponseCodec, writer, OverflowBuffer<TItem>.Of(method.Overflow, method.ItemKey)).RunAsync(items, call.CancellationToken);
            }
            finally
            {
                if (lease is not null)
                    await lease.DisposeAsync();
            }
        }
        catch (Exception e)
        {
            call.Fail(e, mark.IsStarted);
            return;
        }

        // An end would say that these were all of its items.
        if (complete)
            call.EndStream();
        else
            call.Fail(new OperationCanceledException($"the call of {Method.FullName} ended before its stream"), executed: true);
    }
}
