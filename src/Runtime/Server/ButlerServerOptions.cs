using ButlerRpc.Platform;
using Microsoft.Extensions.Logging;

namespace ButlerRpc;

/// <summary>How a server listens and serves. Immutable.</summary>
public sealed record ButlerServerOptions
{
    /// <summary>Connections in all; more are refused at once. Default 10 000.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>How long calls in flight may go on when the server stops. Default 30 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>True: a handler's unexpected exception is shown to the caller with type, message and stack. Default false: an error id.</summary>
    public bool IncludeExceptionDetails { get; init; }

    /// <summary>Judges the token of each client that connects. Null (default): everybody is let in.</summary>
    public ButlerAuthenticator? Authenticator { get; init; }

    /// <summary>What this end takes from each client.</summary>
    public ButlerLimits Limits { get; init; } = new();

    /// <summary>How it speaks on endpoints <c>iproto://…</c>.</summary>
    public IprotoOptions Iproto { get; init; } = new();

    /// <summary>Where it logs. Default: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Time, scheduling, randomness and the network. Default: the real ones.</summary>
    public ButlerPlatform? Platform { get; init; }

    /// <summary>Throws when an option is outside its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the option, its value and its range.</exception>
    public void Validate()
    {
        if (MaxConnections is < 1 or > 1_000_000)
        {
            throw new ArgumentOutOfRangeException(
                nameof(MaxConnections), MaxConnections, $"{nameof(ButlerServerOptions)}.{nameof(MaxConnections)} must be 1 to 1 000 000");
        }

        if (DrainTimeout < TimeSpan.Zero || DrainTimeout > TimeSpan.FromDays(1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(DrainTimeout), DrainTimeout, $"{nameof(ButlerServerOptions)}.{nameof(DrainTimeout)} must be 0 to one day");
        }

        Limits.Validate();
        Iproto.Validate();
    }
}
