using ButlerRpc.Broker;
using ButlerRpc.Broker.Native;
using ButlerRpc.Calls;
using ButlerRpc.Framing;
using ButlerRpc.Platform;
using ButlerRpc.Transport;

namespace ButlerRpc;

/// <summary>Serves one channel of a broker, beside others that do. It keeps its connection: one that has ended is dialled again, and what it serves is registered again.</summary>
public sealed class BrokerProvider : IAsyncDisposable
{
    readonly BrokerLink _link;

    BrokerProvider(BrokerLink link, ServiceTable services) => (_link, Services) = (link, services);

    /// <summary>What it serves. Services may be added while it runs, with <see cref="Add{T}"/>.</summary>
    public ServiceTable Services { get; }

    /// <summary>Connects, and returns when the broker has let it in.</summary>
    /// <param name="endpoints">As for <see cref="BrokerConsumer.ConnectAsync"/>.</param>
    /// <param name="configure">Adds the services, or a raw handler.</param>
    /// <param name="options">Default: see <see cref="BrokerConnectionOptions"/>.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <exception cref="ArgumentException">An endpoint or an option is malformed, names no channel, or two methods have one code.</exception>
    /// <exception cref="ButlerException">Unavailable: no endpoint could be reached. Unauthenticated: the broker has not let it in.</exception>
    public static async Task<BrokerProvider> ConnectAsync(
        string endpoints, Action<ServiceTable> configure, BrokerConnectionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(configure);
        options ??= new BrokerConnectionOptions();
        options.Validate();
        var services = new ServiceTable();
        configure(services);
        await (options.Client.Platform ?? StandardPlatform.Shared).Scheduler.SwitchTo();
        var link = BrokerSchemes.Find(endpoints, options) is { } carrier
            ? await carrier.ConnectProviderAsync(endpoints, services, options, cancellationToken)
            : await NativeLink.ConnectAsync(endpoints, SessionRole.Provider, services, options, cancellationToken);
        return new BrokerProvider(link, services);
    }

    /// <summary>Serves another contract.</summary>
    /// <exception cref="ArgumentException">A method's code is taken by another service; the message names both.</exception>
    /// <exception cref="NotSupportedException">This kind of broker cannot carry one of its methods; the message names it.</exception>
    public BrokerProvider Add<T>(T implementation)
        where T : class, IButlerContract<T>
    {
        _link.Admit(T.Contract.Name, T.Contract.Methods, T.Contract.Callback);
        Services.Add(implementation);
        _link.Announce(T.Contract.Name, T.Contract.Methods);
        return this;
    }

    /// <summary>Waits until it is connected, however long that takes.</summary>
    public Task WaitUntilReadyAsync(CancellationToken cancellationToken = default) => _link.WaitUntilReadyAsync(cancellationToken);

    /// <summary>Ends it: it takes no more calls, those it has may end within the drain time.</summary>
    public ValueTask DisposeAsync() => _link.DisposeAsync();
}

/// <summary>Raw handlers.</summary>
public static class BrokerServiceTableExtensions
{
    /// <summary>Serves raw bytes: what <see cref="BrokerConsumer.SendAsync(ReadOnlyMemory{byte}, TimeSpan?, CancellationToken)"/> and consumers of version 1 send.</summary>
    /// <param name="services">What a provider serves.</param>
    /// <param name="handler">Takes a request, answers it; several at a time.</param>
    /// <exception cref="ArgumentException">There is a raw handler already.</exception>
    public static ServiceTable AddRaw(this ServiceTable services, Func<ReadOnlyMemory<byte>, CallContext, ValueTask<ReadOnlyMemory<byte>>> handler)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(handler);
        if (services.Find(RawMethod.Code) is not null)
            throw new ArgumentException("there is a raw handler already; a provider has one", nameof(handler));
        return services.Add(new RawService(handler));
    }
}
