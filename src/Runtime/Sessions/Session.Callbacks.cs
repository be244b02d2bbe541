using ButlerRpc.Diagnostics;

namespace ButlerRpc.Sessions;

// What the application wants to do when the session begins to end, whichever end began it.
sealed partial class Session
{
    bool _callbacksBegun;
    bool _callbacksRun;
    ButlerSession? _face;

    /// <summary>Run when a drain begins, before it goes on.</summary>
    public Func<Task>? ShutdownStarted { get; set; }

    /// <summary>The session as the application sees it. <paramref name="interceptors"/> are in front of the calls made with it, if it is the first time.</summary>
    public ButlerSession Face(Calls.ClientPipeline? interceptors = null)
    {
        if (Volatile.Read(ref _face) is { } face)
            return face;
        face = new ButlerSession(this, interceptors);
        return Interlocked.CompareExchange(ref _face, face, null) ?? face;
    }

    // Under the gate; the state is Draining.
    void BeginShutdownCallbacks()
    {
        if (_callbacksBegun)
            return;
        _callbacksBegun = true;
        if (ShutdownStarted is { } callbacks)
            Host.Platform.Scheduler.Start(() => RunShutdownCallbacksAsync(callbacks));
        else
            _callbacksRun = true;
    }

    async Task RunShutdownCallbacksAsync(Func<Task> callbacks)
    {
        try
        {
            await callbacks();
        }
        catch (Exception e)
        {
            Log.ShutdownCallbackFailed(Host.Logger, e, RemoteAddress);
        }

        lock (_gate)
        {
            _callbacksRun = true;
            EndDrainIfIdle();
        }
    }
}
