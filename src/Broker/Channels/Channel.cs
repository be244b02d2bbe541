using ButlerRpc.Framing;
using ButlerRpc.Sessions;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Broker.Channels;

/// <summary>
/// Where the consumers and providers of one id meet. Single-threaded: a read loop takes the gate once for all that one receive has brought (a lock per frame would cost
/// as much as the frame), writes into the send buffers of other sessions, and has them sent when it has left the gate. Lock order: channel, then session.
/// The parts: <c>.Queue</c> (calls that have no provider yet), <c>.Ends</c> (who comes and goes), <c>.Shapes</c> (whose contracts fit), <c>.Notices</c> (one-way
/// messages).
/// </summary>
sealed partial class Channel : ITimed, IDisposable
{
    [ThreadStatic]
    static List<IFlushed>? t_flushing;

    readonly object _gate = new();
    readonly List<IFlushed> _touched = [];

    public Channel(Guid id, SessionHost host, ChannelLimits limits, ILogger logger)
    {
        (Id, Host, Limits, Logger) = (id, host, limits, logger);
        host.Clock.Add(this);
    }

    public Guid Id { get; }

    public SessionHost Host { get; }

    public ChannelLimits Limits { get; }

    public ILogger Logger { get; }

    public BrokerCounters Counters { get; } = new();

    /// <summary>Those who have joined and not left; guarded by the table's gate.</summary>
    public int Members { get; set; }

    /// <summary>The time of the batch, in the platform's milliseconds.</summary>
    public long Now { get; private set; }

    public void Dispose() => Host.Clock.Remove(this);

    /// <summary>The broker stops: what waits for a provider waits in vain.</summary>
    public void Stop()
    {
        Enter();
        try
        {
            FailQueued(ButlerReason.Stopped, "the broker is stopping");
        }
        finally
        {
            Exit();
        }
    }

    public void Enter()
    {
        Monitor.Enter(_gate);
        Now = Host.Platform.Milliseconds;
    }

    /// <summary>Leaves the gate and sends what was written meanwhile.</summary>
    public void Exit()
    {
        var flushing = t_flushing ??= [];
        var first = flushing.Count; // what is sent below may end a session, which enters its channel on this thread in simulations only
        foreach (var end in _touched)
        {
            end.IsTouched = false;
            flushing.Add(end);
        }

        _touched.Clear();
        Monitor.Exit(_gate);
        for (var index = first; index < flushing.Count; index++)
            flushing[index].Flush();
        flushing.RemoveRange(first, flushing.Count - first);
    }

    /// <summary>Something was written for the end: it is sent when the gate is left.</summary>
    public void Touch(IFlushed end)
    {
        if (end.IsTouched)
            return;
        end.IsTouched = true;
        _touched.Add(end);
    }

    /// <summary>A call has begun and its request is whole.</summary>
    public void Start(RelayedCall call, in Parcel request)
    {
        call.Method = request.Code;
        call.Deadline = request.Deadline;
        Counters.Started++;
        IProviderEnd? provider = null;
        var choice = _queue.Count == 0 || IsMixed ? Choose(call, out provider) : Choice.Full;
        if (choice == Choice.Found)
        {
            Place(call, provider!);
            Pass(call, provider!, in request);
        }
        else if (choice == Choice.Differs)
        {
            request.Large?.Release();
            FailForShape(call, provider!);
        }
        else
        {
            Enqueue(call, in request);
        }
    }

    /// <summary>Something of a call that was started before, from its consumer.</summary>
    public void Forth(RelayedCall call, in Parcel parcel)
    {
        if (call.State == RelayState.Queued && parcel.Kind == FrameKind.Cancel)
            Fail(call, ButlerStatus.Cancelled, ButlerReason.None, "the call was cancelled while it waited for a provider");
        else if (call.State == RelayState.Queued)
            EnqueueMore(call, in parcel);
        else if (parcel.Kind == FrameKind.Cancel && call.Provider!.Session is null)
            Fail(call, ButlerStatus.Cancelled, ButlerReason.None, "the call was cancelled; its provider, of version 1, cannot be told", ButlerCertainty.Unknown, providerIsDone: false);
        else if (call.Forth.IsBlocked)
            call.Forth.Hold(in parcel);
        else
            Pass(call, call.Provider!, in parcel);
    }

    /// <summary>Something of a call, from its provider.</summary>
    public void Back(RelayedCall call, in Parcel parcel)
    {
        if (call.Back.IsBlocked)
            call.Back.Hold(in parcel);
        else
            PassBack(call, in parcel);
    }

    /// <summary>The last part of a large message is on its way: what waited behind it goes on.</summary>
    public void Unblock(RelayedCall call, int version, bool forth)
    {
        if (call.Version != version)
            return;
        ref var lane = ref (forth ? ref call.Forth : ref call.Back);
        lane.IsBlocked = false;
        while (!lane.IsBlocked && lane.TryTake(out var held))
        {
            // The lane is cleared when what is passed ends the call.
            if (forth)
                Pass(call, call.Provider!, held.Open());
            else
                PassBack(call, held.Open());
            held.Passed();
        }
    }

