namespace ButlerRpc.Messaging;

/// <summary>What a messenger has counted so far: a snapshot.</summary>
public sealed record MessengerStatistics
{
    /// <summary>The sessions that are open.</summary>
    public int Sessions { get; init; }

    /// <summary>Requests of this end in flight.</summary>
    public int RequestsInFlight { get; init; }

    /// <summary>Attempts to connect.</summary>
    public long Dials { get; init; }

    /// <summary>Those that failed.</summary>
    public long DialFailures { get; init; }

    /// <summary>Messages that connections have taken.</summary>
    public long Sent { get; init; }

    /// <summary>Messages that were queued and that no connection has taken, because their session ended before. Their senders were told.</summary>
    public long Unsent { get; init; }

    /// <summary>Messages received.</summary>
    public long Received { get; init; }

    /// <summary>Messages received that there was no handler for.</summary>
    public long Unhandled { get; init; }

    /// <summary>Replies to no request in flight, where the protocol tells replies apart.</summary>
    public long LateReplies { get; init; }

    /// <summary>Messages whose handler has failed.</summary>
    public long FailedHandlers { get; init; }
}

/// <summary>The counters behind <see cref="MessengerStatistics"/>.</summary>
sealed class MessengerCounters
{
    public long Sent;
    public long Unsent;
    public long Received;
    public long Unhandled;
    public long LateReplies;
    public long FailedHandlers;
}
