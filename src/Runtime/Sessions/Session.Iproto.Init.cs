using ButlerRpc.Diagnostics;

namespace ButlerRpc.Sessions;

// What the application does with a new iproto connection before it is used.
sealed partial class Session
{
    public bool HasInit => _iproto?.Init is not null;

    /// <summary>Runs it.</summary>
    /// <exception cref="IOException">It failed, or took too long; the session has ended.</exception>
    public async ValueTask InitAsync()
    {
        using var timeout = new CancellationTokenSource(_iproto!.RequestTimeout, Host.Platform.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _ended.Token);
        try
        {
            await _iproto.Init!(Iproto.IprotoChannel.Of(this), either.Token);
        }
        catch (Exception e)
        {
            Log.InitFailed(Host.Logger, e, RemoteAddress);
            var why = $"the Init of the connection with {RemoteAddress} failed: {e.Message}";
            Abort(ButlerReason.Stopped, why);
            throw new IOException(why, e);
        }
    }

    public async Task InitAcceptedAsync()
    {
        try
        {
            await InitAsync();
        }
        catch (IOException)
        {
            // It has been logged, and the session has ended.
        }
    }
}
