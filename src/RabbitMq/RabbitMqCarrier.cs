using ButlerRpc.Calls;
using ButlerRpc.Platform;
using ButlerRpc.RabbitMq;
using ButlerRpc.RabbitMq.Connecting;
using ButlerRpc.RabbitMq.Consuming;
using ButlerRpc.RabbitMq.Providing;
using ButlerRpc.Transport;

namespace ButlerRpc;

/// <summary>
/// Channels on RabbitMQ: with it in <see cref="BrokerConnectionOptions.Carriers"/>, <see cref="BrokerConsumer"/> and <see cref="BrokerProvider"/> take endpoints
/// <c>amqp://user:password@host:port/vhost?channel=…</c> and <c>amqps://…</c>. It carries unary calls and one-way messages; a contract with a stream or a callback is refused.
/// </summary>
public sealed class RabbitMqCarrier : BrokerCarrier
{
    readonly RabbitMqOptions _rabbit;

    /// <summary>A carrier; one for all consumers and providers of a process is enough.</summary>
    /// <param name="options">Default: see <see cref="RabbitMqOptions"/>. Consumers and providers of a channel must agree about its queues.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range; the message names it.</exception>
    public RabbitMqCarrier(RabbitMqOptions? options = null)
    {
        _rabbit = options ?? new RabbitMqOptions();
        _rabbit.Validate();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Schemes { get; } = ["amqp", "amqps"];

    /// <inheritdoc/>
    public override async Task<BrokerLink> ConnectConsumerAsync(string endpoints, BrokerConnectionOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        await SwitchAsync(options);
        return await OpenAsync(new ConsumerLink(AmqpEndpoints.Parse(endpoints), options, _rabbit), cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task<BrokerLink> ConnectProviderAsync(string endpoints, ServiceTable services, BrokerConnectionOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        await SwitchAsync(options);
        foreach (var service in services.Methods.GroupBy(m => m.Service))
            Carriage.Admit(service.Key, service, services.CallbackOf(service.Key));
        return await OpenAsync(new ProviderLink(AmqpEndpoints.Parse(endpoints), services, options, _rabbit), cancellationToken);
    }

    static ButlerScheduler.SwitchAwaitable SwitchAsync(BrokerConnectionOptions options) => (options.Client.Platform ?? StandardPlatform.Shared).Scheduler.SwitchTo();

    static async Task<BrokerLink> OpenAsync(AmqpLink link, CancellationToken cancellationToken)
    {
        try
        {
            await link.ConnectAsync(cancellationToken);
            return link;
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }
}
