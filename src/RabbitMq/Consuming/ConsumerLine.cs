using ButlerRpc.RabbitMq.Connecting;
using ButlerRpc.RabbitMq.Wire;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace ButlerRpc.RabbitMq.Consuming;

/// <summary>A consumer's connection: one AMQP channel that calls leave by and answers come back to, as direct reply-to demands, and one for cancellations and end marks.</summary>
sealed class ConsumerLine : AmqpLine
{
    readonly IChannel _calls;
    readonly IChannel _cancels;
    readonly Topology _topology;
    readonly ILogger _logger;
    readonly string _refused;
    volatile string? _blocked;

    ConsumerLine(IConnection connection, string node, IChannel calls, IChannel cancels, string refused, Topology topology, QueueWatch providers, ILogger logger)
        : base(connection, node)
    {
        (_calls, _cancels, _refused, _topology, Providers, _logger) = (calls, cancels, refused, topology, providers, logger);
        RefusedKey = Topology.RefusedKey(refused);
        connection.ConnectionBlockedAsync += OnBlocked;
        connection.ConnectionUnblockedAsync += OnUnblocked;
        Watch(calls);
        Watch(cancels);
    }

    /// <summary>Why the node takes no messages at the moment; null: it does.</summary>
    public string? Blocked => _blocked;

    /// <summary>Whether anybody serves the channel.</summary>
    public QueueWatch Providers { get; }

    /// <summary>What calls have with them to find their way back when their queue is full.</summary>
    public string RefusedKey { get; }

    public static async Task<ConsumerLine> OpenAsync(
        IConnection connection, string node, Topology topology, QueueWatch providers, AmqpInvoker invoker, ILogger logger, CancellationToken cancellationToken)
    {
        // No limit of the client's own on what is unconfirmed: the calls in flight have one.
        var calls = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null), cancellationToken);
        var cancels = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await Topology.DeclareExchangesAsync(cancels, cancellationToken);
        var refused = await Topology.DeclareRefusedAsync(cancels, cancellationToken);
        await calls.BasicConsumeAsync(RequestMessage.ReplyToMe, autoAck: true, Consumer(calls, invoker.OnAnswerAsync), cancellationToken);
        await calls.BasicConsumeAsync(refused, autoAck: true, Consumer(calls, invoker.OnRefusedAsync), cancellationToken);
        return new ConsumerLine(connection, node, calls, cancels, refused, topology, providers, logger);
    }

    static AsyncEventingBasicConsumer Consumer(IChannel amqp, AsyncEventHandler<BasicDeliverEventArgs> handler)
    {
        var consumer = new AsyncEventingBasicConsumer(amqp);
        consumer.ReceivedAsync += handler;
        return consumer;
    }

    /// <summary>Sends a call; ends when the broker has confirmed that it has it.</summary>
    /// <exception cref="PublishException">It has come back, or was refused.</exception>
    public ValueTask PublishAsync(bool idempotent, BasicProperties properties, ReadOnlyMemory<byte> body) =>
        _calls.BasicPublishAsync("", _topology.QueueOf(idempotent), mandatory: true, properties, body);

    /// <summary>Tells the providers that nobody awaits the call any more. Whether that arrives is not told.</summary>
    public Task CancelAsync(string id) => TellAsync(Topology.CancelExchange, _topology.CancelKey, new BasicProperties { CorrelationId = id });

    /// <summary>Has an end mark come back behind what a full queue has sent back.</summary>
    public Task MarkRefusalAsync(string id) => TellAsync("", _refused, RefusedMessage.Mark(id));

    async Task TellAsync(string exchange, string key, BasicProperties properties)
    {
        try
        {
            await _cancels.BasicPublishAsync(exchange, key, mandatory: false, properties, default);
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The line is going, and with it the only way to say so: its calls end with it, and at their providers by their deadlines.
        }
    }

    Task OnBlocked(object sender, ConnectionBlockedEventArgs blocked)
    {
        _blocked = blocked.Reason;
        RabbitMqLog.Blocked(_logger, Node, blocked.Reason);
        return Task.CompletedTask;
    }

    Task OnUnblocked(object sender, AsyncEventArgs unblocked)
    {
        _blocked = null;
        RabbitMqLog.Unblocked(_logger, Node);
        return Task.CompletedTask;
    }
}
