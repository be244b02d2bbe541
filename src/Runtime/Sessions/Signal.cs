using ButlerRpc.Platform;

namespace ButlerRpc.Sessions;

/// <summary>
/// A task that is ended on the scheduler, so that no continuation runs on the thread, or under the lock, of whoever ends it. A TaskCompletionSource with
/// RunContinuationsAsynchronously would not do: a WhenAll or WaitAsync of its task goes on in the real pool, whatever scheduler there is.
/// </summary>
sealed class Signal(ButlerScheduler scheduler) : IThreadPoolWorkItem
{
    readonly TaskCompletionSource _source = new();
    Exception? _failure;
    int _isSet;

    public Task Task => _source.Task;

    /// <summary>Ends the task; only the first time counts.</summary>
    public void Set(Exception? failure = null)
    {
        if (Interlocked.Exchange(ref _isSet, 1) != 0)
            return;
        _failure = failure;
        scheduler.Queue(this);
    }

    /// <summary>Ends the task when this work has ended, and as it has: for what must be known under a lock before it is begun, which must not be done there.</summary>
    public void Follow(Task work)
    {
        _ = FollowAsync();

        async Task FollowAsync()
        {
            try
            {
                await work;
                Set();
            }
            catch (Exception e)
            {
                Set(e);
            }
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_failure is null)
        {
            _source.SetResult();
            return;
        }

        _source.SetException(_failure);
        _ = _source.Task.Exception; // observed: nobody has to look at it
    }
}
