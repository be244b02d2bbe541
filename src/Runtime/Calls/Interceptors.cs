using ButlerRpc.Calls;

namespace ButlerRpc;

/// <summary>
/// Sees every call that a client makes, with its typed request, its outcome and its metadata. Override what you need; call <c>next</c> once to go on, not at all to end
/// the call yourself, with another request or context to change them. Interceptors run in the order in which they are listed; where there are none, a call costs nothing more.
/// </summary>
public abstract class ClientInterceptor
{
    /// <summary>A call with one result; <see cref="Unit"/> for methods that have none.</summary>
    public virtual ValueTask<TResponse> InvokeAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, TRequest request, CallContext context, Func<TRequest, CallContext, ValueTask<TResponse>> next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return next(request, context);
    }

    /// <summary>A call whose result is a stream; each enumeration is one call.</summary>
    public virtual IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
        Method<TRequest, TItem> method, TRequest request, CallContext context, Func<TRequest, CallContext, IAsyncEnumerable<TItem>> next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return next(request, context);
    }
}

/// <summary>
/// Sees every call that is served, with its typed request, its outcome and its metadata, before and after the handler. See <see cref="ClientInterceptor"/>.
/// A failure from before <c>next</c> reaches the caller as NotExecuted.
/// </summary>
public abstract class ServerInterceptor
{
    /// <summary>A call with one result; <see cref="Unit"/> for methods that have none.</summary>
    public virtual ValueTask<TResponse> InvokeAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, TRequest request, CallContext context, Func<TRequest, CallContext, ValueTask<TResponse>> next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return next(request, context);
    }

    /// <summary>A call whose result is a stream.</summary>
    public virtual IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
        Method<TRequest, TItem> method, TRequest request, CallContext context, Func<TRequest, CallContext, IAsyncEnumerable<TItem>> next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return next(request, context);
    }
}
