namespace ButlerRpc.Soak.Calls;

/// <summary>One thing that a worker does: a call or several that belong together, with everything that chance has decided of it.</summary>
sealed class Step(Callers callers, int worker, long number, long firstId)
{
    /// <summary>The calls that one step may make.</summary>
    public const int Ids = 16;

    public Random Dice { get; } = callers.Settings.Dice("step", ((long)worker << 40) + number);

    public Journal Journal => callers.Journal;

    public Callers Callers => callers;

    /// <summary>The journal's number of its first call.</summary>
    public long Id => firstId;

    public Route Route { get; set; } = null!;

    public Operation Operation { get; set; } = null!;

    public long Begun { get; } = Environment.TickCount64;

    public string Where => $"call {worker}.{number} ({Operation?.Name}, id {firstId}) via {Route?.Name}";

    public void Broken(string expected, string happened) => callers.Findings.Add(Where, expected, happened);

    public void Expect<T>(T expected, T happened, string of)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, happened))
            Broken($"{of} is {expected}", $"it is {happened}");
    }

    /// <summary>True once in so many cases.</summary>
    public bool Once(int inCases) => Dice.Next(inCases) == 0;

    public byte[] Bytes(int count)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(count);
        Dice.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Makes a call which may be cancelled, and may have little time, and judges how it ends.</summary>
    /// <param name="make">Makes it, and checks what it gives.</param>
    /// <param name="id">The journal's number.</param>
    /// <param name="answers">Whether a failure is the answer that was asked for.</param>
    /// <param name="metadata">What goes with it.</param>
    public Task CallAsync(Func<CallContext, Task> make, long? id = null, Func<ButlerException, bool>? answers = null, Metadata? metadata = null, Metadata? response = null)
    {
        TimeSpan? timeout = Once(7) ? TimeSpan.FromMilliseconds(1 + Dice.Next(40)) : null;
        var patience = Once(4) ? Dice.Next(20) : -1;
        var options = timeout is null && metadata is null ? null : new CallOptions { Timeout = timeout, Metadata = metadata, ResponseMetadata = response };
        return new Attempt(this, id ?? firstId, make, answers).RunAsync(options, patience);
    }
}
