using ButlerRpc.Platform;

namespace ButlerRpc.Sessions;

/// <summary>
/// Looks at the batches that are open, and sends for help where one has not got on. Its timer runs only while a batch is open: every 10 ms, a millisecond after a
/// look that found a batch it had not seen before, since that one either is done by then or does not get on, and every millisecond where handlers have lately been seen to block.
/// </summary>
sealed class BatchWatch : IDisposable
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);
    static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(1);
    const int AlertLooks = 100;

    readonly ButlerPlatform _platform;
    readonly Lock _gate = new();
    readonly ITimer _timer;
    Batch? _first;
    int _alert; // looks that are left at the quick pace
    bool _ticking;
    bool _disposed;

    public BatchWatch(ButlerPlatform platform)
    {
        _platform = platform;
        _timer = platform.CreateTimer(static state => ((BatchWatch)state!).Look(), this);
    }

    public void Open(Batch batch)
    {
        lock (_gate)
        {
            batch.PreviousOpen = null;
            batch.NextOpen = _first;
            if (_first is not null)
                _first.PreviousOpen = batch;
            _first = batch;
            if (_ticking || _disposed)
                return;
            _ticking = true;
        }

        _timer.Change(Volatile.Read(ref _alert) > 0 ? Soon : Interval, Timeout.InfiniteTimeSpan);
    }

    public void Close(Batch batch)
    {
        lock (_gate)
        {
            if (batch.PreviousOpen is null)
                _first = batch.NextOpen;
            else
                batch.PreviousOpen.NextOpen = batch.NextOpen;
            if (batch.NextOpen is not null)
                batch.NextOpen.PreviousOpen = batch.PreviousOpen;
            batch.NextOpen = batch.PreviousOpen = null;
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _disposed = true;
        _timer.Dispose();
    }

    void Look()
    {
        List<Session>? held = null;
        var now = _platform.Milliseconds;
        var hasYoung = false;
        lock (_gate)
        {
            if (_alert > 0)
                _alert--;
            for (var batch = _first; batch is not null; batch = batch.NextOpen)
            {
                var isKnown = batch.IsStuck;
                if (batch.LooksStuck(now))
                {
                    if (!isKnown)
                        _alert = AlertLooks;
                    if (batch.TryJoin())
                        _platform.Scheduler.Queue(batch);
                }

                if (!batch.WasSeen)
                {
                    batch.WasSeen = hasYoung = true; // it lives for microseconds as a rule: nothing is taken from it yet
                    continue;
                }

                batch.Session.FreeLoop();
                (held ??= []).Add(batch.Session);
            }

            if (_first is null || _disposed)
            {
                _ticking = false;
                return;
            }
        }

        // What an entry has sent before it blocked must not wait for it.
        foreach (var session in held ?? [])
            session.FlushHeld();
        _timer.Change(hasYoung || Volatile.Read(ref _alert) > 0 ? Soon : Interval, Timeout.InfiniteTimeSpan);
    }
}
