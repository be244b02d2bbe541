using ButlerRpc.Calls;
using ButlerRpc.RabbitMq.Connecting;
using RabbitMQ.Client;

namespace ButlerRpc.RabbitMq.Consuming;

/// <summary>A consumer's connection to a channel on RabbitMQ, kept.</summary>
sealed class ConsumerLink : AmqpLink
{
    readonly AmqpInvoker _invoker;

    public ConsumerLink(AmqpEndpoints endpoints, BrokerConnectionOptions options, RabbitMqOptions rabbit)
        : base(endpoints, options, rabbit, BrokerRole.Consumer) => _invoker = new AmqpInvoker(Host, options, rabbit.QueuedCallsPerChannel, () => Targets + LastFailure);

    public override CallInvoker Invoker => _invoker;

    protected override async Task<AmqpLine> EnterAsync(IConnection connection, string node, CancellationToken cancellationToken) => await ConsumerLine.OpenAsync(
        connection, node, Topology, new QueueWatch(connection, Topology, Platform), _invoker, Logger, cancellationToken);

    protected override void OnReady(AmqpLine line)
    {
        var consumer = (ConsumerLine)line;
        _invoker.OnReady(consumer);
        Platform.Scheduler.Start(() => _invoker.WatchProvidersAsync(consumer, Rabbit.GoneAfter));
    }

    protected override void OnLost(AmqpLine line, string why) => _invoker.OnLost((ConsumerLine)line, why);

    protected override void OnUnreachable() => _invoker.OnUnreachable();

    protected override Task DrainAsync() => _invoker.DrainAsync(Options.Client.DrainTimeout);
}
