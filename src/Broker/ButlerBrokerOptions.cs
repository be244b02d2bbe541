using ButlerRpc.Platform;
using Microsoft.Extensions.Logging;

namespace ButlerRpc;

/// <summary>What a broker takes and permits. Immutable.</summary>
public sealed record ButlerBrokerOptions
{
    /// <summary>Calls that wait in one channel because its providers have as many as they take; more are refused: ResourceExhausted, QueueFull. Default 1024; 1 to 1 000 000.</summary>
    public int QueuedCallsPerChannel { get; init; } = 1024;

    /// <summary>What those calls may take. Default 16 MiB; at least <see cref="ButlerLimits.MessageBytes"/>.</summary>
    public long QueuedBytesPerChannel { get; init; } = 16 << 20;

    /// <summary>What may wait to be read by one consumer or provider; one that lets more gather is closed: SlowPeer. Default 32 MiB; at least twice <see cref="ButlerLimits.MessageBytes"/>.</summary>
    public long QueuedBytesPerPeer { get; init; } = 32 << 20;

    /// <summary>The longest that a call may wait for a provider when there is none, whatever its consumer asks for. Default 30 s; 0: never.</summary>
    public TimeSpan LongestProviderWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Connections in all; more are refused at once. Default 10 000.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>Connections of one remote address. Not applied to Unix sockets and memory. Default 256.</summary>
    public int MaxConnectionsPerAddress { get; init; } = 256;

    /// <summary>How long calls in flight may go on when the broker stops. Default 30 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Judges the token of each peer that connects. Null (default): everybody is let in, as nobody.</summary>
    public ButlerAuthenticator? Authenticator { get; init; }

    /// <summary>Judges who may serve and who may call a channel. Null (default): whoever is let in may do both.</summary>
    public BrokerAuthorizer? Authorizer { get; init; }

    /// <summary>
    /// Whether peers of version 1 are let in, which show no token. Null (default): as long as there is no <see cref="Authenticator"/>. True with an authenticator: they are, and
    /// the <see cref="Authorizer"/> sees nobody.
    /// </summary>
    public bool? AllowVersion1 { get; init; }

    internal bool AllowsVersion1 => AllowVersion1 ?? Authenticator is null;

    /// <summary>What the broker takes from each peer. Default: messages of 16 MiB, 32 MiB begun at once; the rest as everywhere.</summary>
    public ButlerLimits Limits { get; init; } = new() { MessageBytes = 16 << 20, ReassemblyWindowBytes = 32 << 20 };

    /// <summary>How it speaks to peers of version 1.</summary>
    public BrokerVersion1Options Version1 { get; init; } = new();

    /// <summary>Where it logs. Default: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Time, scheduling, randomness and the network. Default: the real ones.</summary>
    public ButlerPlatform? Platform { get; init; }

    /// <summary>Throws when an option is outside its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the option, its value and its range.</exception>
    public void Validate()
    {
        const string Me = nameof(ButlerBrokerOptions);
        OptionRange.Present(Me, nameof(Limits), Limits);
        OptionRange.Present(Me, nameof(Version1), Version1);
        Limits.Validate();
        Version1.Validate();
        OptionRange.Check(Me, nameof(QueuedCallsPerChannel), QueuedCallsPerChannel, 1, 1_000_000);
        OptionRange.Check(Me, nameof(QueuedBytesPerChannel), QueuedBytesPerChannel, Limits.MessageBytes, 1L << 40);
        OptionRange.Check(Me, nameof(QueuedBytesPerPeer), QueuedBytesPerPeer, 2L * Limits.MessageBytes, 1L << 40);
        OptionRange.NotNegative(Me, nameof(LongestProviderWait), LongestProviderWait);
        OptionRange.Check(Me, nameof(MaxConnections), MaxConnections, 1, 1_000_000);
        OptionRange.Check(Me, nameof(MaxConnectionsPerAddress), MaxConnectionsPerAddress, 1, 1_000_000);
        OptionRange.NotNegative(Me, nameof(DrainTimeout), DrainTimeout);
    }
}

/// <summary>How a broker speaks to peers of version 1, the wire of the Socket Package. Immutable.</summary>
public sealed record BrokerVersion1Options
{
    /// <summary>The deadline of a request that states none. Default 5 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a frame that has begun may take to arrive; between frames a peer may be silent. Default 2 min.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a send may make no progress. Default 5 s.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Requests that one connection may have under way, at either end. Default 8192.</summary>
    public int RequestsInFlight { get; init; } = 8192;

    /// <summary>Frames that may wait to be read by one peer; one that lets more gather is closed. Default 8192.</summary>
    public int WriteFrames { get; init; } = 8192;

    /// <summary>Error frames that may wait in front of them. Default 2048.</summary>
    public int ErrorFrames { get; init; } = 2048;

    /// <summary>Throws when an option is outside its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the option, its value and its range.</exception>
    public void Validate()
    {
        const string Me = nameof(BrokerVersion1Options);
        OptionRange.Positive(Me, nameof(RequestTimeout), RequestTimeout);
        OptionRange.Positive(Me, nameof(ReadTimeout), ReadTimeout);
        OptionRange.Positive(Me, nameof(WriteTimeout), WriteTimeout);
        OptionRange.Check(Me, nameof(RequestsInFlight), RequestsInFlight, 1, 1_000_000);
        OptionRange.Check(Me, nameof(WriteFrames), WriteFrames, 1, 1_000_000);
        OptionRange.Check(Me, nameof(ErrorFrames), ErrorFrames, 1, 1_000_000);
    }
}
