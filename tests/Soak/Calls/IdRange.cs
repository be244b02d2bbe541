namespace ButlerRpc.Soak.Calls;

/// <summary>The journal's numbers that some callers have for themselves.</summary>
sealed record IdRange(long First, long Count)
{
    static long _taken;

    /// <summary>Takes what nobody else has; null: there are no more.</summary>
    public static IdRange? Take(long count)
    {
        var first = Interlocked.Add(ref _taken, count) - count;
        return first + count <= Journal.Calls ? new(first, count) : null;
    }

    /// <summary>The first number of a step; null: they are used up.</summary>
    public long? Of(long step) => (step + 1) * Step.Ids <= Count ? First + (step * Step.Ids) : null;
}
