namespace ButlerRpc.Platform;

/// <summary>Counts the memory of all messages of a process that are being put together: many sessions that keep to their windows may still be too much together.</summary>
sealed class ReassemblyBudget
{
    long _bytes;

    /// <summary>The bytes in use.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Takes so many bytes, if they are then at most <paramref name="most"/>.</summary>
    public bool TryTake(int bytes, long most)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= most)
            return true;
        Interlocked.Add(ref _bytes, -bytes);
        return false;
    }

    /// <summary>Gives bytes back.</summary>
    public void Return(int bytes) => Interlocked.Add(ref _bytes, -bytes);
}
