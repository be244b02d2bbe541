using ButlerRpc.Calls;
using ButlerRpc.Diagnostics;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;

namespace ButlerRpc.Client;

/// <summary>A session of a client's pool, and the router of the calls that were given to it: what fails on it comes back to the client from here.</summary>
sealed class RoutedSession(ButlerClient client, ButlerEndpoint endpoint, Session session, Func<ButlerSession, CancellationToken, ValueTask>? init) : IPooledSession, ICallRouter
{
    long _answersAtTimeout = -1;
    int _timeouts;
    bool _runs;
    Task? _initialisation;
    volatile bool _isInitialised = init is null;

    public Session Session => session;

    public SessionState State => _isInitialised || session.State >= SessionState.Draining ? session.State : SessionState.Opening;

    public bool TakesFirstCalls => init is null;

    public bool EndsIdle => session.EndsIdle;

    public ButlerException? CloseReason => session.CloseReason;

    public int InFlight => session.InFlight;

    public long QueuedBytes => session.QueuedBytes;

    public Task Opened => init is null ? session.Opened : _initialisation ??= InitialiseAsync(init);

    public Task Closed => session.Closed;

    /// <summary>As many calls as the peer takes are in flight.</summary>
    public bool IsFull => session.InFlight >= session.PeerSlots;

    public void Run()
    {
        if (_runs)
            return; // since its Init, which comes before the pool has it
        _runs = true;
        client.AnnounceAll(session);
        session.Run();
    }

    async Task InitialiseAsync(Func<ButlerSession, CancellationToken, ValueTask> initialise)
    {
        await session.Opened;
        try
        {
            using var timeout = new CancellationTokenSource(session.Host.Limits.HandshakeTimeout, session.Host.Platform.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, session.Ended);
            await initialise(client.FaceOf(this), either.Token);
            _isInitialised = true;
        }
        catch (Exception e)
        {
            var why = $"the initialisation of the session with {endpoint} failed: {e.Message}";
            session.Abort(ButlerReason.Stopped, why);
            throw new IOException(why, e);
        }
    }

    public Task DrainAsync(TimeSpan timeout) => session.DrainAsync(timeout);

    public void Abort(ButlerReason reason, string message) => session.Abort(reason, message);

    public ServerName? Server => session.Name;

    public bool TryTakeBack(ClientCall call, Exception failure) => client.TryTakeBack(this, call, failure);

    /// <summary>A call has timed out here. True: so many in a row, and no answer in between.</summary>
    public bool CountTimeout(int most)
    {
        var answers = Volatile.Read(ref session.Statistics.Answers);
        if (Interlocked.Exchange(ref _answersAtTimeout, answers) != answers)
            Volatile.Write(ref _timeouts, 0);
        return Interlocked.Increment(ref _timeouts) >= most;
    }
}
