namespace ButlerRpc.Testing;

/// <summary>What handlers wait for that are to be cancelled.</summary>
public static class Cancellation
{
    /// <summary>Ends as cancelled when the token fires, and never otherwise.</summary>
    public static async Task CancelledAsync(this CancellationToken token)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (token.UnsafeRegister(static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), fired))
            await fired.Task;
    }
}
