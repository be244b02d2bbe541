namespace ButlerRpc.Calls;

/// <summary>
/// A pool for objects that are rented and returned once per call. One hot object per stripe of threads (a caller that awaits in a loop gets back what it
/// just returned), the rest under a lock. An empty pool makes a new object: a miss costs an allocation, never a wait.
/// </summary>
sealed class ObjectPool<T>
    where T : class, new()
{
    const int Stripes = 16;
    const int Spacing = 8; // 64 bytes apart, or the stripes would share cache lines
    const int MostShared = 1024;

    readonly T?[] _hot = new T?[Stripes * Spacing];
    readonly Lock _gate = new();
    readonly Stack<T> _shared = new();

    public T Rent()
    {
        ref var hot = ref _hot[(Environment.CurrentManagedThreadId & (Stripes - 1)) * Spacing];
        if (hot is not null && Interlocked.Exchange(ref hot, null) is { } item)
            return item;
        lock (_gate)
        {
            if (_shared.TryPop(out item))
                return item;
        }

        return new T();
    }

    public void Return(T item)
    {
        ref var hot = ref _hot[(Environment.CurrentManagedThreadId & (Stripes - 1)) * Spacing];
        if (hot is null && Interlocked.CompareExchange(ref hot, item, null) is null)
            return;
        lock (_gate)
        {
            if (_shared.Count < MostShared)
                _shared.Push(item);
        }
    }
}
