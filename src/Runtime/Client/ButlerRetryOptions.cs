namespace ButlerRpc;

/// <summary>When a failed call is made again. It needs nothing of the caller: the request is encoded anew for another session.</summary>
public sealed record ButlerRetryOptions
{
    /// <summary>How often a call that certainly did not run moves to another session. Default 3; 0 to 10.</summary>
    public int NotExecutedMoves { get; init; } = 3;

    /// <summary>How often a call that may have run is made again; only for methods that are Idempotent. Default 3; 0 to 10.</summary>
    public int IdempotentRetries { get; init; } = 3;

    /// <summary>Retries of calls that may have run, as a share of all calls. Default 0.1; 0 to 1.</summary>
    public double Budget { get; init; } = 0.1;

    /// <summary>How many such retries may have been saved up. Default 100; 1 to 100 000.</summary>
    public int BudgetBurst { get; init; } = 100;

    /// <summary>
    /// A call of an Idempotent method that has no answer after this time is made a second time on another session; the first answer counts. Hedges spend from the
    /// same budget. Null (the default): never.
    /// </summary>
    public TimeSpan? HedgeAfter { get; init; }

    internal void Validate()
    {
        OptionRange.Check(nameof(ButlerRetryOptions), nameof(NotExecutedMoves), NotExecutedMoves, 0, 10);
        OptionRange.Check(nameof(ButlerRetryOptions), nameof(IdempotentRetries), IdempotentRetries, 0, 10);
        OptionRange.Check(nameof(ButlerRetryOptions), nameof(BudgetBurst), BudgetBurst, 1, 100_000);
        if (Budget is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(Budget), Budget, $"{nameof(ButlerRetryOptions)}.{nameof(Budget)} must be 0 to 1");
        if (HedgeAfter is { } after)
            OptionRange.Positive(nameof(ButlerRetryOptions), nameof(HedgeAfter), after);
    }
}
