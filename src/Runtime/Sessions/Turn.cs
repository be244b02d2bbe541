using ButlerRpc.Platform;

namespace ButlerRpc.Sessions;

/// <summary>Lets so many in at a time, in order; one by default. Not a SemaphoreSlim: its waiters go on outside the platform's scheduler.</summary>
sealed class Turn(ButlerScheduler scheduler, int places = 1)
{
    readonly Lock _gate = new();
    readonly LinkedList<Waiter> _waiting = new();
    int _free = places;

    /// <summary>Waits for the turn; whoever has it gives it back with <see cref="Release"/>.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        LinkedListNode<Waiter> waiter;
        lock (_gate)
        {
            if (_free > 0)
            {
                _free--;
                return;
            }

            waiter = _waiting.AddLast(new Waiter(scheduler));
        }

        try
        {
            await waiter.Value.Signal.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            bool hasTurn;
            lock (_gate)
            {
                hasTurn = waiter.Value.HasTurn;
                if (!hasTurn)
                    _waiting.Remove(waiter);
            }

            if (hasTurn)
                Release();
            throw;
        }
    }

    public void Release()
    {
        lock (_gate)
        {
            if (_waiting.First is not { } next)
            {
                _free++;
                return;
            }

            _waiting.RemoveFirst();
            next.Value.HasTurn = true;
            next.Value.Signal.Set();
        }
    }

    sealed class Waiter(ButlerScheduler scheduler)
    {
        public Signal Signal { get; } = new(scheduler);

        public bool HasTurn { get; set; }
    }
}
