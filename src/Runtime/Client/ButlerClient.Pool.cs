using ButlerRpc.Client;
using ButlerRpc.Sessions;

namespace ButlerRpc;

// What the client's pool is asked for beside calls.
public sealed partial class ButlerClient
{
    long _waitFailures;
    int _nextSession = -1;

    /// <summary>Connects if it has not, and waits until every endpoint has all its sessions, however long that takes.</summary>
    /// <param name="cancellationToken">Gives the wait up; the client goes on dialling.</param>
    /// <exception cref="ButlerException">Unavailable, Stopped: the client was disposed.</exception>
    public async Task WaitUntilAllReadyAsync(CancellationToken cancellationToken = default)
    {
        await _platform.Scheduler.SwitchTo();
        await BecomeReadyAsync(() => _pool.IsComplete, orFail: false, cancellationToken);
    }

    /// <summary>How many wait for the pool to change.</summary>
    internal int Watching => _changes.Waiting;

    internal PoolStatistics PoolStatistics => _pool.Statistics;

    /// <summary>Calls and askers that found no session in time.</summary>
    internal long WaitFailures => Interlocked.Read(ref _waitFailures);

    /// <summary>The sessions that are open.</summary>
    internal Session[] OpenSessions => [.. _pool.Ready.Where(s => s.State == SessionState.Open).Select(s => s.Session)];

    /// <summary>What all sessions have counted, those that have ended as well.</summary>
    internal SessionStatistics Counted() => _host.Totals.Sum();

    /// <summary>The next session in turn; waits for one as a call does.</summary>
    internal async ValueTask<Session> NextSessionAsync(CancellationToken cancellationToken)
    {
        await _platform.Scheduler.SwitchTo();
        using var timeout = new CancellationTokenSource(_options.SessionTimeout, _platform.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        while (true)
        {
            var open = OpenSessions;
            if (open.Length > 0)
                return open[(uint)Interlocked.Increment(ref _nextSession) % (uint)open.Length];
            if (_options.FailOnCutoff && _pool.HasFailed)
                throw CutOff();
            try
            {
                await BecomeReadyAsync(IsOpen, orFail: false, either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw NoSession();
            }
        }
    }

    bool IsOpen() => Array.Exists(_pool.Ready, s => s.State == SessionState.Open);
}
