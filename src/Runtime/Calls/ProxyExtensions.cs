using ButlerRpc.Calls;

namespace ButlerRpc;

/// <summary>Options for the calls of one proxy.</summary>
public static class ProxyExtensions
{
    /// <summary>
    /// A proxy whose calls have these options; what a single call states goes before them. A test double, which is no generated proxy, is returned as it is.
    /// </summary>
    /// <param name="proxy">A proxy made by <see cref="CallInvoker.Create{T}"/>.</param>
    /// <param name="timeout">The deadline of each call. Null: as before.</param>
    /// <param name="metadata">What travels with each request. Null: as before.</param>
    public static T With<T>(this T proxy, TimeSpan? timeout = null, Metadata? metadata = null)
        where T : class, IButlerContract<T> => proxy is IButlerProxy generated
        ? T.Contract.CreateProxy(new OptionsInvoker(generated.Invoker, new CallOptions { Timeout = timeout, Metadata = metadata }))
        : proxy;
}
