namespace ButlerRpc.RabbitMq.Providing;

/// <summary>Cancellations of calls that have not come yet, or went to another provider: the latest of them.</summary>
sealed class EarlyCancels
{
    const int Most = 4096;

    readonly Lock _gate = new();
    readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    readonly Queue<string> _order = new();

    public void Add(string id)
    {
        lock (_gate)
        {
            if (!_ids.Add(id))
                return;
            _order.Enqueue(id);
            if (_order.Count > Most)
                _ids.Remove(_order.Dequeue());
        }
    }

    public bool Contains(string id)
    {
        lock (_gate)
            return _ids.Contains(id);
    }
}
