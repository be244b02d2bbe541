using System.Threading.Tasks.Sources;

namespace ButlerRpc.Testing;

/// <summary>
/// A pending send or receive. Awaited twice it throws, as a socket's would misbehave. Its continuation goes to the context it was awaited
/// under, or runs in the item that completes it when it was awaited without one.
/// </summary>
sealed class SimOperation : IValueTaskSource<int>, IValueTaskSource
{
    ManualResetValueTaskSourceCore<int> _core;

    public short Version => _core.Version;

    public void Complete(int result) => _core.SetResult(result);

    public void Fail(Exception failure) => _core.SetException(failure);

    public int GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
        }
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
