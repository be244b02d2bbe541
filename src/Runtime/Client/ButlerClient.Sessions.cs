using ButlerRpc.Client;
using ButlerRpc.Sessions;

namespace ButlerRpc;

// The sessions, for those who want to see them or to call over a certain one.
public sealed partial class ButlerClient
{
    /// <summary>The sessions that calls may be given to at the moment. A call made with one of them is pinned to it.</summary>
    public IReadOnlyList<ButlerSession> Online => [.. _pool.Ready.Where(s => s.State == SessionState.Open).Select(FaceOf)];

    /// <summary>The session that the next call would be given to; null: none is ready.</summary>
    public ButlerSession? NextSession() => Pick(_pool.Ready, notThis: null) is { State: SessionState.Open } picked ? FaceOf(picked) : null;

    /// <summary>What it has counted so far.</summary>
    public ButlerClientStatistics Statistics
    {
        get
        {
            int waiting;
            lock (_gate)
                waiting = _waiting.Count;
            return new ButlerClientStatistics
            {
                Online = _pool.Ready.Count(s => s.State == SessionState.Open),
                Waiting = waiting,
                WaitErrors = WaitFailures,
                Dials = Interlocked.Read(ref _pool.Statistics.Dials),
                DialErrors = Interlocked.Read(ref _pool.Statistics.DialFailures),
                Ejections = Interlocked.Read(ref _pool.Statistics.Ejections),
                Sessions = ButlerSessionStatistics.Of(Counted(), [.. _pool.Sessions.Select(s => s.Session)]),
            };
        }
    }

    internal ButlerSession FaceOf(RoutedSession session) => session.Session.Face(Pipeline);
}
