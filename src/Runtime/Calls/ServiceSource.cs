namespace ButlerRpc.Calls;

/// <summary>Where the implementation of a service comes from.</summary>
public abstract class ServiceSource<T>
    where T : class
{
    /// <summary>The implementation for one call, and what is to be released when the call has ended; null: nothing.</summary>
    public abstract T Get(ServerCall call, out IAsyncDisposable? lease);
}

sealed class SingletonSource<T>(T implementation) : ServiceSource<T>
    where T : class
{
    public override T Get(ServerCall call, out IAsyncDisposable? lease)
    {
        lease = null;
        return implementation;
    }
}
