using ButlerRpc;

/// <summary>Holds calls back until so many later ones have come, or until it lets all go.</summary>
sealed class HeldCalls(int most)
{
    readonly Lock _gate = new();
    readonly Queue<TaskCompletionSource> _held = new();
    bool _released;

    public async ValueTask<int> HoldAsync(int value, CallContext context)
    {
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource? free = null;
        lock (_gate)
        {
            if (_released)
                return value;
            _held.Enqueue(mine);
            if (_held.Count > most)
                free = _held.Dequeue();
        }

        free?.SetResult();
        await mine.Task;
        return value;
    }

    public void Release()
    {
        lock (_gate)
        {
            _released = true;
            while (_held.TryDequeue(out var call))
                call.SetResult();
        }
    }
}
