using System.Security.Claims;
using ButlerRpc.Client;
using ButlerRpc.Diagnostics;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;

namespace ButlerRpc.Messaging;

/// <summary>
/// One connection of a messenger, dialled or accepted. Both ends may send at any time, from any thread. The parts: <c>.Send</c>, <c>.Receive</c>.
/// </summary>
public sealed partial class MessengerSession<TMessage> : IPooledSession
    where TMessage : class
{
    const long Linger = 1000;

    readonly Lock _gate = new();
    readonly MessengerHost<TMessage> _host;
    readonly Connection _connection;
    readonly MessageWire<TMessage> _wire;
    readonly RequestTable<TMessage> _requests;
    readonly Outbox _outbox;
    readonly CancellationTokenSource _ended = new();
    readonly Signal _closed;
    volatile SessionState _state = SessionState.Open;
    int _serving;
    bool _peerEnded;
    bool _halfClosed;

    internal MessengerSession(MessengerHost<TMessage> host, Connection connection, ButlerEndpoint endpoint, MessageWire<TMessage> wire, bool isAccepted)
    {
        _host = host;
        _connection = connection;
        _wire = wire;
        Endpoint = endpoint;
        IsAccepted = isAccepted;
        _requests = wire.NewTable();
        _outbox = new Outbox(host.Options.OutboundBuffer, host.Platform.Scheduler);
        _handlers = new Turn(host.Platform.Scheduler, host.Options.MaxHandlers);
        _closed = new Signal(host.Platform.Scheduler);
    }

    /// <summary>The endpoint that was dialled, or where it was accepted.</summary>
    public ButlerEndpoint Endpoint { get; }

    /// <summary>True: the peer has connected to this end.</summary>
    public bool IsAccepted { get; }

    /// <summary>This end's address, for people.</summary>
    public string LocalAddress => _connection.LocalAddress;

    /// <summary>The peer's address, for people.</summary>
    public string RemoteAddress => _connection.RemoteAddress;

    /// <summary>Who the peer has proved to be, by a client certificate; null: it has proved nothing.</summary>
    public ClaimsPrincipal? Principal => _connection.Principal;

    /// <summary>Ends when the session has ended, whatever the reason.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Why it has ended; null while it has not.</summary>
    public ButlerException? Error { get; private set; }

    internal SessionState State => _state;

    internal int InFlight
    {
        get
        {
            lock (_gate)
                return _requests.Count;
        }
    }

    SessionState IPooledSession.State => _state;

    long IPooledSession.QueuedBytes
    {
        get
        {
            lock (_gate)
                return _outbox.Bytes;
        }
    }

    ButlerException? IPooledSession.CloseReason => Error;

    Task IPooledSession.Opened => Task.CompletedTask;

    /// <summary>Ends it at once: what is in flight or queued fails.</summary>
    public void Close() => End(Errors.Dropped("the session was closed", handedOver: true, ButlerReason.Stopped));

    /// <summary>Sends no new requests, and ends it when those in flight, the handlers that run and what is queued have ended, or after this time.</summary>
    public async Task DrainAsync(TimeSpan timeout)
    {
        await _host.Platform.Scheduler.SwitchTo();
        BeginDrain(timeout);
        await Closed;
    }

    internal void Run() => _host.Platform.Scheduler.Start(ReceiveAsync);

    void IPooledSession.Run() => Run();

    void IPooledSession.Abort(ButlerReason reason, string message) => End(Errors.Dropped(message, handedOver: true, reason));

    void BeginDrain(TimeSpan timeout)
    {
        lock (_gate)
        {
            if (_state >= SessionState.Draining)
                return;
            _state = SessionState.Draining;
        }

        EndLater(timeout, Errors.Dropped($"it was not over {timeout.TotalSeconds:0.###} s after its drain had begun", handedOver: true, ButlerReason.Stopped));
        _host.Changed();
        EndIfIdle();
    }

    void EndLater(TimeSpan after, ButlerException reason) => _host.Platform.Scheduler.Start(async () =>
    {
        try
        {
            await Task.Delay(after, _host.Platform.Time, _ended.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        End(reason);
    });

    // Neither end just closes, because what is on its way to it would be answered by a reset, which destroys what the other has not read yet.
    void EndIfIdle()
    {
        bool peerEnded;
        lock (_gate)
        {
            if (_state != SessionState.Draining || _halfClosed || _serving > 0 || _requests.Count > 0 || _isSending)
                return;
            _halfClosed = true;
            peerEnded = _peerEnded;
            _connection.CloseWrite();
        }

        if (peerEnded)
            End(PeerClosed());
        else
            EndLater(TimeSpan.FromMilliseconds(Linger), Drained());
    }

    // The one way in which a session ends.
    void End(ButlerException reason)
    {
        MessengerRequest<TMessage>[] requests;
        int unsent;
        lock (_gate)
        {
            if (_state == SessionState.Closed)
                return;
            _state = SessionState.Closed;
            Error = reason;
            requests = _requests.TakeAll();
            unsent = _outbox.Close(Errors.Dropped(reason.Message, handedOver: false, reason.Reason));
        }

        foreach (var request in requests)
            request.Ended.Set(Errors.Dropped(reason.Message, request.HandedOver, reason.Reason));
        Interlocked.Add(ref _host.Counters.Unsent, unsent);
        if (unsent > 0)
            Log.MessagesUnsent(_host.Logger, unsent, RemoteAddress, reason.Message);
        Log.SessionEnded(_host.Logger, RemoteAddress, reason.Message);
        _host.Platform.Scheduler.Start(EndConnectionAsync);
        _host.Changed();
        _closed.Set();
    }

    // Apart from whoever ends it, because callbacks of users run on the token.
    async Task EndConnectionAsync()
    {
        TokenFired.Fire(_ended, _host.Logger, RemoteAddress);
        await _connection.DisposeAsync();
    }

    static ButlerException Drained() => Errors.Dropped("the session was drained", handedOver: false, ButlerReason.Stopped);

    ButlerException PeerClosed() => Errors.Dropped($"{RemoteAddress} closed the connection", handedOver: true);
}
