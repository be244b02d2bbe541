using ButlerRpc.RabbitMq.Connecting;
using ButlerRpc.RabbitMq.Wire;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace ButlerRpc.RabbitMq.Consuming;

/// <summary>A consumer's connection: one AMQP channel that calls leave by and answers come back to, as direct reply-to demands, and one for cancellations.</summary>
sealed class ConsumerLine : AmqpLine
{
    readonly IChannel _calls;
    readonly IChannel _cancels;
    readonly Topology _topology;
    readonly ILogger _logger;
    volatile string? _blocked;

    ConsumerLine(IConnection connection, string node, IChannel calls, IChannel cancels, Topology topology, QueueWatch providers, ILogger logger)
        : base(connection, node)
    {
        (_calls, _cancels, _topology, Providers, _logger) = (calls, cancels, topology, providers, logger);
        connection.ConnectionBlockedAsync += OnBlocked;
        connection.ConnectionUnblockedAsync += OnUnblocked;
        Watch(calls);
        Watch(cancels);
    }

    /// <summary>Why the node takes no messages at the moment; null: it does.</summary>
    public string? Blocked => _blocked;

    /// <summary>Whether anybody serves the channel.</summary>
    public QueueWatch Providers { get; }

    public static async Task<ConsumerLine> OpenAsync(
        IConnection connection, string node, Topology topology, QueueWatch providers, AsyncEventHandler<BasicDeliverEventArgs> answers, ILogger logger, CancellationToken cancellationToken)
    {
        // No limit of the client's own on what is unconfirmed: the calls in flight have one.
        var calls = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null), cancellationToken);
        var cancels = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await Topology.DeclareExchangeAsync(cancels, cancellationToken);
        var consumer = new AsyncEventingBasicConsumer(calls);
        consumer.ReceivedAsync += answers;
        await calls.BasicConsumeAsync(RequestMessage.ReplyToMe, autoAck: true, consumer, cancellationToken);
        return new ConsumerLine(connection, node, calls, cancels, topology, providers, logger);
    }

    /// <summary>Sends a call; ends when the broker has confirmed that it has it.</summary>
    /// <exception cref="PublishException">It has come back, or was refused.</exception>
    public ValueTask PublishAsync(bool idempotent, BasicProperties properties, ReadOnlyMemory<byte> body) =>
        _calls.BasicPublishAsync("", _topology.QueueOf(idempotent), mandatory: true, properties, body);

    /// <summary>Tells the providers that nobody awaits the call any more. Whether that arrives is not told.</summary>
    public async Task CancelAsync(string id)
    {
        try
        {
            await _cancels.BasicPublishAsync(Topology.CancelExchange, _topology.CancelKey, mandatory: false, new BasicProperties { CorrelationId = id }, default);
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The line is going, and with it the only way to say so; the call ends at its provider by its deadline.
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
