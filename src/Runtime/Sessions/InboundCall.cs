using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

/// <summary>
/// One call that the peer has started and this end serves. Belongs to its slot for the life of the session; those of one-way messages are shared by all sessions, since
/// a burst of a thousand would stay with each session that ever had one.
/// </summary>
sealed class InboundCall(Session session, int slot) : ServerCall
{
    static readonly ObjectPool<InboundCall> Notifies = new();

    MethodHandler _handler = null!;
    byte[]? _request;
    int _offset;
    int _length;
    byte[]? _metadata;
    Metadata? _decodedMetadata;
    Metadata? _responseMetadata;
    CancellationTokenSource? _cancellation;
    WriteBuffer? _scratch;
    volatile bool _inFlight;
    bool _cancelRequested;
    bool _sourceSpent;
    bool _suspended;
    TraceContext _trace;
    ServingObservation? _observation;
    uint _methodCode;

    public InboundCall()
        : this(null!, -1)
    {
    }

    /// <summary>-1 for a notify.</summary>
    public int Slot { get; } = slot;

    /// <summary>The number of the call on the wire.</summary>
    public uint Id { get; private set; }

    /// <summary>Its place among the requests of the session.</summary>
    public long Order { get; set; }

    /// <summary>It had to wait for others of its method.</summary>
    public bool WaitedInLane { get; set; }

    /// <summary>What came with the request, as it came; null: nothing.</summary>
    public byte[]? EncodedMetadata => _metadata;

    /// <summary>In the platform's milliseconds.</summary>
    public long Deadline { get; private set; } = long.MaxValue;

    public override uint MethodCode => _methodCode;

    public override bool IsOneWay => Slot < 0 || session.IsUnanswered(this);

    /// <summary>True from the first frame of the request until the final frame of the answer.</summary>
    public bool InFlight => _inFlight;

    /// <summary>True once the slot has carried a call.</summary>
    public bool Used { get; private set; }

    /// <summary>Where it has its place; null: it may run beside any other.</summary>
    public CallLane? Lane { get; set; }

    /// <summary>The parts of a chunked request.</summary>
    public Reassembly? Body { get; set; }

    public override ReadOnlySpan<byte> RequestBody => _request.AsSpan(_offset, _length);

    public override PayloadFormat Format => session.Payload;

    public override CallInvoker Peer => session;

    public override ClaimsPrincipal? Principal => session.Principal;

    internal override TraceContext Trace => _trace;

    public override Metadata? Metadata
    {
        get
        {
            if (_decodedMetadata is null && _metadata is not null)
            {
                _decodedMetadata = new Metadata();
                _decodedMetadata.Read(_metadata);
            }

            return _decodedMetadata;
        }
    }

    public override Metadata ResponseMetadata => _responseMetadata ??= new Metadata();

    /// <summary>What goes with the reply; null: nothing.</summary>
    public Metadata? ReplyMetadata => _responseMetadata is { Count: > 0 } metadata ? metadata : null;

    public override TimeSpan? RemainingTime =>
        Deadline == long.MaxValue ? null : TimeSpan.FromMilliseconds(Math.Max(0, Deadline - Now));

    public override CancellationToken CancellationToken
    {
        get
        {
            // The source of an earlier call serves this one too: no lock, nothing made. Cancel finds it whenever it comes.
            var source = Volatile.Read(ref _cancellation) ?? MakeSource();
            if (Deadline != long.MaxValue)
                session.Host.Clock.Arm(Deadline);
            return source.Token;
        }
    }

    public override CancellationToken Draining => session.Draining;

    /// <summary>The time, in the platform's milliseconds.</summary>
    public long Now => session.Host.Platform.Milliseconds;

    /// <summary>For a one-way message; goes back by <see cref="ReturnNotify"/>.</summary>
    public static InboundCall RentNotify(Session session) => Notifies.Rent().Of(session);

    /// <summary>Takes back a one-way message that has ended.</summary>
    public void ReturnNotify() => Notifies.Return(Of(null!)); // a session that has ended is not kept alive

    InboundCall Of(Session itsSession)
    {
        session = itsSession;
        return this;
    }

    /// <summary>Taken by the read loop.</summary>
    public void Begin(uint id, uint methodCode, MethodHandler handler, long deadline, ReadOnlySpan<byte> metadata = default, TraceContext trace = default)
    {
        Debug.Assert(!_inFlight);
        Id = id;
        _methodCode = methodCode;
        _handler = handler;
        Deadline = deadline;
        _metadata = metadata.IsEmpty ? null : metadata.ToArray();
        _trace = trace;
        Used = true;
        SessionStreams = handler.Method.HasStreams ? new SessionStreams(session, handler.Method, id, null, isCaller: false) : null;
        _inFlight = true;
    }

    /// <summary>As <see cref="Begin"/>, for a method without streams and a request without metadata.</summary>
    public void BeginPlain(uint id, uint methodCode, MethodHandler handler, long deadline)
    {
        Debug.Assert(!_inFlight && SessionStreams is null && Lane is null && _metadata is null);
        Id = id;
        _methodCode = methodCode;
        if (!ReferenceEquals(_handler, handler))
            _handler = handler;
        Deadline = deadline;
        _inFlight = true;
    }

    /// <summary>Runs the handler, unless its deadline has passed <paramref name="now"/> (in the platform's milliseconds).</summary>
    public void Serve(byte[] request, int offset, int length, long now)
    {
        if (!session.BeginServing(this, request.AsSpan(offset, length)))
            return;
        if (session.State == SessionState.Closed)
        {
            session.Forget(this);
            return;
        }

        if (Telemetry.WatchesServing)
            InvokeWatched(request, offset, length, now);
        else
            Invoke(request, offset, length, now);
    }

