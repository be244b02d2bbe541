namespace ButlerRpc.Sessions;

// A busy session asks for its next bytes before it waits for them. Waiting costs two wake-ups on each side (the socket engine's thread, then a pool thread),
// more than all of the library's own work on a small batch: asking for a few microseconds first made one caller's round trip 11 instead of 38 µs and
// 64 callers 1.7 instead of 1.2 million calls/s on two cores. The batch then runs before the next receive is armed, so that an unarmed socket can be asked;
// whoever blocks or is slow there loses the loop to another thread (the batch watch), and the session waits as usual for a while.
sealed partial class Session
{
    const int PollsBetweenLooks = 16;
    static readonly TimeSpan SlowBatch = TimeSpan.FromMicroseconds(200);

    readonly Reader _reader;
    PollPolicy _polling = new();
    long _turns;
    long _heldBy; // the turn whose batch runs on the loop's thread; 0: the loop is not held

    bool Polls => Host.Limits.BusyPolls > 0 && _connection.IsPollable && _polling.Wants();

    // Runs what the last receive brought and asks for more. False: the loop goes on elsewhere.
    bool TryRunAhead(Batch? batch, out bool hasBytes)
    {
        hasBytes = false;
        _connection.ExpectAsking(); // before the batch is sent: the answer may come before it is asked for
        var isSlow = false;
        if (batch is not null && !TryRunHeld(batch, out isSlow))
            return false;
        if (_hijacked is not null && StopsForHijack())
            return false;
        var scheduler = Host.Platform.Scheduler;
        if (scheduler.HasQueued)
        {
            // Others need the thread: the loop comes back behind them.
            scheduler.Queue(_reader);
            return false;
        }

        hasBytes = Poll(scheduler, earnsTrust: !isSlow);
        return true;
    }

    bool TryRunHeld(Batch batch, out bool isSlow)
    {
        isSlow = false;
        var turn = ++_turns;
        var time = Host.Platform.Time;
        var begun = time.GetTimestamp();
        Volatile.Write(ref _heldBy, turn);
        batch.Execute();
        if (Interlocked.CompareExchange(ref _heldBy, 0, turn) != turn)
            return false;
        isSlow = time.GetElapsedTime(begun) > SlowBatch;
        if (isSlow)
            _polling.OnSlow();
        return true;
    }

    bool Poll(Platform.ButlerScheduler scheduler, bool earnsTrust)
    {
        if (!Host.TryEnterPoll())
            return false;
        try
        {
            for (var left = Host.Limits.BusyPolls; left > 0; left--)
            {
                if (_connection.HasBytes)
                {
                    if (earnsTrust)
                        _polling.OnHit();
                    return true;
                }

                // Not each time: what is queued mostly finds a thread before the bytes come, and to count the pool's queues takes a third as long as to ask the socket.
                if (left % PollsBetweenLooks == 0 && scheduler.HasQueued)
                    return false; // says nothing about the peer
            }
        }
        finally
        {
            Host.LeavePoll();
        }

        _polling.OnMiss();
        return false;
    }

    /// <summary>A batch has been open for a while: if it holds the read loop, another thread takes that over.</summary>
    public void FreeLoop()
    {
        var turn = Volatile.Read(ref _heldBy);
        if (turn != 0 && Interlocked.CompareExchange(ref _heldBy, 0, turn) == turn)
            Host.Platform.Scheduler.Queue(_reader);
    }

    void ReadOn()
    {
        if (_hijacked is not null && StopsForHijack())
            return;
        Receive();
    }

    sealed class Reader(Session session) : IThreadPoolWorkItem
    {
        public void Execute() => session.ReadOn();
    }
}
