using ButlerRpc.Platform;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Messaging;

/// <summary>How a messenger behaves, the same for one that dials and one that listens. Immutable.</summary>
public sealed record ButlerMessengerOptions
{
    /// <summary>The messages that may wait on a session until its connection takes them; whoever has one more waits. Default 100; 1 to 1 000 000.</summary>
    public int OutboundBuffer { get; init; } = 100;

    /// <summary>
    /// The time of a request, waiting for a session, queueing and reply together; of a message without reply, until the connection has taken it; and of a handler, until
    /// its token fires. Default 5 s; <see cref="Timeout.InfiniteTimeSpan"/>: none.
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a message waits for a session that is ready. Default 1 s.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long one attempt to connect may take. Default 1 s.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The first pause between attempts to connect; it doubles up to <see cref="MaxDialBackoff"/>, with full jitter. Default 50 ms.</summary>
    public TimeSpan ShortestBackoff { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest pause between attempts to connect. Default 30 s.</summary>
    public TimeSpan MaxDialBackoff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The pauses begin anew only after a session has lived this long. Default 5 s.</summary>
    public TimeSpan HealthyAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a graceful close waits for requests in flight, handlers that run and messages that are queued. Default 10 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A peer that has not taken what is sent to it for this long is left. Default 10 s.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The largest message, in either direction. Default 4 MiB; 1 byte to 1 GiB.</summary>
    public int MaxMessageBytes { get; init; } = 4 << 20;

    /// <summary>The handlers that may run at once on one session; with more, nothing is read from it until one has ended. Default 1024; 1 to 1 000 000.</summary>
    public int MaxHandlers { get; init; } = 1024;

    /// <summary>Accepted connections in all; more are refused at once. Default 10 000.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>Accepted connections of one remote address. Not applied to Unix sockets and memory. Default 256.</summary>
    public int MaxConnectionsPerAddress { get; init; } = 256;

    /// <summary>How long a TLS handshake may take, or a proxy to say for whom it connects. Default 5 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where it logs. Default: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Time, scheduling, randomness and the network. Default: the real ones.</summary>
    public ButlerPlatform? Platform { get; init; }

    /// <summary>Throws when an option is outside its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the option, its value and its range.</exception>
    public void Validate()
    {
        const string Me = nameof(ButlerMessengerOptions);
        OptionRange.Check(Me, nameof(OutboundBuffer), OutboundBuffer, 1, 1_000_000);
        OptionRange.PositiveOrInfinite(Me, nameof(RequestTimeout), RequestTimeout);
        OptionRange.Positive(Me, nameof(SessionTimeout), SessionTimeout);
        OptionRange.Positive(Me, nameof(DialTimeout), DialTimeout);
        OptionRange.Positive(Me, nameof(ShortestBackoff), ShortestBackoff);
        OptionRange.Positive(Me, nameof(MaxDialBackoff), MaxDialBackoff);
        if (MaxDialBackoff < ShortestBackoff)
        {
            throw new ArgumentOutOfRangeException(
                nameof(MaxDialBackoff), MaxDialBackoff, $"{Me}.{nameof(MaxDialBackoff)} must be at least {nameof(ShortestBackoff)} ({ShortestBackoff})");
        }

        OptionRange.NotNegative(Me, nameof(HealthyAfter), HealthyAfter);
        OptionRange.NotNegative(Me, nameof(DrainTimeout), DrainTimeout);
        OptionRange.Positive(Me, nameof(SendTimeout), SendTimeout);
        OptionRange.Check(Me, nameof(MaxMessageBytes), MaxMessageBytes, 1, 1 << 30);
        OptionRange.Check(Me, nameof(MaxHandlers), MaxHandlers, 1, 1_000_000);
        OptionRange.Check(Me, nameof(MaxConnections), MaxConnections, 1, 1_000_000);
        OptionRange.Check(Me, nameof(MaxConnectionsPerAddress), MaxConnectionsPerAddress, 1, 1_000_000);
        OptionRange.Positive(Me, nameof(HandshakeTimeout), HandshakeTimeout);
    }

    /// <summary>The part of them that pools of sessions know.</summary>
    internal ButlerClientOptions ForPool() => new()
    {
        SessionTimeout = SessionTimeout,
        DialTimeout = DialTimeout,
        ShortestBackoff = ShortestBackoff,
        LongestBackoff = MaxDialBackoff,
        HealthyAfter = HealthyAfter,
        DrainTimeout = DrainTimeout,
    };
}
