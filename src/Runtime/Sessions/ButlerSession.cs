using System.Security.Claims;
using ButlerRpc.Calls;
using ButlerRpc.Diagnostics;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;

namespace ButlerRpc;

/// <summary>
/// One session, to call over just this one, to look at, to end or to take over. It is symmetric: the peer of a server and the sessions of a client are the same
/// thing. A call made with it is pinned: it fails when the session ends, and never moves to another.
/// </summary>
public sealed class ButlerSession : CallInvoker
{
    readonly Lock _gate = new();
    readonly Session _session;
    List<Func<Task>> _onShutdown = [];
    List<Action>? _onClose = [];

    internal ButlerSession(Session session, ClientPipeline? interceptors)
    {
        _session = session;
        Pipeline = interceptors;
        session.Host.Platform.Scheduler.Start(WatchAsync);
    }

    /// <summary>The number that the accepting end gave it; 0 until it is open, and on iproto.</summary>
    public ulong Id => _session.Id;

    /// <summary>This end's address, for people.</summary>
    public string LocalAddress => _session.LocalAddress;

    /// <summary>The peer's address, for people.</summary>
    public string RemoteAddress => _session.RemoteAddress;

    /// <summary>Who is at the other end; null: nobody that was authenticated.</summary>
    public ClaimsPrincipal? Principal => _session.Principal;

    /// <summary>True while it takes calls.</summary>
    public bool IsOpen => _session.State == SessionState.Open;

    /// <summary>Ends when the session has ended, whatever the reason.</summary>
    public Task Done => _session.Closed;

    /// <summary>Why it has ended; null while it has not.</summary>
    public ButlerException? Error => _session.CloseReason;

    /// <summary>What it has counted so far.</summary>
    public ButlerSessionStatistics Statistics => ButlerSessionStatistics.Of(_session);

    internal Session Session => _session;

    internal override CallInvoker Carrier => _session;

    /// <summary>The session of a peer: of the <see cref="CallContext.Peer"/> of a call being served.</summary>
    /// <exception cref="ArgumentException">It is no session's peer: a client has several, see <see cref="ButlerClient.Online"/>.</exception>
    public static ButlerSession Of(CallInvoker peer) => peer switch
    {
        ButlerSession session => session,
        Session session => session.Face(),
        _ => throw new ArgumentException($"a {peer?.GetType().Name ?? "null"} is no peer of a session; take the Peer of a CallContext", nameof(peer)),
    };

    /// <summary>Runs a callback when the session has ended; at once when it has already.</summary>
    public void OnClose(Action callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        lock (_gate)
        {
            if (_onClose is { } list)
            {
                list.Add(callback);
                return;
            }
        }

        callback();
    }

    /// <summary>
    /// Runs a callback when the session begins to drain, whichever end began it, and waits for it before the session ends, within the drain time. One that is added
    /// later than that is not run.
    /// </summary>
    public void OnShutdown(Func<Task> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        lock (_gate)
        {
            _onShutdown = [.. _onShutdown, callback];
            _session.ShutdownStarted ??= RunOnShutdownAsync;
        }
    }

    /// <summary>
    /// Ends it in order: no new calls, the callbacks, the end of the calls in flight either way, the end. What is not over in time is cut off, and
    /// <see cref="Error"/> says what it was.
    /// </summary>
    /// <param name="timeout">Default: 30 s; on iproto at most <see cref="IprotoOptions.ShutdownTimeout"/>.</param>
    public async Task ShutdownAsync(TimeSpan? timeout = null)
    {
        await _session.Host.Platform.Scheduler.SwitchTo();
        var drain = timeout ?? TimeSpan.FromSeconds(30);
        OptionRange.NotNegative(nameof(ShutdownAsync), nameof(timeout), drain);
        await _session.DrainAsync(drain);
    }

    /// <summary>Ends it at once; calls in flight fail.</summary>
    public void Close() => _session.Abort(ButlerReason.Stopped, "the session was closed");

    /// <summary>
    /// Takes the connection over: calls in flight fail with <see cref="ButlerReason.Hijacked"/>, what was answered is sent, the read loop stops, and the connection
    /// is returned with every byte that was not read as a request a handler has begun: what follows the request whose handler asks for it comes out of
    /// <see cref="Connection.ReceiveAsync"/>, also where it had been received already. The connection is the caller's to end. A handler that asks for it has to await it.
    /// </summary>
    /// <exception cref="ButlerException">FailedPrecondition: the session is not open, is ending, or was taken over already.</exception>
    public Task<Connection> HijackAsync() => _session.HijackAsync();

    /// <inheritdoc/>
    protected internal override void Start(ClientCall call) => _session.Start(call);

    /// <inheritdoc/>
    protected internal override void Announce(string service, IReadOnlyList<Method> methods) => _session.Announce(service, methods);

    async Task RunOnShutdownAsync()
    {
        List<Func<Task>> callbacks;
        lock (_gate)
            callbacks = _onShutdown;
        foreach (var callback in callbacks)
        {
            try
            {
                await callback();
            }
            catch (Exception e)
            {
                Log.ShutdownCallbackFailed(_session.Host.Logger, e, RemoteAddress); // the others are run all the same
            }
        }
    }

    async Task WatchAsync()
    {
        await _session.Closed;
        List<Action> callbacks;
        lock (_gate)
        {
            callbacks = _onClose ?? [];
            _onClose = null;
        }

        foreach (var callback in callbacks)
        {
            try
            {
                callback();
            }
            catch (Exception e)
            {
                Log.ShutdownCallbackFailed(_session.Host.Logger, e, RemoteAddress);
            }
        }
    }
}
