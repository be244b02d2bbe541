using ButlerRpc.Calls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Hosting;

/// <summary>A contract that an implementation in the container serves, waiting for the server to start.</summary>
abstract class ServiceRegistration
{
    public abstract void AddTo(ServiceTable table, IServiceProvider provider, ILogger logger);

    /// <summary>As <see cref="AddTo"/>, but a singleton is made when it is first called: it may need the very client that offers it.</summary>
    public abstract void OfferTo(ServiceTable table, IServiceProvider provider, ILogger logger);
}

// The collection is kept to look the lifetime up when the server starts: by then everything is registered, in whatever order it came.
sealed class ServiceRegistration<T, TImplementation>(IServiceCollection services) : ServiceRegistration
    where T : class, IButlerContract<T>
    where TImplementation : class
{
    public override void AddTo(ServiceTable table, IServiceProvider provider, ILogger logger)
    {
        if (Lifetime() == ServiceLifetime.Singleton)
            table.Add((T)(object)provider.GetRequiredService<TImplementation>());
        else
            table.Add(Scoped(provider, logger));
    }

    public override void OfferTo(ServiceTable table, IServiceProvider provider, ILogger logger) =>
        table.Add(Lifetime() == ServiceLifetime.Singleton ? new LateSource<T, TImplementation>(provider) : Scoped(provider, logger));

    static ServiceSource<T> Scoped(IServiceProvider provider, ILogger logger) =>
        new ScopedSource<T, TImplementation>(provider.GetRequiredService<IServiceScopeFactory>(), logger);

    ServiceLifetime Lifetime() =>
        services.LastOrDefault(d => d.ServiceType == typeof(TImplementation) && !d.IsKeyedService)?.Lifetime
        ?? throw new InvalidOperationException(
            $"nothing is registered as {typeof(TImplementation)}, which is to serve {T.Contract.Name}; " +
            $"register it, such as services.AddSingleton<{typeof(TImplementation).Name}, …>()");
}

/// <summary>One object for all calls, made for the first of them.</summary>
sealed class LateSource<T, TImplementation>(IServiceProvider provider) : ServiceSource<T>
    where T : class
    where TImplementation : class
{
    T? _service;

    public override T Get(ServerCall call, out IAsyncDisposable? lease)
    {
        lease = null;
        return _service ??= (T)(object)provider.GetRequiredService<TImplementation>();
    }
}

/// <summary>Gives every call a scope of its own, which ends with the call.</summary>
sealed class ScopedSource<T, TImplementation>(IServiceScopeFactory scopes, ILogger logger) : ServiceSource<T>
    where T : class
    where TImplementation : class
{
    public override T Get(ServerCall call, out IAsyncDisposable? lease)
    {
        var scope = scopes.CreateAsyncScope();
        try
        {
            var service = (T)(object)scope.ServiceProvider.GetRequiredService<TImplementation>();
            lease = scope;
            return service;
        }
        catch
        {
            // What was made before the failure is released without delaying the answer.
            _ = ReleaseAsync(scope);
            throw;
        }
    }

    async ValueTask ReleaseAsync(AsyncServiceScope scope)
    {
        try
        {
            await scope.DisposeAsync();
        }
        catch (Exception e)
        {
            HostingLog.ScopeNotReleased(logger, e, typeof(TImplementation).Name);
        }
    }
}
