using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

// Peers that make this end work without cost to themselves: pings, calls started and cancelled at once, requests that can only fail. Each has a leaky bucket;
// one that flows over ends the session. A call that ends otherwise pays for one that does not, so that no peer is cut off that hedges, or whose users lose
// patience now and then, however busy it is. Only the acceptor counts: a dialler has chosen its peer.
sealed partial class Session
{
    const long PingInterval = 1000;
    const int PingStrikes = 3;

    long _pingedAt = long.MinValue / 2;
    int _pingStrikes;
    double _abuse;
    long _abuseAt;
    long _abuses;
    long _paid;
    volatile bool _abused;

    // On the read loop. One ping a second is free; three that come sooner are one too many. A second of patience forgives one.
    void CountPing()
    {
        if (!_isAcceptor)
            return;
        var since = _lastReceived - _pingedAt;
        _pingedAt = _lastReceived;
        if (since >= PingInterval)
            _pingStrikes = Math.Max(0, _pingStrikes - 1);
        else if (++_pingStrikes > PingStrikes)
            throw new ProtocolViolationException("the peer pings more than once a second", ButlerReason.Abuse);
    }

    // Under the gate, from any thread: a call that was cancelled before it gave anything, or could only fail.
    void CountAbuse()
    {
        if (!_isAcceptor || _abused)
            return;
        var now = Host.Platform.Milliseconds;
        var useful = Statistics.ServingEnded + (_port?.EndedCalls ?? 0) - ++_abuses;
        var pays = Math.Max(0, useful - _paid);
        _paid += pays;
        _abuse = Math.Max(0, _abuse - pays - ((now - _abuseAt) * Host.Limits.AbusePerSecond / 1000.0)) + 1;
        _abuseAt = now;
        if (_abuse <= Host.Limits.AbuseBurst)
            return;
        _abused = true;
        Host.Platform.Scheduler.Queue(new AbuseEnd(this));
    }

    // A stream that has given an item was paid for with the round trip: its reader may leave as early as it likes.
    static bool WasUseful(InboundCall call, uint id) => call.Id == id && call.SessionStreams is { HasGiven: true };

    // Failures that this end makes itself because of what the peer has sent.
    public static bool IsPeersFault(ButlerReason reason) =>
        reason is ButlerReason.UnknownMethod or ButlerReason.BadMessage or ButlerReason.TooDeep or ButlerReason.TooLarge or ButlerReason.ContractMismatch;

    ProtocolViolationException AbuseViolation() => new(
        $"of the peer's calls, those that it cancels or that can only fail outnumber the others by more than {Host.Limits.AbusePerSecond} a second", ButlerReason.Abuse);

    // For a session that receives nothing. One that does is ended by its read loop, which must not go on serving while this waits for a thread.
    sealed class AbuseEnd(Session session) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            if (session._state != SessionState.Closed)
                session.Violate(session.AbuseViolation());
        }
    }
}