    void InvokeWatched(byte[] request, int offset, int length, long now)
    {
        var current = Activity.Current;
        _observation = ServingObservation.Begin(Method, _trace, session.Time, session.ServingAs, session.RemoteHost);
        Invoke(request, offset, length, now);
        Activity.Current = current; // the thread goes on with other calls
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Invoke(byte[] request, int offset, int length, long now)
    {
        if (now >= Deadline)
        {
            Fail(new ButlerException(ButlerStatus.DeadlineExceeded, "the deadline passed before the call was started", ButlerCertainty.NotExecuted, ButlerReason.Timeout), false);
            return;
        }

        if (_cancelRequested)
        {
            Fail(new ButlerException(ButlerStatus.Cancelled, "the call was cancelled before it was started", ButlerCertainty.NotExecuted), false);
            return;
        }

        (_request, _offset, _length) = (request, offset, length);
        _suspended = false;
        _handler.Invoke(this);
    }

    CancellationTokenSource MakeSource()
    {
        // Under the session's gate, as everything that Cancel and End must agree on; both are there anyway or come seldom.
        CancellationTokenSource source;
        lock (session.Gate)
        {
            if (_cancellation is { } existing)
                return existing;
            source = new CancellationTokenSource();
            Volatile.Write(ref _cancellation, source);
            if (!_cancelRequested)
                return source;
            _sourceSpent = true;
        }

        source.Cancel();
        return source;
    }

    /// <summary>The caller cancels, if <paramref name="id"/> is still the call being served. Runs the callbacks of the handler's token.</summary>
    public void Cancel(uint id)
    {
        CancellationTokenSource? source;
        SessionStreams? streams;
        Method method;
        lock (session.Gate)
        {
            if (!_inFlight || Id != id)
                return;
            _cancelRequested = true;
            source = _cancellation;
            _sourceSpent = true;
            (streams, method) = (SessionStreams, Method); // outside, they may be the next call's
        }

        streams?.Close(new OperationCanceledException($"the call of {method.FullName} was cancelled by its caller"));
        if (source is not null)
            TokenFired.Fire(source, session.Host.Logger, method.FullName);
    }

    /// <summary>The call's streams; null: it has none.</summary>
    public SessionStreams? SessionStreams { get; private set; }

    public override CallStreams? Streams => SessionStreams;

    public override void EndStream()
    {
        var observation = TakeObservation();
        session.EndResultStream(this);
        observation?.End(null);
    }

    public override void Suspend() => _suspended = true;

    public override WriteBuffer? BeginReply(bool inPlace) =>
        inPlace && ReplyMetadata is null && !Method.LargeReplies ? session.TryBeginReplyInPlace() : _scratch = Scratch.Rent(session.PeerMessageLimit);

    public override bool EndReply()
    {
        var observation = TakeObservation();
        var isSent = true;
        if (_scratch is { } scratch)
        {
            _scratch = null;
            isSent = session.TrySendReply(this, scratch);
            Scratch.Return(scratch);
        }
        else
        {
            session.EndReplyInPlace(this);
        }

        if (isSent)
            observation?.End(null);
        else
            _observation = observation;
        return isSent;
    }

    // Taken before the call ends, told after: then the object may serve the next one, but no lock is held.
    ServingObservation? TakeObservation()
    {
        var observation = _observation;
        if (observation is not null)
            _observation = null;
        return observation;
    }

    public override void WhenRoom(IThreadPoolWorkItem reply) => session.QueueReply(reply);

    public override void AbortReply()
    {
        if (_scratch is { } scratch)
        {
            _scratch = null;
            Scratch.Return(scratch);
        }
        else
        {
            session.AbortInPlace();
        }
    }

    public override void Fail(Exception failure, bool executed)
    {
        var observation = TakeObservation();
        var described = Errors.Describe(session, this, failure, executed);
        session.SendError(this, described, executed);
        observation?.End(described);
    }

    public override void Finish()
    {
        var observation = TakeObservation();
        session.EndNotify(this);
        observation?.End(null);
    }

    public Method Method => _handler.Method;

    public MethodHandler Handler => _handler;

    public bool RunsApart => _handler.RunsApart;

    /// <summary>The final frame is on its way: the slot may be used again, the object's contexts are void. Under the session's gate.</summary>
    public void End()
    {
        SessionStreams?.Close(null);
        SessionStreams = null;
        if (Lane?.Leave() is { } next)
            session.Host.Platform.Scheduler.Queue(next);
        Lane = null;
        _metadata = null;
        if (_trace.IsPresent)
            _trace = default;
        _decodedMetadata = _responseMetadata = null;
        Retire();
        // A source may serve the next call only if nobody can still hold its token: the handler ended without ever suspending, uncancelled.
        if (_sourceSpent || _suspended)
            _cancellation = null;
        _cancelRequested = false;
        _sourceSpent = false;
        Deadline = long.MaxValue;
        _request = null;
        _length = 0;
        _inFlight = false;
    }

    /// <summary>True when the call's deadline has passed and its handler wants to know.</summary>
    public bool IsDue(long now) => _inFlight && Deadline <= now && _cancellation is not null && !_sourceSpent;

    /// <summary>When the clock must look at it.</summary>
    public long Due => _inFlight && _cancellation is not null && !_sourceSpent ? Deadline : long.MaxValue;

    /// <summary>True when the handler's token has been cancelled, so that its OperationCanceledException means just that.</summary>
    public bool IsCancelled => _cancelRequested;
}
