namespace ButlerRpc.Client;

/// <summary>
/// Keeps retries from making an outage worse: calls earn, retries spend. It reads how many calls there have been only when a retry is asked for, so that a
/// call that succeeds pays nothing.
/// </summary>
sealed class RetryBudget(double share, int burst)
{
    readonly Lock _gate = new();
    double _tokens = burst;
    long _seen;

    /// <summary>True, and spent, when one more retry is allowed after so many calls in all.</summary>
    public bool TrySpend(long calls)
    {
        lock (_gate)
        {
            if (calls > _seen)
            {
                _tokens = Math.Min(burst, _tokens + ((calls - _seen) * share));
                _seen = calls;
            }

            if (_tokens < 1)
                return false;
            _tokens--;
            return true;
        }
    }
}
