using ButlerRpc.Diagnostics;

namespace ButlerRpc.Sessions;

/// <summary>
/// The sessions of one client or one server, and what they have counted in all, those that have ended included. A session goes over from the ones to the others
/// under one lock, so that a sum never falls.
/// </summary>
sealed class SessionTotals
{
    readonly Lock _gate = new();
    readonly HashSet<Session> _live = [];
    readonly SessionStatistics _ended = new();
    Dictionary<ButlerReason, long>? _reasons; // none has ended yet

    /// <summary>The sessions that have not ended.</summary>
    public IReadOnlyList<Session> Live
    {
        get
        {
            lock (_gate)
                return [.. _live];
        }
    }

    /// <summary>How many have ended, by why.</summary>
    public IReadOnlyList<KeyValuePair<ButlerReason, long>> Ended
    {
        get
        {
            lock (_gate)
                return [.. _reasons ?? []];
        }
    }

    public void Add(Session session)
    {
        lock (_gate)
            _live.Add(session);
    }

    public void End(Session session, ButlerReason reason)
    {
        lock (_gate)
        {
            if (!_live.Remove(session))
                return;
            _ended.Add(session.Statistics);
            _reasons ??= [];
            _reasons[reason] = _reasons.GetValueOrDefault(reason) + 1;
        }
    }

    /// <summary>The sum of one of their counters.</summary>
    public long Sum(Func<SessionStatistics, long> counter)
    {
        lock (_gate)
        {
            var sum = counter(_ended);
            foreach (var session in _live)
                sum += counter(session.Statistics);
            return sum;
        }
    }

    /// <summary>The sums of all their counters.</summary>
    public SessionStatistics Sum()
    {
        var sum = new SessionStatistics();
        lock (_gate)
        {
            sum.Add(_ended);
            foreach (var session in _live)
                sum.Add(session.Statistics);
        }

        return sum;
    }

    /// <summary>What can be read off the sessions themselves; nothing for what only their client or server knows.</summary>
    public IEnumerable<Reading> Read(Gauge gauge) => gauge switch
    {
        Gauge.Sessions => Live.Select(s => new Reading(1, null, s.Name)),
        Gauge.CallsInFlight => Live.SelectMany(s => new[] { new Reading(s.InFlight, "outbound", s.Name), new Reading(s.Statistics.Serving, "inbound", s.Name) }),
        Gauge.CallsWaiting => Live.Select(s => new Reading(s.Waiting, null, s.Name)),
        Gauge.QueuedBytes => Live.Select(s => new Reading(s.QueuedBytes, null, s.Name)),
        Gauge.TransferredBytes => [new Reading(Sum(s => s.BytesSent), "sent"), new Reading(Sum(s => s.BytesReceived), "received")],
        Gauge.LateAnswers => [new Reading(Sum(s => s.LateFrames))],
        Gauge.EndedSessions => Ended.Select(e => new Reading(e.Value, e.Key.ToString())),
        _ => [],
    };
}
