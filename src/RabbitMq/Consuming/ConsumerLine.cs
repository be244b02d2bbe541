using System.Collections.Concurrent;
using System.Globalization;
using ButlerRpc.RabbitMq.Connecting;
using ButlerRpc.RabbitMq.Wire;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace ButlerRpc.RabbitMq.Consuming;

/// <summary>A consumer's connection: one AMQP channel that calls leave by and answers come back to, as direct reply-to demands, and one for cancellations and marks.</summary>
sealed class ConsumerLine : AmqpLine
{
    static readonly TimeSpan s_longestMark = TimeSpan.FromSeconds(10); // where the node takes no messages, or the consumer's queue has overflown

    readonly IChannel _calls;
    readonly IChannel _cancels;
    readonly Topology _topology;
    readonly TimeProvider _time;
    readonly ILogger _logger;
    readonly string _notices;
    readonly ConcurrentDictionary<string, TaskCompletionSource> _marks = new(StringComparer.Ordinal);
    long _lastMark;
    volatile string? _blocked;

    ConsumerLine(IConnection connection, string node, IChannel calls, IChannel cancels, string notices, Topology topology, QueueWatch providers, TimeProvider time, ILogger logger)
        : base(connection, node)
    {
        (_calls, _cancels, _notices, _topology, Providers, _time, _logger) = (calls, cancels, notices, topology, providers, time, logger);
        RefusedKey = Topology.RefusedKey(notices);
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
        var notices = await topology.DeclareNoticesAsync(cancels, cancellationToken);
        await calls.BasicConsumeAsync(RequestMessage.ReplyToMe, autoAck: true, Consumer(calls, invoker.OnAnswerAsync), cancellationToken);
        var line = new ConsumerLine(connection, node, calls, cancels, notices, topology, providers, invoker.Time, logger);
        await calls.BasicConsumeAsync(notices, autoAck: true, Consumer(calls, (_, delivery) => line.OnNoticeAsync(invoker, delivery)), cancellationToken);
        return line;
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
    public Task CancelAsync(string id) => TellAsync(Topology.CancelExchange, _topology.ChannelKey, new BasicProperties { CorrelationId = id });

    /// <summary>Ends when what the broker has for this consumer by now has come, answers and notices: a mark that takes the same way has. Or when the line is lost, or that took 10 s.</summary>
    public async Task MarkAsync()
    {
        var mark = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var id = Interlocked.Increment(ref _lastMark).ToString(CultureInfo.InvariantCulture);
        _marks[id] = mark;
        await TellAsync("", _notices, new NoticeMessage(NoticeKind.Mark, id).Write());
        using var enough = new CancellationTokenSource();
        await Task.WhenAny(mark.Task, Lost, Task.Delay(s_longestMark, _time, enough.Token));
        enough.Cancel();
        _marks.TryRemove(id, out _);
    }

    Task OnNoticeAsync(AmqpInvoker invoker, BasicDeliverEventArgs delivery)
    {
        if (!NoticeMessage.TryRead(delivery.BasicProperties, out var notice))
            return Task.CompletedTask; // a call whose time was over while it waited
        if (notice.Kind == NoticeKind.Full)
            invoker.OnFull(this, notice.Id);
        else if (notice.Kind == NoticeKind.Gone)
            invoker.OnGone(this);
        else if (_marks.TryGetValue(notice.Id, out var mark))
            mark.TrySetResult();
        return Task.CompletedTask;
    }

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
