using RabbitMQ.Client;

namespace ButlerRpc;

/// <summary>
/// How channels live on RabbitMQ. Immutable. Those that shape queues (all but <see cref="CallsPerProvider"/>, <see cref="Heartbeat"/>, <see cref="GoneAfter"/> and
/// <see cref="Configure"/>) must be the same for everybody on a channel: RabbitMQ refuses a provider that declares an existing queue otherwise.
/// </summary>
public sealed record RabbitMqOptions
{
    /// <summary>Calls that one provider runs at once, of each of its two queues; more wait in the queue for whoever is free. Default 256; 1 to 65 535.</summary>
    public int CallsPerProvider { get; init; } = 256;

    /// <summary>Calls that wait in each queue of a channel; more are refused: ResourceExhausted, QueueFull. Default 1024; 1 to 10 000 000.</summary>
    public int QueuedCallsPerChannel { get; init; } = 1024;

    /// <summary>What those calls may take. Default 16 MiB; 64 KiB to 1 TiB.</summary>
    public long QueuedBytesPerChannel { get; init; } = 16 << 20;

    /// <summary>
    /// How often a call of an Idempotent method is given to another provider when one has gone with it; then it is put into the channel's dead-letter queue. Default 5; 1 to 1000.
    /// </summary>
    public int DeliveryLimit { get; init; } = 5;

    /// <summary>Messages that a channel's dead-letter queue keeps, the newest ones. Default 1000; 1 to 10 000 000.</summary>
    public int DeadLetters { get; init; } = 1000;

    /// <summary>After how long without providers a channel's lasting queues are deleted, with what is in them. Default 1 h; 1 min to 30 days.</summary>
    public TimeSpan UnusedQueueLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How often both ends of a connection say that they are there; two that are missing end it. Default 10 s; 1 s to 10 min.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a consumer with calls under way looks whether the channel still has a provider. A provider that was the last one and comes back waits a little longer, so that all have
    /// looked who could not be told. Default 1 s; 100 ms to 1 min.</summary>
    public TimeSpan GoneAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The last word about how RabbitMQ's client connects, such as certificates (<see cref="ConnectionFactory.Ssl"/>) or other credentials. Address, user, password and virtual host
    /// of the endpoint are in it. Default: nothing.
    /// </summary>
    public Action<ConnectionFactory>? Configure { get; init; }

    /// <summary>Throws when an option is outside its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the option, its value and its range.</exception>
    public void Validate()
    {
        const string Me = nameof(RabbitMqOptions);
        OptionRange.Check(Me, nameof(CallsPerProvider), CallsPerProvider, 1, ushort.MaxValue);
        OptionRange.Check(Me, nameof(QueuedCallsPerChannel), QueuedCallsPerChannel, 1, 10_000_000);
        OptionRange.Check(Me, nameof(QueuedBytesPerChannel), QueuedBytesPerChannel, 64 << 10, 1L << 40);
        OptionRange.Check(Me, nameof(DeliveryLimit), DeliveryLimit, 1, 1000);
        OptionRange.Check(Me, nameof(DeadLetters), DeadLetters, 1, 10_000_000);
        Between(nameof(UnusedQueueLifetime), UnusedQueueLifetime, TimeSpan.FromMinutes(1), TimeSpan.FromDays(30), "1 min to 30 days");
        Between(nameof(Heartbeat), Heartbeat, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10), "1 s to 10 min");
        Between(nameof(GoneAfter), GoneAfter, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1), "100 ms to 1 min");
    }

    static void Between(string name, TimeSpan value, TimeSpan least, TimeSpan most, string range)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"{nameof(RabbitMqOptions)}.{name} must be {range}");
    }
}
