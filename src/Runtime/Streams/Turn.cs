using ButlerRpc.Platform;
using ButlerRpc.Sessions;

namespace ButlerRpc.Streams;

/// <summary>Lets one in at a time, in order. Not a SemaphoreSlim: its waiters go on outside the platform's scheduler.</summary>
sealed class Turn(ButlerScheduler scheduler)
{
    readonly Lock _gate = new();
    readonly Queue<Waiter> _waiting = new();
    bool _taken;

    /// <summary>Waits for the turn; whoever has it gives it back with <see cref="Release"/>.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (_gate)
        {
            if (!_taken)
            {
                _taken = true;
                return;
            }

            _waiting.Enqueue(waiter = new Waiter(scheduler));
        }

        try
        {
            await waiter.Signal.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            bool hasTurn;
            lock (_gate)
            {
                hasTurn = waiter.HasTurn;
                waiter.HasGone = true;
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
            while (_waiting.TryDequeue(out var next))
            {
                if (next.HasGone)
                    continue;
                next.HasTurn = true;
                next.Signal.Set();
                return;
            }

            _taken = false;
        }
    }

    sealed class Waiter(ButlerScheduler scheduler)
    {
        public Signal Signal { get; } = new(scheduler);

        public bool HasTurn { get; set; }

        public bool HasGone { get; set; }
    }
}
