namespace ButlerRpc.Testing;

/// <summary>Conditions that are looked at again each time something has happened which may have made them true. No clock is read and nothing is polled.</summary>
public sealed class Happenings
{
    readonly Lock _gate = new();
    readonly List<(Func<bool> Condition, TaskCompletionSource Met)> _waiting = [];

    /// <summary>Something has happened.</summary>
    public void Happened()
    {
        lock (_gate)
        {
            for (var i = _waiting.Count - 1; i >= 0; i--)
            {
                if (!IsMet(_waiting[i].Condition, _waiting[i].Met))
                    continue;
                _waiting[i].Met.TrySetResult();
                _waiting.RemoveAt(i);
            }
        }
    }

    /// <summary>Ends when the condition is true. It is looked at now and after each happening, on the thread of that; what it throws, this throws.</summary>
    public Task UntilAsync(Func<bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (IsMet(condition, met))
                met.TrySetResult();
            else
                _waiting.Add((condition, met));
        }

        return met.Task;
    }

    static bool IsMet(Func<bool> condition, TaskCompletionSource met)
    {
        try
        {
            return condition();
        }
        catch (Exception e)
        {
            met.SetException(e);
            return true;
        }
    }
}
