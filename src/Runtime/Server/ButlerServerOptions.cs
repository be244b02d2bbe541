using ButlerRpc.Platform;
using ButlerRpc.Transport;
using Microsoft.Extensions.Logging;

namespace ButlerRpc;

/// <summary>How a server listens and serves. Immutable.</summary>
public sealed record ButlerServerOptions
{
    /// <summary>Connections in all; more are refused at once. Default 10 000.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>Connections of one remote address, behind a trusted proxy of the address it hands on. Not applied to Unix sockets and memory. Default 256.</summary>
    public int MaxConnectionsPerAddress { get; init; } = 256;

    /// <summary>Connections of one remote address whose handshake is not over. Not applied to Unix sockets and memory. Default 64.</summary>
    public int MaxOpeningPerAddress { get; init; } = 64;

    /// <summary>How long calls in flight may go on when the server stops. Default 30 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>True: a handler's unexpected exception is shown to the caller with type, message and stack. Default false: an error id.</summary>
    public bool IncludeExceptionDetails { get; init; }

    /// <summary>Judges the token of each client that connects. Null (default): everybody is let in.</summary>
    public ButlerAuthenticator? Authenticator { get; init; }

    /// <summary>
    /// Run on each session that has opened, beside the calls that its client may make already. One that fails ends the session. Its token fires when the session has
    /// ended. Default: nothing.
    /// </summary>
    public Func<ButlerSession, CancellationToken, ValueTask>? Init { get; init; }

    /// <summary>What this end takes from each client.</summary>
    public ButlerLimits Limits { get; init; } = new();

    /// <summary>Protocols of the user's own that endpoints may name in <c>?protocols=…</c>, in the order in which they are asked. Default: none.</summary>
    public IReadOnlyList<ButlerProtocol> Protocols { get; init; } = [];

    /// <summary>How it speaks on endpoints <c>iproto://…</c>.</summary>
    public IprotoOptions Iproto { get; init; } = new();

    /// <summary>Takes the sessions, if it is a broker's server. Default: they are served here.</summary>
    internal Sessions.SessionRelay? Relay { get; init; }

    /// <summary>Where it logs. Default: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Time, scheduling, randomness and the network. Default: the real ones.</summary>
    public ButlerPlatform? Platform { get; init; }

    /// <summary>Throws when an option is outside its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the option, its value and its range.</exception>
    public void Validate()
    {
        const string Me = nameof(ButlerServerOptions);
        OptionRange.Check(Me, nameof(MaxConnections), MaxConnections, 1, 1_000_000);
        OptionRange.Check(Me, nameof(MaxConnectionsPerAddress), MaxConnectionsPerAddress, 1, 1_000_000);
        OptionRange.Check(Me, nameof(MaxOpeningPerAddress), MaxOpeningPerAddress, 1, 1_000_000);
        OptionRange.NotNegative(Me, nameof(DrainTimeout), DrainTimeout);
        OptionRange.Present(Me, nameof(Protocols), Protocols);
        OptionRange.Present(Me, nameof(Limits), Limits);
        OptionRange.Present(Me, nameof(Iproto), Iproto);
        Limits.Validate();
        Iproto.Validate();
    }
}
