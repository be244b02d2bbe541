using System.Threading.RateLimiting;
using ButlerRpc.Platform;
using Microsoft.Extensions.Logging;

namespace ButlerRpc;

/// <summary>How a client with several sessions chooses the one for a call.</summary>
public enum ButlerRouting
{
    /// <summary>Two at random, the less busy of them. The default: close to the best choice, and many clients do not all choose the same.</summary>
    PowerOfTwoChoices,

    /// <summary>One after the other.</summary>
    RoundRobin,

    /// <summary>The one with the fewest calls in flight.</summary>
    LeastInFlight,
}

/// <summary>What a rate limiter does with a call that is one too many.</summary>
public enum ButlerRateMode
{
    /// <summary>Refuses it: ResourceExhausted, RateLimited.</summary>
    Police,

    /// <summary>Lets it wait, its deadline running.</summary>
    Shape,
}

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

    /// <summary>The pauses begin anew only after a session has lived this long. Default 5 s.</summary>
    public TimeSpan HealthyAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an endpoint that cannot be reached is dialled again; after that, only when it is called. Default: for ever.</summary>
    public TimeSpan RedialTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>True: when no session is online and the last attempt has failed, a call fails at once (Cutoff) instead of waiting. Default false.</summary>
    public bool FailOnCutoff { get; init; }

    /// <summary>Sessions to each endpoint. Default 1: one session with large batches is faster than several with small ones. 1 to 64.</summary>
    public int SessionsPerEndpoint { get; init; } = 1;

    /// <summary>Sessions to each endpoint under pressure, that is while a send queue stays above 32 KiB. Default: the number of cores, at most 4. 1 to 64.</summary>
    public int MaxSessionsPerEndpoint { get; init; } = Math.Min(Environment.ProcessorCount, 4);

    /// <summary>How the session for a call is chosen. Default: power of two choices.</summary>
    public ButlerRouting Routing { get; init; }

    /// <summary>False: a call fails at once (PoolFull) when every session has as many calls in flight as its peer takes. Default true: it waits.</summary>
    public bool WaitForSlot { get; init; } = true;

    /// <summary>An endpoint that lets so many calls in a row time out without any answer gets no more calls while others are ready. Default 3; 1 to 1000.</summary>
    public int EjectAfterTimeouts { get; init; } = 3;

    /// <summary>How long an ejected endpoint is left alone before a call is tried on it again. Default 5 s.</summary>
    public TimeSpan ProbeAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>When a failed call is made again.</summary>
    public ButlerRetryOptions Retry { get; init; } = new();

    /// <summary>Asked for one permit per call; it stays yours to dispose. Default: none.</summary>
    public RateLimiter? RateLimiter { get; init; }

    /// <summary>What happens to a call that <see cref="RateLimiter"/> does not let through at once. Default: it is refused.</summary>
    public ButlerRateMode RateMode { get; init; }

    /// <summary>How long calls in flight may go on when the client is disposed. Default 30 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>True: a caller goes on on the session's read loop. The fastest way, for callers that never block. Default false.</summary>
    public bool InlineContinuations { get; init; }

    /// <summary>
    /// The token that is shown to the server, asked for at each dial; at most 4 KiB. Null (default): none. It is sent only over a connection that is encrypted or
    /// stays on this machine, unless <see cref="AllowTokenInClear"/>.
    /// </summary>
    public Func<CancellationToken, ValueTask<ReadOnlyMemory<byte>>>? Token { get; init; }

    /// <summary>True: the token is sent even where somebody on the way could read it. Default false.</summary>
    public bool AllowTokenInClear { get; init; }

    /// <summary>
    /// Run on each new session before it gets calls; those that it makes with the session itself go over it. One that fails, or takes longer than
    /// <see cref="ButlerLimits.HandshakeTimeout"/>, ends the session, which is then dialled again. Default: nothing.
    /// </summary>
    public Func<ButlerSession, CancellationToken, ValueTask>? Init { get; init; }

    /// <summary>What sees every call, in the order in which they run. Default: nothing, at no cost.</summary>
    public IReadOnlyList<ClientInterceptor> Interceptors { get; init; } = [];

    /// <summary>What this end takes from the server.</summary>
    public ButlerLimits Limits { get; init; } = new();

    /// <summary>How it speaks to endpoints <c>iproto://…</c>. Calls have <see cref="CallTimeout"/> there too.</summary>
    public IprotoOptions Iproto { get; init; } = new();

    /// <summary>What its sessions ask of a broker. Default: nothing.</summary>
    internal Framing.Attachment Attachment { get; init; } = Framing.Attachment.None;

    /// <summary>What it offers to those it connects to. Default: a table of its own.</summary>
    internal Calls.ServiceTable? Serves { get; init; }

    /// <summary>Where it logs. Default: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Time, scheduling, randomness and the network. Default: the real ones.</summary>
    public ButlerPlatform? Platform { get; init; }

    /// <summary>Throws when an option is outside its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the option, its value and its range.</exception>
    public void Validate()
    {
        const string Me = nameof(ButlerClientOptions);
        OptionRange.PositiveOrInfinite(Me, nameof(CallTimeout), CallTimeout);
        OptionRange.Positive(Me, nameof(SessionTimeout), SessionTimeout);
        OptionRange.Positive(Me, nameof(DialTimeout), DialTimeout);
        OptionRange.Positive(Me, nameof(ShortestBackoff), ShortestBackoff);
        OptionRange.Positive(Me, nameof(LongestBackoff), LongestBackoff);
        if (LongestBackoff < ShortestBackoff)
        {
            throw new ArgumentOutOfRangeException(
                nameof(LongestBackoff), LongestBackoff, $"{Me}.{nameof(LongestBackoff)} must be at least {nameof(ShortestBackoff)} ({ShortestBackoff})");
        }

        OptionRange.NotNegative(Me, nameof(HealthyAfter), HealthyAfter);
        OptionRange.PositiveOrInfinite(Me, nameof(RedialTimeout), RedialTimeout);
        OptionRange.Check(Me, nameof(SessionsPerEndpoint), SessionsPerEndpoint, 1, 64);
        OptionRange.Check(Me, nameof(MaxSessionsPerEndpoint), MaxSessionsPerEndpoint, 1, 64);
        OptionRange.Check(Me, nameof(Routing), (long)Routing, 0, (long)ButlerRouting.LeastInFlight);
        OptionRange.Check(Me, nameof(RateMode), (long)RateMode, 0, (long)ButlerRateMode.Shape);
        OptionRange.Check(Me, nameof(EjectAfterTimeouts), EjectAfterTimeouts, 1, 1000);
        OptionRange.Positive(Me, nameof(ProbeAfter), ProbeAfter);
        OptionRange.NotNegative(Me, nameof(DrainTimeout), DrainTimeout);
        OptionRange.Present(Me, nameof(Interceptors), Interceptors);
        OptionRange.Present(Me, nameof(Retry), Retry);
        OptionRange.Present(Me, nameof(Limits), Limits);
        OptionRange.Present(Me, nameof(Iproto), Iproto);
        Retry.Validate();
        Limits.Validate();
        Iproto.Validate();
    }
}
