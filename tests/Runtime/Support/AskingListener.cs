using ButlerRpc.Platform;

namespace ButlerRpc.Runtime.Tests.Support;

/// <summary>A listener that accepts nothing, and does something when it is closed.</summary>
sealed class AskingListener(Action ask) : ConnectionListener
{
    readonly TaskCompletionSource<Connection?> _closed = new();

    public override ButlerEndpoint Endpoint { get; } = ButlerEndpoint.Parse("tcp://127.0.0.1:1");

    /// <summary>True: another thread can read it; false: it is kept out by a lock.</summary>
    public static bool IsAnswered(Func<object> read)
    {
        var reader = new Thread(() => read());
        reader.Start();
        while (!reader.Join(1))
        {
            if (reader.ThreadState.HasFlag(ThreadState.WaitSleepJoin))
                return false;
        }

        return true;
    }

    public override async ValueTask<Connection?> AcceptAsync() => await _closed.Task;

    public override ValueTask DisposeAsync()
    {
        ask();
        _closed.TrySetResult(null);
        return default;
    }
}
