using ButlerRpc.Diagnostics;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Client;

/// <summary>What a pool has counted.</summary>
sealed class PoolStatistics
{
    public long Dials;
    public long DialFailures;
    public long Ejections;
}

/// <summary>
/// The sessions to some endpoints: dialled once each, kept, replaced when they go. It knows sessions only as <see cref="IPooledSession"/>, and publishes those
/// that calls may be given to as an array which is never changed, so that choosing one takes no lock.
/// </summary>
sealed class SessionPool<TSession> : ITimed
    where TSession : class, IPooledSession
{
    const long PressureBytes = 32 * 1024;
    const long PressureInterval = 100;

    readonly Func<ButlerEndpoint, CancellationToken, ValueTask<TSession>> _open;
    readonly Action _changed;
    readonly SessionClock _clock;
    readonly List<PoolMember<TSession>> _members = [];
    readonly Dictionary<TSession, Membership> _sessions = [];
    bool _stopped;
    volatile TSession[] _ready = [];
    bool _started;
    bool _unresolved;
    HashSet<TSession> _pressed = [];
    long _pressureDue = long.MaxValue;

    /// <param name="options">What applies to pools of them.</param>
    /// <param name="platform">Time and randomness.</param>
    /// <param name="clock">Wakes it.</param>
    /// <param name="logger">Where it logs.</param>
    /// <param name="open">Dials an endpoint and makes a session of the connection, not run yet. Fails with an IOException.</param>
    /// <param name="changed">Told, outside all locks, that <see cref="Ready"/> may have changed or an attempt has failed.</param>
    public SessionPool(
        ButlerClientOptions options, ButlerPlatform platform, SessionClock clock, ILogger logger,
        Func<ButlerEndpoint, CancellationToken, ValueTask<TSession>> open, Action changed)
    {
        Options = options;
        Platform = platform;
        Logger = logger;
        _clock = clock;
        _open = open;
        _changed = changed;
        clock.Add(this);
    }

    public Lock Gate { get; } = new();

    public ButlerClientOptions Options { get; }

    public ButlerPlatform Platform { get; }

    public ILogger Logger { get; }

    public PoolStatistics Statistics { get; } = new();

    /// <summary>How many sessions an endpoint is to have. Null: as many as the options say.</summary>
    public Func<ButlerEndpoint, int>? SessionCountOf { get; init; }

    /// <summary>Why the last attempt to get a session failed, as people may read it.</summary>
    public string? LastFailure
    {
        get;
        set => field = value is null ? null : PeerText.Reason(value);
    }

    /// <summary>What <see cref="LastFailure"/> is for a program: <see cref="ButlerReason.Unauthenticated"/> if it was that, else <see cref="ButlerReason.NoSession"/>.</summary>
    public ButlerReason LastReason { get; set; } = ButlerReason.NoSession;

    /// <summary>The sessions that calls may be given to.</summary>
    public TSession[] Ready => _ready;

    /// <summary>All sessions that have not ended.</summary>
    public TSession[] Sessions
    {
        get
        {
            lock (Gate)
                return Select(static _ => true, static _ => true);
        }
    }

    public IReadOnlyList<ButlerEndpoint> Endpoints
    {
        get
        {
            lock (Gate)
                return [.. _members.Select(m => m.Endpoint)];
        }
    }

    /// <summary>Every endpoint has all the sessions that it is to have, and they are open.</summary>
    public bool IsComplete
    {
        get
        {
            lock (Gate)
                return _members.Count > 0 && _members.TrueForAll(m => m.Sessions.Count(s => s.State == SessionState.Open) >= m.Wanted);
        }
    }

    /// <summary>Every endpoint has been tried, and none has a session; or nobody could say which there are.</summary>
    public bool HasFailed
    {
        get
        {
            lock (Gate)
                return _ready.Length == 0 && (_members.Count > 0 ? _members.TrueForAll(m => m.Tried && m.IsFailing) : _unresolved);
        }
    }

    /// <summary>Nobody could say which endpoints there are. Those that it had are kept.</summary>
    public void OnUnresolved(string why)
    {
        lock (Gate)
        {
            _unresolved = true;
            LastFailure = why;
        }

        _changed();
    }

    /// <summary>Uses these endpoints from now on: new ones are dialled, others drained.</summary>
    public void SetMembers(IReadOnlyList<ButlerEndpoint> endpoints)
    {
        PoolMember<TSession>[] leaving;
        lock (Gate)
        {
            if (_stopped)
                return;
            _unresolved = false;
            leaving = [.. _members.FindAll(m => !endpoints.Contains(m.Endpoint))];
            foreach (var member in leaving)
            {
                member.Remove();
                _members.Remove(member);
            }

            foreach (var endpoint in endpoints)
            {
                if (!_members.Exists(m => m.Endpoint == endpoint))
                    _members.Add(new PoolMember<TSession>(this, endpoint));
            }
        }

        Refresh();
        foreach (var member in leaving)
        {
            member.Interrupt();
            foreach (var session in SessionsOf(member))
                _ = session.DrainAsync(Options.DrainTimeout);
        }
    }

    /// <summary>Dials what is missing. A call that finds no session asks for it, too: an endpoint that was given up is tried again then.</summary>
    public void Start()
    {
        lock (Gate)
        {
            _started = true;
            foreach (var member in _members)
                member.Wake();
        }

        Refresh();
    }

    public ValueTask<TSession> OpenAsync(ButlerEndpoint endpoint, CancellationToken cancellationToken) => _open(endpoint, cancellationToken);

    /// <summary>False: the pool does not want the session any more, and has aborted it.</summary>
    public bool Add(PoolMember<TSession> member, TSession session)
    {
        var accepted = false;
        lock (Gate)
        {
            if (!_stopped && _members.Contains(member))
            {
                member.Sessions.Add(session);
                _sessions.Add(session, new Membership(member));
                Platform.Scheduler.Start(() => WatchAsync(session));
                accepted = true;
            }
        }

        if (!accepted)
        {
            session.Abort(ButlerReason.Stopped, "the client does not use this endpoint any more");
            return false;
        }

        Refresh();
        return true;
    }

    /// <summary>The session's health counts from here.</summary>
    public void MarkOpened(TSession session)
    {
        lock (Gate)
        {
            if (_sessions.TryGetValue(session, out var entry))
                entry.OpenedAt = Platform.Milliseconds;
        }
    }

    /// <summary>A session may have opened, begun to drain or ended.</summary>
    public void Refresh()
    {
        List<PoolMember<TSession>> dialling = [];
        lock (Gate)
        {
            _ready = SelectReady();
            if (_started && !_stopped)
                dialling = _members.FindAll(m => m.NeedsDialling());
        }

        foreach (var member in dialling)
            Platform.Scheduler.Start(member.DialLoopAsync);
        _changed();
    }

    /// <summary>Calls on the session time out, one after the other, without any answer: others get the calls for a while, if there are others.</summary>
    public void Eject(TSession session)
    {
        ButlerEndpoint ejected;
        lock (Gate)
        {
            if (!_sessions.TryGetValue(session, out var entry) || entry.Member.EjectedUntil > 0)
                return;
            if (!_members.Exists(m => m != entry.Member && m.EjectedUntil == 0 && m.Usable > 0))
                return;
            entry.Member.EjectedUntil = Platform.Milliseconds + (long)Options.ProbeAfter.TotalMilliseconds;
            Statistics.Ejections++;
            _clock.Arm(entry.Member.EjectedUntil);
            ejected = entry.Member.Endpoint;
        }

        Log.Ejected(Logger, ejected.ToString(), Options.ProbeAfter);
        Refresh();
    }

    /// <summary>A connection did not take all bytes at once: whether that lasts is looked at a little later.</summary>
    public void OnSendBlocked()
    {
        if (Options.MaxSessionsPerEndpoint <= Options.SessionsPerEndpoint || Volatile.Read(ref _pressureDue) != long.MaxValue)
            return;
        var due = Platform.Milliseconds + PressureInterval;
        if (Interlocked.CompareExchange(ref _pressureDue, due, long.MaxValue) == long.MaxValue)
            _clock.Arm(due);
    }

    public long OnTime(long now)
    {
        var changed = false;
        var next = long.MaxValue;
        lock (Gate)
        {
            foreach (var member in _members)
            {
                if (member.EjectedUntil == 0)
                    continue;
                if (member.EjectedUntil <= now)
                {
                    member.EjectedUntil = 0;
                    changed = true;
                }
                else
                {
                    next = Math.Min(next, member.EjectedUntil);
                }
            }

            if (_pressureDue <= now)
            {
                changed |= LookAtPressure();
                Volatile.Write(ref _pressureDue, _pressed.Count > 0 ? now + PressureInterval : long.MaxValue);
            }

            next = Math.Min(next, _pressureDue);
        }

        if (changed)
            Refresh();
        return next;
    }

    /// <summary>Takes no more sessions; those it has end within the time.</summary>
    public async Task StopAsync(TimeSpan drain)
    {
        TSession[] sessions;
        PoolMember<TSession>[] members;
        lock (Gate)
        {
            _stopped = true;
            foreach (var member in _members)
                member.Remove();
            members = [.. _members];
            sessions = Select(static _ => true, static _ => true);
            _ready = [];
        }

        foreach (var member in members)
            member.Interrupt();
        // One after the other begun, one after the other awaited: WhenAll would leave the scheduler.
        foreach (var draining in sessions.Select(s => s.DrainAsync(drain)).ToArray())
            await draining;
        _clock.Remove(this);
    }

    TSession[] SessionsOf(PoolMember<TSession> member)
    {
        lock (Gate)
            return [.. member.Sessions];
    }

    // Open sessions of members that answer; else of any; else, with a single endpoint, one that is opening: its first calls leave with its introduction.
    TSession[] SelectReady()
    {
        if (_stopped)
            return [];
        var open = Select(static m => m.EjectedUntil == 0, static s => s.State == SessionState.Open);
        if (open.Length == 0)
            open = Select(static _ => true, static s => s.State == SessionState.Open);
        if (open.Length == 0 && _members is [var only] && only.Sessions.Find(static s => s is { State: SessionState.Opening, TakesFirstCalls: true }) is { } opening)
            open = [opening];
        return open.AsSpan().SequenceEqual(_ready) ? _ready : open;
    }

    TSession[] Select(Predicate<PoolMember<TSession>> ofMember, Predicate<TSession> session)
    {
        List<TSession> selected = [];
        foreach (var member in _members)
        {
            if (ofMember(member))
                selected.AddRange(member.Sessions.FindAll(session));
        }

        return [.. selected];
    }

    // A queue that is long at two looks in a row stays long: its endpoint gets one more session. Under the gate.
    bool LookAtPressure()
    {
        var grown = false;
        HashSet<TSession> pressed = [];
        foreach (var member in _members)
        {
            foreach (var session in member.Sessions)
            {
                if (session.State != SessionState.Open || session.QueuedBytes <= PressureBytes)
                    continue;
                if (_pressed.Contains(session) && member.Wanted == member.Usable && member.Wanted < Options.MaxSessionsPerEndpoint)
                {
                    member.Wanted++;
                    grown = true;
                }

                pressed.Add(session);
            }
        }

        _pressed = pressed;
        return grown;
    }

    async Task WatchAsync(TSession session)
    {
        await session.Closed;
        lock (Gate)
        {
            if (_sessions.Remove(session, out var entry))
                entry.Member.OnClosed(session, entry.OpenedAt is { } opened ? TimeSpan.FromMilliseconds(Platform.Milliseconds - opened) : null);
        }

        Refresh();
    }

    sealed class Membership(PoolMember<TSession> member)
    {
        public PoolMember<TSession> Member => member;

        public long? OpenedAt { get; set; }
    }
}
