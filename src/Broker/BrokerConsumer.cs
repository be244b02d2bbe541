using ButlerRpc.Broker;
using ButlerRpc.Broker.Native;
using ButlerRpc.Calls;
using ButlerRpc.Framing;
using ButlerRpc.Platform;
using ButlerRpc.Transport;

namespace ButlerRpc;

/// <summary>
/// Calls the providers of one channel of a broker. <see cref="CallInvoker.Create{T}"/> gives the very proxy that a client of a server gives. It keeps its connection: one that has ended is
/// dialled again.
/// </summary>
public sealed class BrokerConsumer : CallInvoker, IAsyncDisposable
{
    /// <summary>
    /// The metadata entry by which calls keep to one provider: those of one key go to the same one as long as it stays, whichever consumer makes them.
    /// </summary>
    public const string KeyEntry = "butler-key";

    readonly BrokerLink _link;
    readonly ButlerScheduler _scheduler;

    BrokerConsumer(BrokerLink link, ButlerScheduler scheduler, IReadOnlyList<ClientInterceptor> interceptors)
    {
        (_link, _scheduler) = (link, scheduler);
        if (interceptors.Count > 0)
            Pipeline = new ClientPipeline(null, interceptors);
    }

    /// <summary>Connects, and returns when the broker has let it in.</summary>
    /// <param name="endpoints">One or more brokers and the channel, separated by commas: <c>butler://host:port/channel</c>, <c>tls://host:port?channel=…</c>; or the endpoint of another
    /// <see cref="BrokerConnectionOptions.Carriers">carrier</see>.</param>
    /// <param name="options">Default: see <see cref="BrokerConnectionOptions"/>.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <exception cref="ArgumentException">An endpoint or an option is malformed, or names no channel.</exception>
    /// <exception cref="ButlerException">Unavailable: no endpoint could be reached.</exception>
    public static async Task<BrokerConsumer> ConnectAsync(string endpoints, BrokerConnectionOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new BrokerConnectionOptions();
        options.Validate();
        var scheduler = (options.Client.Platform ?? StandardPlatform.Shared).Scheduler;
        await scheduler.SwitchTo();
        var link = BrokerSchemes.Find(endpoints, options) is { } carrier
            ? await carrier.ConnectConsumerAsync(endpoints, options, cancellationToken)
            : await NativeLink.ConnectAsync(endpoints, SessionRole.Consumer, new ServiceTable(), options, cancellationToken);
        return new BrokerConsumer(link, scheduler, options.Client.Interceptors);
    }

    /// <summary>Sends raw bytes to a provider's raw handler, or to a provider of version 1, and returns what it answers.</summary>
    /// <param name="request">The bytes, none included; at most the smallest of the message limits on the way.</param>
    /// <param name="timeout">The deadline. Default: <see cref="ButlerClientOptions.CallTimeout"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ButlerException">The call failed.</exception>
    public ValueTask<ReadOnlyMemory<byte>> SendAsync(ReadOnlyMemory<byte> request, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        CallAsync(RawMethod.Send, request, new CallContext(new CallOptions { Timeout = timeout }, cancellationToken));

    /// <summary>Sends what a stream holds, from where it stands to its end.</summary>
    /// <inheritdoc cref="SendAsync(ReadOnlyMemory{byte}, TimeSpan?, CancellationToken)"/>
    public async ValueTask<ReadOnlyMemory<byte>> SendAsync(Stream request, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        await _scheduler.SwitchTo();
        using var bytes = new MemoryStream();
        await request.CopyToAsync(bytes, cancellationToken);
        return await SendAsync(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), timeout, cancellationToken);
    }

    /// <summary>Waits until it is connected, however long that takes.</summary>
    public Task WaitUntilReadyAsync(CancellationToken cancellationToken = default) => _link.WaitUntilReadyAsync(cancellationToken);

    /// <summary>Ends it: calls in flight may end within the drain time, new ones fail.</summary>
    public ValueTask DisposeAsync() => _link.DisposeAsync();

    internal override TimeProvider Time => _link.Invoker.Time;

    /// <inheritdoc/>
    protected internal override void Admit(string service, IReadOnlyList<Method> methods, Type? callback) => _link.Admit(service, methods, callback);

    /// <inheritdoc/>
    protected internal override void Announce(string service, IReadOnlyList<Method> methods) => _link.Invoker.Announce(service, methods);

    /// <inheritdoc/>
    protected internal override void Start(ClientCall call) => _link.Invoker.Start(call);
}
