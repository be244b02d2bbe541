using ButlerRpc.Calls;

namespace ButlerRpc;

/// <summary>Another kind of broker behind the same consumers and providers, such as a cluster of queues: chosen by the scheme of the endpoint.</summary>
public abstract class BrokerCarrier
{
    /// <summary>The endpoint schemes it serves, in lower case.</summary>
    public abstract IReadOnlyList<string> Schemes { get; }

    /// <summary>Connects a consumer.</summary>
    /// <exception cref="ArgumentException">The endpoint is malformed.</exception>
    /// <exception cref="ButlerException">Unavailable: it could not be reached.</exception>
    public abstract Task<BrokerLink> ConnectConsumerAsync(string endpoints, BrokerConnectionOptions options, CancellationToken cancellationToken);

    /// <summary>Connects a provider of what is in the table; what is added later is served, too.</summary>
    /// <inheritdoc cref="ConnectConsumerAsync"/>
    /// <exception cref="NotSupportedException">It cannot carry what is in the table; the message names the method.</exception>
    public abstract Task<BrokerLink> ConnectProviderAsync(string endpoints, ServiceTable services, BrokerConnectionOptions options, CancellationToken cancellationToken);
}

/// <summary>A consumer's or a provider's connection to a broker.</summary>
public abstract class BrokerLink : IAsyncDisposable
{
    /// <summary>What a consumer calls through; a provider's calls nothing.</summary>
    public abstract CallInvoker Invoker { get; }

    /// <summary>Ends when it is connected, however long that takes.</summary>
    public abstract Task WaitUntilReadyAsync(CancellationToken cancellationToken);

    /// <summary>
    /// A consumer is about to make a proxy of a service, or a provider to serve it: throws when this kind of broker cannot carry one of its methods, or its callback (null: it has
    /// none). Default: it can. What is in the table of <see cref="BrokerCarrier.ConnectProviderAsync"/> is the carrier's to judge.
    /// </summary>
    /// <exception cref="NotSupportedException">It cannot; the message names the method.</exception>
    public virtual void Admit(string service, IReadOnlyList<Method> methods, Type? callback)
    {
    }

    /// <summary>A provider serves another contract.</summary>
    public virtual void Announce(string service, IReadOnlyList<Method> methods)
    {
    }

    /// <summary>Ends it; calls in flight may end within the drain time.</summary>
    public abstract ValueTask DisposeAsync();
}
