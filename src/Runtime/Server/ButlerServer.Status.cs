using ButlerRpc.Server;

namespace ButlerRpc;

// What a server says of itself to its own process.
public sealed partial class ButlerServer
{
    /// <summary>How it is at this moment. Taken anew at each read, in time that grows with the sessions: for a page, a health check or a log line, not for each call.</summary>
    public ButlerServerStatus Status
    {
        get
        {
            var live = _host.Totals.Live;
            return new ButlerServerStatus
            {
                State = State,
                Endpoints = Endpoints,
                Connections = _acceptor.Connections,
                Sessions = live.Count,
                EndedSessions = _host.Totals.Ended.Sum(e => e.Value),
                CallsInFlight = live.Sum(s => s.Statistics.Serving),
                CallbacksInFlight = live.Sum(s => (long)s.InFlight),
                QueuedBytes = live.Sum(s => (long)s.QueuedBytes),
                BytesSent = _host.Totals.Sum(s => s.BytesSent),
                BytesReceived = _host.Totals.Sum(s => s.BytesReceived),
                RefusedConnections = Refusal.Kinds.Sum(_acceptor.Refused),
            };
        }
    }

    ButlerServerState State
    {
        get
        {
            lock (_gate)
            {
                return _stop switch
                {
                    null => ButlerServerState.Serving,
                    { Task.IsCompleted: false } => ButlerServerState.Draining,
                    _ => ButlerServerState.Stopped,
                };
            }
        }
    }
}
