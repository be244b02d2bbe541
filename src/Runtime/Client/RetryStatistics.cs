namespace ButlerRpc.Client;

/// <summary>How often a client has made calls again.</summary>
sealed class RetryStatistics
{
    /// <summary>Calls that certainly had not run, on another session.</summary>
    public long Moves;

    /// <summary>Idempotent calls that may have run.</summary>
    public long Retries;

    /// <summary>Idempotent calls that took long, made a second time.</summary>
    public long Hedges;
}
