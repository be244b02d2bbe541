using RabbitMQ.Client;

namespace ButlerRpc.RabbitMq.Wire;

/// <summary>
/// What a channel is on RabbitMQ. Two queues: a classic one that exists while somebody consumes it, for calls that run at most once, and a quorum queue that outlives everybody, for
/// methods that are Idempotent. A queue of dead letters behind the second. One exchange for cancellations, which every provider hears.
/// </summary>
sealed class Topology(Guid channel, RabbitMqOptions options)
{
    /// <summary>Where cancellations go, with the channel as the routing key. One for all channels, as it outlives them: publishing to one that is missing ends an AMQP channel.</summary>
    public const string CancelExchange = "butler.cancel";

    /// <summary>What consumers hear: calls that a full queue sends back, with a routing key of the call's consumer, and that a queue has gone, with the channel as the routing key.</summary>
    public const string NoticeExchange = "butler.notices";

    const long ForgottenAfter = 60_000; // a queue whose provider has died between declaring and consuming it
    const int MostCancels = 10_000;
    const int MostNotices = 10_000;

    public Guid Channel => channel;

    /// <summary>For calls that run at most once.</summary>
    public string Direct { get; } = $"butler.{channel:D}";

    /// <summary>For calls of Idempotent methods.</summary>
    public string Reliable { get; } = $"butler.{channel:D}.idempotent";

    /// <summary>Where calls end that too many providers have gone with.</summary>
    public string Dead { get; } = $"butler.{channel:D}.dead";

    /// <summary>The routing key of what concerns the channel.</summary>
    public string ChannelKey { get; } = channel.ToString("D");

    public string QueueOf(bool idempotent) => idempotent ? Reliable : Direct;

    public static async Task DeclareExchangesAsync(IChannel amqp, CancellationToken cancellationToken)
    {
        await amqp.ExchangeDeclareAsync(CancelExchange, ExchangeType.Direct, durable: true, autoDelete: false, cancellationToken: cancellationToken);
        await amqp.ExchangeDeclareAsync(NoticeExchange, ExchangeType.Direct, durable: true, autoDelete: false, cancellationToken: cancellationToken);
    }

    /// <summary>A queue of this consumer alone, for notices. Returns its name.</summary>
    public async Task<string> DeclareNoticesAsync(IChannel amqp, CancellationToken cancellationToken)
    {
        var queue = await amqp.QueueDeclareAsync("", durable: false, exclusive: true, autoDelete: true, new Dictionary<string, object?> { ["x-max-length"] = MostNotices }, cancellationToken: cancellationToken);
        await amqp.QueueBindAsync(queue.QueueName, NoticeExchange, RefusedKey(queue.QueueName), cancellationToken: cancellationToken);
        await amqp.QueueBindAsync(queue.QueueName, NoticeExchange, ChannelKey, cancellationToken: cancellationToken);
        return queue.QueueName;
    }

    /// <summary>The routing key that a call has besides that of its queue. No queue has this name, so the call itself goes nowhere by it.</summary>
    public static string RefusedKey(string queue) => $"{queue}.refused";

    /// <summary>A queue of this provider alone, for cancellations. Returns its name.</summary>
    public async Task<string> DeclareCancelsAsync(IChannel amqp, CancellationToken cancellationToken)
    {
        var queue = await amqp.QueueDeclareAsync("", durable: false, exclusive: true, autoDelete: true, new Dictionary<string, object?> { ["x-max-length"] = MostCancels }, cancellationToken: cancellationToken);
        await amqp.QueueBindAsync(queue.QueueName, CancelExchange, ChannelKey, cancellationToken: cancellationToken);
        return queue.QueueName;
    }

    /// <summary>Not lasting: without a provider there is nobody to send to, and a mandatory message comes back at once.</summary>
    public Task<QueueDeclareOk> DeclareDirectAsync(IChannel amqp, CancellationToken cancellationToken) =>
        amqp.QueueDeclareAsync(Direct, durable: false, exclusive: false, autoDelete: true, new Dictionary<string, object?>(Bounds)
        {
            ["x-expires"] = ForgottenAfter,
            ["x-overflow"] = "reject-publish-dlx",
            ["x-dead-letter-exchange"] = NoticeExchange,
        }, cancellationToken: cancellationToken);

    public async Task DeclareReliableAsync(IChannel amqp, CancellationToken cancellationToken)
    {
        var lifetime = (long)options.UnusedQueueLifetime.TotalMilliseconds;
        await amqp.QueueDeclareAsync(Dead, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?>
        {
            ["x-queue-type"] = "quorum",
            ["x-max-length"] = options.DeadLetters,
            ["x-overflow"] = "drop-head",
            ["x-expires"] = Math.Max(lifetime, (long)TimeSpan.FromDays(7).TotalMilliseconds),
        }, cancellationToken: cancellationToken);
        await amqp.QueueDeclareAsync(Reliable, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?>(Bounds)
        {
            ["x-queue-type"] = "quorum",
            ["x-delivery-limit"] = options.DeliveryLimit,
            ["x-expires"] = lifetime,
            ["x-dead-letter-exchange"] = "",
            ["x-dead-letter-routing-key"] = Dead,
            ["x-dead-letter-strategy"] = "at-least-once",
        }, cancellationToken: cancellationToken);
    }

    // A message too many is refused (nack) instead of pushing another out.
    Dictionary<string, object?> Bounds => new()
    {
        ["x-max-length"] = options.QueuedCallsPerChannel,
        ["x-max-length-bytes"] = options.QueuedBytesPerChannel,
        ["x-overflow"] = "reject-publish",
    };
}
