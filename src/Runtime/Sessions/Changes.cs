using ButlerRpc.Platform;

namespace ButlerRpc.Sessions;

/// <summary>
/// Those who wait for something to change. Each is woken by itself, so that none holds the others up, and who gives up is forgotten: there are never more than wait.
/// </summary>
sealed class Changes(ButlerScheduler scheduler)
{
    readonly Lock _gate = new();
    readonly HashSet<Signal> _waiting = [];

    /// <summary>How many wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>The next change, for <see cref="WaitAsync"/>. Asked for under the lock under which it was seen that nothing has changed, so that none is missed.</summary>
    public Signal Next()
    {
        var next = new Signal(scheduler);
        lock (_gate)
            _waiting.Add(next);
        return next;
    }

    /// <summary>Waits for it.</summary>
    public async Task WaitAsync(Signal next, CancellationToken cancellationToken)
    {
        try
        {
            await next.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            lock (_gate)
                _waiting.Remove(next);
        }
    }

    /// <summary>Something has changed: whoever waits looks again, on the scheduler.</summary>
    public void Happened()
    {
        Signal[] waiting;
        lock (_gate)
        {
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var signal in waiting)
            signal.Set();
    }
}
