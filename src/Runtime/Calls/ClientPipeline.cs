namespace ButlerRpc.Calls;

/// <summary>What stands between a proxy and its carrier when something was asked for: options for every call, and interceptors.</summary>
sealed class ClientPipeline(CallOptions? defaults, IReadOnlyList<ClientInterceptor> interceptors)
{
    public CallOptions? Defaults => defaults;

    public IReadOnlyList<ClientInterceptor> Interceptors => interceptors;

    public ValueTask<TResponse> InvokeAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, TRequest request, CallContext context, Func<TRequest, CallContext, ValueTask<TResponse>> carry) =>
        Step(0, method, carry)(request, context.Or(defaults));

    public IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
        Method<TRequest, TItem> method, TRequest request, CallContext context, Func<TRequest, CallContext, IAsyncEnumerable<TItem>> carry) =>
        StreamStep(0, method, carry)(request, context.Or(defaults));

    Func<TRequest, CallContext, ValueTask<TResponse>> Step<TRequest, TResponse>(
        int index, Method<TRequest, TResponse> method, Func<TRequest, CallContext, ValueTask<TResponse>> carry) => index == interceptors.Count
        ? carry
        : (request, context) => interceptors[index].InvokeAsync(method, request, context, Step(index + 1, method, carry));

    Func<TRequest, CallContext, IAsyncEnumerable<TItem>> StreamStep<TRequest, TItem>(
        int index, Method<TRequest, TItem> method, Func<TRequest, CallContext, IAsyncEnumerable<TItem>> carry) => index == interceptors.Count
        ? carry
        : (request, context) => interceptors[index].StreamAsync(method, request, context, StreamStep(index + 1, method, carry));
}

/// <summary>An invoker with options of its own, in front of another.</summary>
sealed class OptionsInvoker : CallInvoker
{
    readonly CallInvoker _inner;

    public OptionsInvoker(CallInvoker inner, CallOptions options)
    {
        _inner = inner;
        Pipeline = new ClientPipeline(options.Or(inner.Pipeline?.Defaults), inner.Pipeline?.Interceptors ?? []);
    }

    internal override TimeProvider Time => _inner.Time;

    protected internal override void Start(ClientCall call) => _inner.Start(call);

    protected internal override void Announce(string service, IReadOnlyList<Method> methods) => _inner.Announce(service, methods);
}
