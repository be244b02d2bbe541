using ButlerRpc.Calls;

namespace ButlerRpc.Soak.Calls;

/// <summary>Stands before and behind each call, and changes nothing. It does not wait before: calls would be sent in another order.</summary>
sealed class PassingInterceptor : ClientInterceptor
{
    public override async ValueTask<TResponse> InvokeAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, TRequest request, CallContext context, Func<TRequest, CallContext, ValueTask<TResponse>> next)
    {
        var response = await next(request, context);
        await Task.Yield();
        return response;
    }
}
