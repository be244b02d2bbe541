using ButlerRpc.Platform;

namespace ButlerRpc.RabbitMq.Providing;

/// <summary>Where calls wait that may not all run at once: those of a method with MaxInFlight, or all that are Ordered, which run one at a time as they came.</summary>
sealed class ProvisionLane(int most, ButlerScheduler scheduler)
{
    readonly Lock _gate = new();
    readonly Queue<ProvidedCall> _waiting = new();
    int _running;

    public void Enter(ProvidedCall call)
    {
        lock (_gate)
        {
            if (_running == most)
            {
                _waiting.Enqueue(call);
                return;
            }

            _running++;
        }

        scheduler.Queue(call);
    }

    /// <summary>A call has ended: the next runs in its place.</summary>
    public void Leave()
    {
        ProvidedCall? next;
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out next))
                _running--;
        }

        if (next is not null)
            scheduler.Queue(next);
    }
}
