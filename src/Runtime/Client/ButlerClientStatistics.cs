namespace ButlerRpc;

/// <summary>What a client's pool has counted: a snapshot.</summary>
public sealed record ButlerClientStatistics
{
    /// <summary>Sessions that calls may be given to.</summary>
    public int Online { get; init; }

    /// <summary>Calls that wait for a session.</summary>
    public int Waiting { get; init; }

    /// <summary>Calls that have waited for a session and got none in time.</summary>
    public long WaitErrors { get; init; }

    /// <summary>Attempts to connect.</summary>
    public long Dials { get; init; }

    /// <summary>Of those: how many failed.</summary>
    public long DialErrors { get; init; }

    /// <summary>How often an endpoint was left alone because calls on it timed out.</summary>
    public long Ejections { get; init; }

    /// <summary>All sessions together, those that have ended included.</summary>
    public ButlerSessionStatistics Sessions { get; init; } = new();
}
