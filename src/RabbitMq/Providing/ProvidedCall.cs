using System.Diagnostics;
using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;
using ButlerRpc.RabbitMq.Wire;
using ButlerRpc.Sessions;

namespace ButlerRpc.RabbitMq.Providing;

/// <summary>One call being served, from the message that brought it to the answer behind which that is acknowledged.</summary>
sealed class ProvidedCall(Provision provision, ProviderLine line, ulong delivery, RequestMessage message, MethodHandler handler, byte[] body) : ServerCall, IThreadPoolWorkItem
{
    readonly Lock _gate = new();
    readonly long _deadline = message.Timeout is { } left ? provision.Now + left : long.MaxValue;
    Metadata? _metadata;
    Metadata? _responseMetadata;
    CancellationTokenSource? _cancellation;
    ServingObservation? _observation;
    WriteBuffer? _reply;
    bool _isCancelled;
    bool _ended;

    public string Id => message.Id;

    public Method Method => handler.Method;

    /// <summary>Where it has its place; null: it may run beside any other.</summary>
    public ProvisionLane? Lane { get; set; }

    public override uint MethodCode => message.MethodCode;

    public override bool IsOneWay => message.ReplyTo is null;

    public override ReadOnlySpan<byte> RequestBody => body;

    public override CallInvoker Peer => NoPeer.Instance;

    public override CancellationToken Draining => provision.Draining;

    internal override TraceContext Trace => message.Trace;

    public override TimeSpan? RemainingTime => _deadline == long.MaxValue ? null : TimeSpan.FromMilliseconds(Math.Max(0, _deadline - provision.Now));

    public override Metadata? Metadata
    {
        get
        {
            if (_metadata is null && message.Metadata is { } encoded)
            {
                _metadata = new Metadata();
                _metadata.Read(encoded);
            }

            return _metadata;
        }
    }

    public override Metadata ResponseMetadata => _responseMetadata ??= new Metadata();

    public override CallStreams? Streams => null;

    public override CancellationToken CancellationToken
    {
        get
        {
            lock (_gate)
            {
                if (_cancellation is not null)
                    return _cancellation.Token;
                _cancellation = RemainingTime is { } left && !_ended ? new CancellationTokenSource(left, provision.Time) : new CancellationTokenSource();
                if (_isCancelled)
                    _cancellation.Cancel();
                return _cancellation.Token;
            }
        }
    }

    public bool IsOneOf(ProviderLine other) => ReferenceEquals(line, other);

    /// <summary>Its caller does not await it any more, or the line has gone that the answer would take.</summary>
    public void Cancel()
    {
        CancellationTokenSource? source;
        lock (_gate)
        {
            if (_ended)
                return;
            _isCancelled = true;
            source = _cancellation;
        }

        if (source is not null)
            TokenFired.Fire(source, provision.Logger, Method.FullName);
    }

    /// <summary>Runs the handler, unless nobody awaits it any more.</summary>
    public void Execute()
    {
        if (_isCancelled)
        {
            End(null, default);
            return;
        }

        if (provision.Now >= _deadline)
        {
            Fail(new ButlerException(ButlerStatus.DeadlineExceeded, "the deadline passed before the call was started", ButlerCertainty.NotExecuted, ButlerReason.Timeout), executed: false);
            return;
        }

        if (!Telemetry.WatchesServing)
        {
            handler.Invoke(this);
            return;
        }

        var current = Activity.Current;
        _observation = ServingObservation.Begin(Method, message.Trace, provision.Time, server: null, client: null);
        handler.Invoke(this);
        Activity.Current = current; // the thread goes on with other calls
    }

    public override void Suspend()
    {
    }

    public override WriteBuffer? BeginReply(bool inPlace) => _reply = Scratch.Rent(provision.MostBytes);

    public override bool EndReply()
    {
        var buffer = _reply!;
        var bytes = buffer.WrittenSpan.ToArray();
        AbortReply();
        byte[]? metadata;
        try
        {
            metadata = MetadataBytes.Of(_responseMetadata);
        }
        catch (ButlerException e)
        {
            Fail(e, executed: true);
            return true;
        }

        _observation?.End(null);
        End(bytes, new AnswerMessage(Id, AnswerKind.Reply, Metadata: metadata));
        return true;
    }

    public override void AbortReply()
    {
        var buffer = _reply!;
        _reply = null;
        Scratch.Return(buffer);
    }

    public override void Fail(Exception failure, bool executed)
    {
        var told = failure as ButlerException ?? Errors.Describe(
            Method.FullName, failure, executed, _isCancelled || provision.Now >= _deadline, isOverdue: provision.Now >= _deadline,
            provision.Draining.IsCancellationRequested, provision.MappedStatus(failure), withDetails: false, provision.Platform, provision.Logger);
        _observation?.End(told);
        if (IsOneWay)
            Log.NotifyFailed(provision.Logger, Method.FullName, told.Message);
        End(ErrorBytes.Of(told, executed ? ButlerCertainty.Executed : ButlerCertainty.NotExecuted, Method.Faults, provision.Logger), new AnswerMessage(Id, AnswerKind.Error, told.Status));
    }

    public override void Finish()
    {
        _observation?.End(null);
        End(null, default);
    }

    public override void EndStream() => throw new NotSupportedException("no stream is carried here");

    /// <summary>The provider waits for it no longer: its caller is told so, and its handler that it is cancelled.</summary>
    public void Abandon()
    {
        var told = new ButlerException(ButlerStatus.Unavailable, $"the provider stopped before {Method.FullName} had ended", ButlerCertainty.Executed, ButlerReason.Stopped);
        Cancel();
        Answer(ErrorBytes.Of(told, told.Certainty, [], provision.Logger), new AnswerMessage(Id, AnswerKind.Error, told.Status));
    }

    void End(byte[]? answer, AnswerMessage how)
    {
        Retire();
        Answer(answer, how);
    }

    // The first answer counts.
    void Answer(byte[]? answer, AnswerMessage how)
    {
        lock (_gate)
        {
            if (_ended)
                return;
            _ended = true;
        }

        line.Send(answer is null || IsOneWay ? new Outgoing(delivery, Ending.Done) : new Outgoing(delivery, Ending.Done, message.ReplyTo, how, answer));
        provision.OnEnded(this);
    }

    /// <summary>Tells the caller that this provider stops, and will still answer.</summary>
    public void Hold()
    {
        if (!IsOneWay)
            line.Send(new Outgoing(delivery, Ending.None, message.ReplyTo, new AnswerMessage(Id, AnswerKind.Held)));
    }

    /// <summary>A provider on a queue cannot reach its caller but by the answer.</summary>
    sealed class NoPeer : CallInvoker
    {
        public static readonly NoPeer Instance = new();

        protected internal override void Admit(string service, IReadOnlyList<Method> methods, Type? callback) =>
            throw new NotSupportedException($"{service} cannot be called back on RabbitMQ: a provider cannot reach the consumer that called it");

        protected internal override void Start(ClientCall call) => call.Fail(new ButlerException(
            ButlerStatus.Unimplemented, $"{call.Method.FullName} cannot be called back on RabbitMQ: a provider cannot reach the consumer that called it", ButlerCertainty.NotExecuted));
    }
}
