using ButlerRpc.Contracts.External;

namespace ButlerRpc.Hosting.Tests;

[ButlerService]
public partial interface IShout
{
    [ButlerMethod(Code = 7)]
    ValueTask<Text> ShoutAsync(Text text, CancellationToken cancellationToken = default);
}

/// <summary>Serves a contract of this assembly and one of another.</summary>
sealed class EchoAndShout : IEcho, IShout
{
    public ValueTask<Text> EchoAsync(Text text, CancellationToken cancellationToken) => new(text);

    public ValueTask<Text> ShoutAsync(Text text, CancellationToken cancellationToken) => new(new Text(text.Value.ToUpperInvariant()));
}

/// <summary>Answers with the number of the object that serves the call, and tells when it is released.</summary>
sealed class Numbered(Numbers numbers) : IEcho, IAsyncDisposable
{
    readonly int _number = numbers.Next();

    public async ValueTask<Text> EchoAsync(Text text, CancellationToken cancellationToken)
    {
        await numbers.GateAsync(cancellationToken);
        return new Text($"{_number}");
    }

    public ValueTask DisposeAsync()
    {
        numbers.Released.Release();
        return ValueTask.CompletedTask;
    }
}

/// <summary>Numbers objects, and can hold the calls they serve.</summary>
sealed class Numbers
{
    int _last;

    /// <summary>Released once per object that was disposed of.</summary>
    public SemaphoreSlim Released { get; } = new(0);

    /// <summary>Completed once a call has arrived at a closed gate.</summary>
    public TaskCompletionSource Arrived { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Null: calls pass.</summary>
    public TaskCompletionSource? Gate { get; set; }

    public int Next() => Interlocked.Increment(ref _last);

    public async ValueTask GateAsync(CancellationToken cancellationToken)
    {
        if (Gate is null)
            return;
        Arrived.SetResult();
        await Gate.Task.WaitAsync(cancellationToken);
    }
}
