using ButlerRpc.Platform;

namespace ButlerRpc.Client;

/// <summary>
/// The pauses between attempts: doubling, with full jitter, so that the clients of a server that comes back are spread over the whole pause. The first pause
/// has jitter as well: when a server restarts, all its clients lose their sessions in the same instant.
/// </summary>
sealed class Backoff(TimeSpan shortest, TimeSpan longest, ButlerRandom random)
{
    int _failures;

    public int Failures => _failures;

    public void Failed() => _failures++;

    public void Reset() => _failures = 0;

    /// <summary>The pause before the next attempt: uniform between 0 and the bound.</summary>
    public TimeSpan Next() => Bound * random.NextDouble();

    TimeSpan Bound
    {
        get
        {
            var bound = shortest.TotalMilliseconds * Math.Pow(2, Math.Clamp(_failures - 1, 0, 30));
            return TimeSpan.FromMilliseconds(Math.Min(bound, longest.TotalMilliseconds));
        }
    }
}
