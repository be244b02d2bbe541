using System.Security.Claims;
using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;
using ButlerRpc.Platform;

namespace ButlerRpc.Sessions;

enum SessionState
{
    /// <summary>The handshake is not over. A dialler sends requests all the same, within the floor limits.</summary>
    Opening,

    /// <summary>Both ends know each other.</summary>
    Open,

    /// <summary>No new calls; those in flight end.</summary>
    Draining,

    /// <summary>Over.</summary>
    Closed,
}

/// <summary>
/// A connection, a framing and correlation. Symmetric: both ends may call and serve.
/// <para>
/// One gate per session covers slot, header and encoding of a call, so a call takes one lock. User code (handlers, continuations, codecs that are not
/// closed) never runs under it, nor on the read loop. The parts: <c>.Handshake</c>, <c>.Send</c> (send buffer and flush policy), <c>.Receive</c> (read loop),
/// <c>.Outbound</c> (calls this end makes), <c>.Inbound</c> (calls it serves), <c>.Close</c> (drain and end), <c>.Time</c>.
/// </para>
/// </summary>
sealed partial class Session : CallInvoker, ICallOwner, ITimed
{
    readonly Lock _gate = new();
    readonly Connection _connection;
    readonly Framing.Framing _framing;
    readonly ServiceTable _services;
    readonly bool _isAcceptor;
    readonly ReadOnlyMemory<byte> _token;
    readonly CancellationTokenSource _ended = new();
    readonly Signal _opened;
    readonly Signal _closed;
    volatile SessionState _state;
    ServerName? _name;
    string? _remoteHost;
    PeerLimits _peer = PeerLimits.Floor;
    int _frameRoom = PeerLimits.Floor.MaxMessage; // the bytes that a frame to this peer may have behind its header
    int _messageLimit;

    public Session(SessionHost host, Connection connection, Framing.Framing framing, ServiceTable services, bool isAcceptor, ReadOnlyMemory<byte> token = default)
    {
        Host = host;
        _messageLimit = host.Limits.MessageBytes;
        _connection = connection;
        _framing = framing;
        _services = services;
        _isAcceptor = isAcceptor;
        _token = token;
        _opened = new Signal(host.Platform.Scheduler);
        _closed = new Signal(host.Platform.Scheduler);
        _onSent = OnSent;
        _onReceived = OnReceived;
        _flusher = new Flusher(this);
        _admitter = new Admitter(this);
        _lateSender = new LateSender(this);
        _reader = new Reader(this);
        _lastReceived = host.Platform.Milliseconds;
        _handshakeDue = _lastReceived + (long)host.Limits.HandshakeTimeout.TotalMilliseconds;
        _watchesIdle = ((framing as IprotoFraming)?.Options.IdleTimeout ?? host.Limits.IdleTimeout) > TimeSpan.Zero;
        if (framing is IprotoFraming iproto)
            OpenIproto(iproto);
        else if (!isAcceptor)
            WriteOpening();
        host.Totals.Add(this);
        host.Clock.Add(this);
        host.Clock.Arm(_handshakeDue);
    }

    public SessionHost Host { get; }

    /// <summary>Guards all that is shared of the session and of the calls it serves.</summary>
    public Lock Gate => _gate;

    public SessionState State => _state;

    public string RemoteAddress => _connection.RemoteAddress;

    /// <summary>The address of the other end without its port; null: it has none.</summary>
    public string? RemoteHost => _remoteHost ??= _connection.RemoteHost;

    /// <summary>What was dialled, or listened on; null: a session that was made by hand.</summary>
    public ButlerEndpoint? Endpoint { get; init; }

    /// <summary>The name of the end that listens; null: it has none.</summary>
    public ServerName? Name => _name ??= Endpoint is { } endpoint ? new ServerName(endpoint) : null;

    /// <summary>The name under which this end serves; null: it dialled, and has none.</summary>
    public ServerName? ServingAs => _isAcceptor ? Name : null;

    /// <summary>The number the acceptor gave the session; 0 until it is open.</summary>
    public ulong Id { get; private set; }

    /// <summary>Who is at the other end; null: nobody that was authenticated.</summary>
    public ClaimsPrincipal? Principal { get; set; }

    /// <summary>Ends when the handshake is over; fails when the session closed before.</summary>
    public Task Opened => _opened.Task;

    /// <summary>Ends when the session has ended, whatever the reason.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Fires when it has ended.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Why it has ended; null while it has not.</summary>
    public ButlerException? CloseReason { get; private set; }

    /// <summary>The calls the peer takes at once.</summary>
    public int PeerSlots => _peer.Slots;

