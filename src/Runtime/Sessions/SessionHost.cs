using ButlerRpc.Framing;
using ButlerRpc.Platform;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Sessions;

/// <summary>What the sessions of one client or one server share.</summary>
sealed class SessionHost
{
    static readonly int MostPolling = Environment.ProcessorCount / 2; // on a single core whoever asks keeps the peer from answering

    int _polling;

    public SessionHost(ButlerPlatform platform, ButlerLimits limits, ILogger logger)
    {
        Platform = platform;
        Limits = limits;
        Logger = logger;
        Clock = new SessionClock(platform);
        Batches = new BatchWatch(platform);
    }

    public ButlerPlatform Platform { get; }

    public ButlerLimits Limits { get; }

    public ILogger Logger { get; }

    /// <summary>One timer for the deadlines and time limits of all sessions.</summary>
    public SessionClock Clock { get; }

    /// <summary>The sessions, and what they have counted.</summary>
    public SessionTotals Totals { get; init; } = new();

    /// <summary>Looks for batches that do not get on.</summary>
    public BatchWatch Batches { get; }

    /// <summary>The deadline of a call that states none; null: none.</summary>
    public TimeSpan? DefaultTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a one-way message may wait for room.</summary>
    public TimeSpan NoticeTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>True: replies complete their callers on the read loop.</summary>
    public bool InlineContinuations { get; init; }

    /// <summary>True: a handler's unexpected exception is shown to the caller with type, message and stack.</summary>
    public bool IncludeExceptionDetails { get; init; }

    /// <summary>Told, on the sending thread, that a connection has not taken all bytes at once.</summary>
    public Action? SendBlocked { get; init; }

    /// <summary>Who decides about the tokens of those who connect; null: everybody is let in, as nobody.</summary>
    public ButlerAuthenticator? Authenticator { get; init; }

    /// <summary>A session is about to ask for bytes in a loop: true when it may. Half the cores at most do so at once.</summary>
    public bool TryEnterPoll()
    {
        if (Interlocked.Increment(ref _polling) <= MostPolling)
            return true;
        LeavePoll();
        return false;
    }

    /// <summary>It has asked.</summary>
    public void LeavePoll() => Interlocked.Decrement(ref _polling);
    /// <summary>What its sessions ask of a broker that they dial. Default: nothing, they dial peers.</summary>
    public Attachment Attachment { get; init; } = Attachment.None;

    /// <summary>Takes the sessions of a broker; null: sessions serve what they are asked for themselves.</summary>
    public SessionRelay? Relay { get; init; }

    /// <summary>How this end names itself in the handshake.</summary>
    public const string Agent = "ButlerRpc";
}
