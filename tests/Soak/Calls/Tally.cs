using System.Collections.Concurrent;

namespace ButlerRpc.Soak.Calls;

/// <summary>What became of the calls, and what has to be looked at when all is over.</summary>
sealed class Tally
{
    readonly ConcurrentDictionary<string, long> _counts = new();

    /// <summary>Calls of which it was said that they did not run and never will.</summary>
    public ConcurrentQueue<(long Id, Step Step)> NotExecuted { get; } = new();

    /// <summary>One-way messages that were taken, with the session that took them; none: a broker's.</summary>
    public ConcurrentQueue<(long Id, Step Step, ButlerSession? Session)> Told { get; } = new();

    public IEnumerable<(string How, long Calls)> Counts => _counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => (c.Key, c.Value));

    public void Count(string how) => _counts.AddOrUpdate(how, 1, (_, count) => count + 1);
}
