namespace ButlerRpc.Calls;

/// <summary>One call on its way through a table's policies and interceptors to its handler.</summary>
static class ServerPipeline
{
    public static async ValueTask<TResponse> InvokeAsync<TRequest, TResponse>(
        ServiceTable table, Method<TRequest, TResponse> method, TRequest request, ServerCall call, StartMark mark, Func<TRequest, CallContext, ValueTask<TResponse>> handler)
    {
        await table.AuthorizeAsync(method, call);
        return await Step(0)(request, new CallContext(call));

        Func<TRequest, CallContext, ValueTask<TResponse>> Step(int index) => index == table.Interceptors.Count
            ? (last, context) =>
            {
                mark.IsStarted = true;
                return handler(last, context);
            }
            : (next, context) => table.Interceptors[index].InvokeAsync(method, next, context, Step(index + 1));
    }

    public static async ValueTask<IAsyncEnumerable<TItem>> StreamAsync<TRequest, TItem>(
        ServiceTable table, Method<TRequest, TItem> method, TRequest request, ServerCall call, StartMark mark, Func<TRequest, CallContext, IAsyncEnumerable<TItem>> handler)
    {
        await table.AuthorizeAsync(method, call);
        return Step(0)(request, new CallContext(call));

        Func<TRequest, CallContext, IAsyncEnumerable<TItem>> Step(int index) => index == table.Interceptors.Count
            ? (last, context) =>
            {
                mark.IsStarted = true;
                return handler(last, context);
            }
            : (next, context) => table.Interceptors[index].StreamAsync(method, next, context, Step(index + 1));
    }

    /// <summary>Whether the handler was started: what a failure says of its certainty.</summary>
    public sealed class StartMark
    {
        public bool IsStarted { get; set; }
    }
}
