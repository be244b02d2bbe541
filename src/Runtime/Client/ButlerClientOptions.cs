using ButlerRpc.Platform;
using Microsoft.Extensions.Logging;

namespace ButlerRpc;

/// <summary>How a client connects and calls. Immutable.</summary>
public sealed record ButlerClientOptions
{
    /// <summary>The deadline of a call that states none. Default 5 s; <see cref="Timeout.InfiniteTimeSpan"/>: none.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a call waits for a session that is ready. Default 1 s.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long one attempt to connect may take. Default 1 s.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The first pause between attempts to connect; it doubles up to <see cref="LongestBackoff"/>, with full jitter. Default 50 ms.</summary>
    public TimeSpan ShortestBackoff { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>See <see cref="ShortestBackoff"/>. Default 30 s.</summary>
    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long calls in flight may go on when the client is disposed. Default 30 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>True: a caller goes on on the session's read loop. The fastest way, for callers that never block. Default false.</summary>
    public bool InlineContinuations { get; init; }

    /// <summary>What sees every call, in the order in which they run. Default: nothing, at no cost.</summary>
    public IReadOnlyList<ClientInterceptor> Interceptors { get; init; } = [];

    /// <summary>What this end takes from the server.</summary>
    public ButlerLimits Limits { get; init; } = new();

    /// <summary>Where it logs. Default: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Time, scheduling, randomness and the network. Default: the real ones.</summary>
    public ButlerPlatform? Platform { get; init; }

    /// <summary>Throws when an option is outside its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the option, its value and its range.</exception>
    public void Validate()
    {
        if (CallTimeout != Timeout.InfiniteTimeSpan)
            Positive(nameof(CallTimeout), CallTimeout);
        Positive(nameof(SessionTimeout), SessionTimeout);
        Positive(nameof(DialTimeout), DialTimeout);
        Positive(nameof(ShortestBackoff), ShortestBackoff);
        Positive(nameof(LongestBackoff), LongestBackoff);
        if (LongestBackoff < ShortestBackoff)
        {
            throw new ArgumentOutOfRangeException(
                nameof(LongestBackoff), LongestBackoff, $"{nameof(ButlerClientOptions)}.{nameof(LongestBackoff)} must be at least {nameof(ShortestBackoff)} ({ShortestBackoff})");
        }

        Positive(nameof(DrainTimeout), DrainTimeout);
        Limits.Validate();
    }

    static void Positive(string name, TimeSpan value)
    {
        if (value <= TimeSpan.Zero || value > TimeSpan.FromDays(1))
            throw new ArgumentOutOfRangeException(name, value, $"{nameof(ButlerClientOptions)}.{name} must be above 0 and at most one day");
    }
}