    /// <summary>The largest message the peer takes. Until it has said so: what this end would take; what is too large for a frame waits for its word.</summary>
    public int PeerMessageLimit => _messageLimit;

    public SessionStatistics Statistics { get; } = new();

    /// <summary>Starts the read loop. What was submitted before leaves in the same segment as the dialler's introduction.</summary>
    public void Run() => Host.Platform.Scheduler.Queue(new ReceiveStart(this));

    internal override TimeProvider Time => Host.Platform.Time;

    /// <summary>A call that this end makes. Never throws, never blocks.</summary>
    protected internal override void Start(ClientCall call)
    {
        Submit(call, CallDeadline.Set(call, Host));
    }

    sealed class ReceiveStart(Session session) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            lock (session._gate)
                session._isSending = false;
            session.FlushHeld();
            session.Receive();
        }
    }
}

/// <summary>What a session has counted; read without locks, for statistics and tests.</summary>
sealed class SessionStatistics
{
    public long FramesSent;
    public long BytesSent;
    public long Sends;
    public long FramesReceived;
    public long BytesReceived;
    public long Receives;
    public long LateFrames;
    public long ExtensionFrames;
    public long Answers;
    public long CallsStarted;
    public long CallsServed;

    /// <summary>Calls of the peer that have begun (counted by the read loop) and that have ended (counted under the gate): no interlocked counter per call.</summary>
    public long ServingBegun;
    public long ServingEnded;

    /// <summary>Requests of a kind that nobody serves here.</summary>
    public long UnknownFrames;

    /// <summary>Requests beyond the limit of calls in flight, where the framing has no way to say so beforehand.</summary>
    public long RefusedCalls;

    /// <summary>Calls of the peer that failed and got no answer, as their framing has none for errors.</summary>
    public long UnansweredCalls;

    /// <summary>Raw packets that the application has sent.</summary>
    public long PacketsSent;

    /// <summary>One-way messages of this end.</summary>
    public long NotifiesStarted;

    /// <summary>Calls of this end that their callers gave up.</summary>
    public long CallsCancelled;

    /// <summary>Adds what another session has counted.</summary>
    public void Add(SessionStatistics other)
    {
        FramesSent += Volatile.Read(ref other.FramesSent);
        BytesSent += Volatile.Read(ref other.BytesSent);
        Sends += Volatile.Read(ref other.Sends);
        FramesReceived += Volatile.Read(ref other.FramesReceived);
        BytesReceived += Volatile.Read(ref other.BytesReceived);
        Receives += Volatile.Read(ref other.Receives);
        LateFrames += Volatile.Read(ref other.LateFrames);
        ExtensionFrames += Volatile.Read(ref other.ExtensionFrames);
        Answers += Volatile.Read(ref other.Answers);
        CallsStarted += Volatile.Read(ref other.CallsStarted);
        CallsServed += Volatile.Read(ref other.CallsServed);
        ServingBegun += Volatile.Read(ref other.ServingBegun);
        ServingEnded += Volatile.Read(ref other.ServingEnded);
        UnknownFrames += Volatile.Read(ref other.UnknownFrames);
        RefusedCalls += Volatile.Read(ref other.RefusedCalls);
        UnansweredCalls += Volatile.Read(ref other.UnansweredCalls);
        PacketsSent += Volatile.Read(ref other.PacketsSent);
        NotifiesStarted += Volatile.Read(ref other.NotifiesStarted);
        CallsCancelled += Volatile.Read(ref other.CallsCancelled);
    }

    /// <summary>Calls of the peer whose handlers run.</summary>
    public long Serving => Volatile.Read(ref ServingBegun) - Volatile.Read(ref ServingEnded);
}

static class CallDeadline
{
    /// <summary>The time that a call is given: its own, else its invoker's default.</summary>
    public static TimeSpan Of(ClientCall call, SessionHost host) =>
        call.Timeout ?? (call.Method.Shape == MethodShape.OneWay ? host.NoticeTimeout : host.DefaultTimeout ?? Timeout.InfiniteTimeSpan);

    /// <summary>Sets the call's deadline and returns the time it counts from, which saves the next who needs it a look at the clock (9 ns).</summary>
    public static long Set(ClientCall call, SessionHost host)
    {
        var now = host.Platform.Milliseconds;
        var timeout = Of(call, host);
        call.Deadline = timeout.Ticks == Timeout.InfiniteTimeSpan.Ticks
            ? long.MaxValue
            : now + (timeout.Ticks <= 0 ? 0 : Math.Min((timeout.Ticks - 1) / TimeSpan.TicksPerMillisecond + 1, uint.MaxValue - 1));
        return now;
    }
}
