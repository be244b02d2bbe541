using System.ComponentModel;

namespace ButlerRpc.Calls;

/// <summary>What the compiler knows of a service: how to make its proxy and how to serve it. Generated.</summary>
/// <remarks>An abstract class, so that it can grow without breaking contract assemblies built before.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class ButlerContract<T>
    where T : class
{
    /// <summary>The service's full name.</summary>
    public abstract string Name { get; }

    /// <summary>Its methods, those of the services it inherits included.</summary>
    public abstract IReadOnlyList<Method> Methods { get; }

    /// <summary>The service that the server calls back on; null: none.</summary>
    public virtual Type? Callback => null;

    /// <summary>A proxy that calls through <paramref name="invoker"/>.</summary>
    public abstract T CreateProxy(CallInvoker invoker);

    /// <summary>Hands each method's handler to the binder.</summary>
    public abstract void Bind(ServiceBinder<T> binder);
}

/// <summary>A service: a partial interface whose contract was generated. Implemented by the compiler.</summary>
/// <remarks>It has this one member for ever: an interface with static abstract members cannot grow without breaking assemblies built before.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IButlerContract<T>
    where T : class
{
    /// <summary>The contract.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    static abstract ButlerContract<T> Contract { get; }
}

/// <summary>Meets every contract of a type; see <see cref="ButlerContractAttribute.Accept"/>.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IContractVisitor
{
    /// <summary>Meets one contract.</summary>
    void Visit<T>()
        where T : class, IButlerContract<T>;
}

/// <summary>Stands on every service interface, so that the contracts of an implementation can be found without reflection over generics. Generated.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[AttributeUsage(AttributeTargets.Interface, Inherited = false)]
public abstract class ButlerContractAttribute : Attribute
{
    /// <summary>Shows the contract to the visitor.</summary>
    public abstract void Accept(IContractVisitor visitor);
}

/// <inheritdoc/>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ButlerContractAttribute<T> : ButlerContractAttribute
    where T : class, IButlerContract<T>
{
    /// <inheritdoc/>
    public override void Accept(IContractVisitor visitor) => visitor.Visit<T>();
}

/// <summary>Takes the handlers of a service's methods. A generated contract calls it once per method.</summary>
/// <typeparam name="TService">The service.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class ServiceBinder<TService>
    where TService : class
{
    private protected ServiceBinder()
    {
    }

    /// <summary>Binds a method with one request and one reply.</summary>
    public abstract void Unary<TRequest, TResponse>(
        Method<TRequest, TResponse> method, Func<TService, TRequest, CallContext, ValueTask<TResponse>> handler);

    /// <summary>Binds a method with one request and an empty reply.</summary>
    public abstract void Unary<TRequest>(Method<TRequest, Unit> method, Func<TService, TRequest, CallContext, ValueTask> handler);

    /// <summary>Binds a method that is never answered.</summary>
    public abstract void OneWay<TRequest>(Method<TRequest, Unit> method, Func<TService, TRequest, CallContext, ValueTask> handler);

    /// <summary>Binds a method that returns a stream.</summary>
    public abstract void ServerStream<TRequest, TItem>(
        Method<TRequest, TItem> method, Func<TService, TRequest, CallContext, IAsyncEnumerable<TItem>> handler);

    /// <summary>Binds a method that takes streams and returns one result (<see cref="Unit"/> for none).</summary>
    public abstract void ClientStream<TRequest, TResponse>(
        Method<TRequest, TResponse> method, Func<TService, TRequest, IncomingStreams, CallContext, ValueTask<TResponse>> handler);

    /// <summary>Binds a method that takes streams and returns one.</summary>
    public abstract void Duplex<TRequest, TItem>(
        Method<TRequest, TItem> method, Func<TService, TRequest, IncomingStreams, CallContext, IAsyncEnumerable<TItem>> handler);
}

/// <summary>The stream parameters of a call being served.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class IncomingStreams
{
    private protected IncomingStreams()
    {
    }

    /// <summary>The items that the caller sends for a parameter.</summary>
    public abstract IAsyncEnumerable<TItem> Of<TItem>(StreamParameter<TItem> parameter);
}
