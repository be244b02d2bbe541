namespace ButlerRpc.Testing;

/// <summary>
/// Options for tests over real sockets and threads that are about something else than time. The default to connect in is a second, which a machine that does much
/// else at the moment can take for a first TLS handshake; the guard of the test ends what hangs.
/// </summary>
public static class Patient
{
    static readonly TimeSpan Long = TimeSpan.FromHours(1);

    /// <summary>A client with no limit of time that a busy machine reaches.</summary>
    public static ButlerClientOptions Client { get; } = Of(new ButlerClientOptions());

    /// <summary>The same, and it gives up at once when an attempt to connect has failed, instead of waiting for a better one.</summary>
    public static ButlerClientOptions OneAttempt { get; } = Client with { FailOnCutoff = true };

    /// <summary>A server that waits as long for whoever connects.</summary>
    public static ButlerServerOptions Server { get; } = new() { Limits = new ButlerLimits { HandshakeTimeout = Long } };

    /// <summary>The options, without a limit of time that a busy machine reaches.</summary>
    public static ButlerClientOptions Of(ButlerClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options with { SessionTimeout = Long, DialTimeout = Long, CallTimeout = Long };
    }
}
