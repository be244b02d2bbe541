using ButlerRpc.Calls;

namespace ButlerRpc.Soak.Served;

/// <summary>Waits before and behind each handler, and changes nothing.</summary>
sealed class WaitingInterceptor : ServerInterceptor
{
    public override async ValueTask<TResponse> InvokeAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, TRequest request, CallContext context, Func<TRequest, CallContext, ValueTask<TResponse>> next)
    {
        await Task.Yield();
        var response = await next(request, context);
        await Task.Yield();
        return response;
    }
}