    /// <summary>Ends a call that no provider will answer, or has answered with something that cannot be passed on.</summary>
    public void Fail(
        RelayedCall call, ButlerStatus status, ButlerReason reason, string message, ButlerCertainty certainty = ButlerCertainty.NotExecuted, bool providerIsDone = true)
    {
        if (call.Consumer is { } consumer)
        {
            var payload = Scratch.Rent(int.MaxValue);
            ErrorPayload.Write(payload, new ButlerException(status, message, certainty, reason), certainty, faults: []);
            consumer.Deliver(call, new Parcel { Kind = FrameKind.Error, Code = (uint)status, Payload = payload.WrittenSpan, IsOwn = true });
            Scratch.Return(payload);
        }

        Counters.Failed++;
        End(call, providerIsDone);
    }

    /// <summary>A message could not be taken: the call is over.</summary>
    public void Refuse(RelayedCall call, ButlerException refusal, bool providerIsDone)
    {
        if (!providerIsDone)
            call.Provider?.Deliver(call, new Parcel { Kind = FrameKind.Cancel });
        Fail(call, refusal.Status, refusal.Reason, refusal.Message, refusal.Certainty, providerIsDone);
    }

    void EndLarge(RelayedCall call, string message)
    {
        Refuse(call, new ButlerException(ButlerStatus.ResourceExhausted, message, ButlerCertainty.Unknown, ButlerReason.TooLarge), providerIsDone: false);
    }

    /// <summary>The call's provider has gone.</summary>
    public void FailForLoss(RelayedCall call, bool handedOver) => Fail(
        call, ButlerStatus.Unavailable, ButlerReason.ConnectionDropped,
        handedOver ? "the provider has gone, and nobody knows how far it had come" : "the provider has gone before the call reached it",
        handedOver ? ButlerCertainty.Unknown : ButlerCertainty.NotExecuted);

    /// <summary>The call's consumer has gone: a provider that has it is told to stop, and how it ends is told to nobody.</summary>
    public void Leave(RelayedCall call)
    {
        if (call.State == RelayState.Running)
        {
            Forth(call, new Parcel { Kind = FrameKind.Cancel });
            call.Forth.DropUnfinished(null);
            call.Consumer = null;
        }
        else
        {
            call.Consumer = null;
            End(call, providerIsDone: true);
        }
    }

    /// <summary>The consumer has been told how the call ends. The provider's slot is free too, or stays taken until it has said the same.</summary>
    void End(RelayedCall call, bool providerIsDone)
    {
        var (consumer, provider) = (call.Consumer, call.Provider);
        if (call.State == RelayState.Queued)
            Unqueue(call);
        call.End(consumer?.Session, provider?.Session);
        if (providerIsDone)
            provider?.OnEnded(call);
        else
            provider?.Abandon(call);
        consumer?.OnEnded(call);
        if (provider is not null && _queue.Count > 0)
            Pump();
    }

    void Place(RelayedCall call, IProviderEnd provider)
    {
        call.State = RelayState.Running;
        call.Provider = provider;
        provider.Begin(call);
    }

    void Pass(RelayedCall call, IProviderEnd provider, in Parcel parcel)
    {
        if (provider.Session is { } session && parcel.Large is { } large && large.Count > session.PeerMessageLimit)
        {
            large.Release();
            RefuseLarge(call, in parcel, large.Count, session.PeerMessageLimit);
            return;
        }

        provider.Deliver(call, in parcel);
    }

    // A request has not been started; an item comes in the middle of a call, which is over then.
    void RefuseLarge(RelayedCall call, in Parcel parcel, int size, int limit)
    {
        if (parcel.Kind == FrameKind.Request)
            Fail(call, ButlerStatus.ResourceExhausted, ButlerReason.TooLarge, $"the request is {size} bytes; the provider takes {limit}");
        else
            EndLarge(call, $"an item is {size} bytes; the provider takes {limit}");
    }

    void PassBack(RelayedCall call, in Parcel parcel)
    {
        var consumer = call.Consumer;
        if (consumer is null)
        {
            parcel.Large?.Release();
        }
        else if (consumer.Session is { } session && parcel.Large is { } large && large.Count > session.PeerMessageLimit)
        {
            large.Release();
            var message = $"the reply is {large.Count} bytes; the consumer takes {session.PeerMessageLimit} (ButlerLimits.MessageBytes)";
            if (parcel.IsFinal)
                Fail(call, ButlerStatus.ResourceExhausted, ButlerReason.TooLarge, message, ButlerCertainty.Executed);
            else
                EndLarge(call, message);
            return;
        }
        else
        {
            consumer.Deliver(call, in parcel);
        }

        if (parcel.IsFinal)
        {
            Counters.Answered++;
            End(call, providerIsDone: true);
        }
    }
}

/// <summary>An end that something was written for.</summary>
interface IFlushed
{
    bool IsTouched { get; set; }

    void Flush();
}
