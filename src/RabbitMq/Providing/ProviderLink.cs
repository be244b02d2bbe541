using ButlerRpc.Calls;
using ButlerRpc.RabbitMq.Connecting;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace ButlerRpc.RabbitMq.Providing;

/// <summary>A provider's connection to a channel on RabbitMQ, kept: on each new one its queues are declared and consumed again.</summary>
sealed class ProviderLink : AmqpLink
{
    readonly Provision _provision;
    readonly ServiceTable _services;
    volatile ProviderLine? _line;
    bool _hasServed;

    public ProviderLink(AmqpEndpoints endpoints, ServiceTable services, BrokerConnectionOptions options, RabbitMqOptions rabbit)
        : base(endpoints, options, rabbit, BrokerRole.Provider)
    {
        _services = services;
        _provision = new Provision(services, Host, Topology);
    }

    public override CallInvoker Invoker => throw new NotSupportedException("a provider does not call");

    /// <summary>What is added while it runs may be the first that needs the lasting queue.</summary>
    public override void Announce(string service, IReadOnlyList<Method> methods)
    {
        if (methods.Any(m => m.Idempotent) && _line is { } line)
            Platform.Scheduler.Start(() => ConsumeReliableAsync(line));
    }

    protected override async Task<AmqpLine> EnterAsync(IConnection connection, string node, CancellationToken cancellationToken)
    {
        var amqp = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        var line = new ProviderLine(connection, node, amqp, Topology);
        Platform.Scheduler.Start(line.SendAsync);
        await line.ConsumeCancelsAsync(
            (_, delivery) =>
            {
                _provision.OnCancel(delivery);
                return Task.CompletedTask;
            },
            (ushort)Rabbit.CallsPerProvider, cancellationToken);
        if (_services.Methods.Any(m => m.Idempotent))
            await ConsumeReliablyAsync(line, cancellationToken);
        var isNew = await TellCallersAsync(connection, line, cancellationToken);
        await line.ConsumeDirectAsync(
            (_, delivery) =>
            {
                _provision.OnDelivery(line, delivery, reliable: false);
                return Task.CompletedTask;
            },
            isNew, cancellationToken);
        return line;
    }

    // When the last provider loses its connection, the queue goes with the calls that were in it. Were there another of its name, nobody could tell, and their callers would wait until their deadlines;
    // so they are told before. A provider that comes back waits a moment as well, until those have looked that were not connected just now. True: the queue is not there.
    async Task<bool> TellCallersAsync(IConnection connection, ProviderLine line, CancellationToken cancellationToken)
    {
        var comesBack = _hasServed;
        _hasServed = true;
        using var queues = new QueueWatch(connection, Topology, Platform);
        if ((await queues.LookAsync(idempotent: false)).State != QueueState.Gone)
            return false;
        await line.TellGoneAsync(cancellationToken);
        if (comesBack)
            await Task.Delay(Rabbit.GoneAfter * 1.5, Platform.Time, cancellationToken);
        return true;
    }

    protected override void OnReady(AmqpLine line)
    {
        _line = (ProviderLine)line;
        if (_services.Methods.Any(m => m.Idempotent))
            Platform.Scheduler.Start(() => ConsumeReliableAsync(_line)); // added meanwhile
    }

    protected override void OnLost(AmqpLine line, string why)
    {
        _line = null;
        _provision.OnLost((ProviderLine)line);
    }

    protected override async Task DrainAsync()
    {
        _provision.Stop();
        if (_line is { } line)
        {
            await line.StopConsumingAsync();
            await _provision.DrainAsync(Options.Client.DrainTimeout);
            await line.FlushAsync();
        }
    }

    async Task ConsumeReliableAsync(ProviderLine line)
    {
        try
        {
            await ConsumeReliablyAsync(line, Stopping);
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException or OperationCanceledException or ObjectDisposedException or TimeoutException)
        {
            line.Lose(Reasons.Of(e)); // and with the next connection it is tried again
        }
    }

    Task ConsumeReliablyAsync(ProviderLine line, CancellationToken cancellationToken) => line.ConsumeReliableAsync(
        (_, delivery) =>
        {
            _provision.OnDelivery(line, delivery, reliable: true);
            return Task.CompletedTask;
        },
        cancellationToken);
}
