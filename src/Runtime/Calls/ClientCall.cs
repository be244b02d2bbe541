using System.Diagnostics;
using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;

namespace ButlerRpc.Calls;

/// <summary>Whoever holds a call at the moment: a client while it waits for a session, a session while it is in flight.</summary>
public interface ICallOwner
{
    /// <summary>The caller has cancelled. May come at any time, also for a call that has just ended or moved on; then it does nothing.</summary>
    void OnCancelled(ClientCall call);
}

/// <summary>Whoever gave a call to its carrier, and is asked before a failure reaches the caller.</summary>
interface ICallRouter
{
    /// <summary>True: it has taken the call over, and will end it. Runs on the scheduler, or on the thread that starts the call; holds no lock of the carrier.</summary>
    bool TryTakeBack(ClientCall call, Exception failure);

    /// <summary>Whom the calls go to; null: nobody that has a name.</summary>
    ServerName? Server { get; }
}

/// <summary>
/// One call on its way: what a <see cref="CallInvoker"/> carries. Whoever carries it takes its bytes with <see cref="EncodeRequest"/> and ends it by
/// exactly one <see cref="Complete"/> or <see cref="Fail"/>, after which the object belongs to the caller again and must not be touched.
/// </summary>
public abstract class ClientCall : IThreadPoolWorkItem
{
    volatile ICallOwner? _owner;
    CancellationTokenRegistration _registration;
    Exception? _failure;
    CallObservation? _observation;

    private protected ClientCall()
    {
    }

    /// <summary>The method that is called.</summary>
    public abstract Method Method { get; }

    /// <summary>The caller's token.</summary>
    public CancellationToken CancellationToken { get; private protected set; }

    /// <summary>The time the caller gave it; null: the invoker's default applies.</summary>
    public TimeSpan? Timeout { get; private protected set; }

    /// <summary>What the caller asked for; null: nothing in particular.</summary>
    public CallOptions? Options { get; private protected set; }

    /// <summary>When it ends at the latest, in <c>ButlerPlatform.Milliseconds</c>; <see cref="long.MaxValue"/>: never. Set by the invoker that starts it.</summary>
    public long Deadline { get; set; }

    /// <summary>The form of its bodies: the carrier says which one it speaks before it asks for the request. Default: MessagePack.</summary>
    public PayloadFormat Format { get; set; }

    /// <summary>What the carrier remembers of it, such as its slot.</summary>
    internal int Tag { get; set; }

    /// <summary>Asked before a failure reaches the caller; null: nobody is.</summary>
    internal ICallRouter? Router { get; set; }

    /// <summary>How often it was started again, on certain failures and on uncertain ones, and how long it has waited for sessions.</summary>
    internal (byte Moves, byte Retries, int WaitedMilliseconds) Attempts { get; set; }

    /// <summary>Where it waits, or has waited; null: it never has.</summary>
    internal WaitingPlace? Place { get; set; }

    /// <summary>True while it may be started again from its beginning.</summary>
    internal virtual bool CanStartAgain => true;

    /// <summary>True: one request that encodes in place, without metadata, and one reply.</summary>
    internal bool IsPlain { get; private protected set; }

    /// <summary>True when <see cref="EncodeRequest"/> may be called under a lock: it runs no user code and writes little.</summary>
    public abstract bool EncodesInPlace { get; }

    /// <summary>Where the items of its result go; null: the result is not a stream.</summary>
    public virtual ItemQueue? Result => null;

    /// <summary>The trace that its request belongs to; none for most.</summary>
    internal virtual TraceContext Trace => _observation is { } observation ? observation.Trace : default;

    /// <summary>True when it has stream parameters: sent again, it would begin in their middle.</summary>
    public virtual bool SendsStreams => false;

    /// <summary>It has a carrier, which takes the items of its stream parameters from here on. Called once, where user code may not run.</summary>
    public virtual void Carry(CallStreams streams, Platform.ButlerScheduler scheduler)
    {
    }

    /// <summary>Appends the request's body.</summary>
    public abstract void EncodeRequest(WriteBuffer buffer);

    /// <summary>Ends the call with the body of its reply. Runs the caller's continuation on this thread.</summary>
    public abstract void Complete(ReadOnlySpan<byte> body);

    /// <summary>Ends the call with a failure. Runs the caller's continuation on this thread.</summary>
    public abstract void Fail(Exception failure);

    /// <summary>Ends the call with a failure, its continuation on the scheduler: for threads that must not run user code.</summary>
    public void FailLater(Exception failure, Platform.ButlerScheduler scheduler)
    {
        Debug.Assert(_failure is null);
        _failure = failure;
        scheduler.Queue(this);
    }

    /// <summary>Ends the call as cancelled by its caller, on the scheduler.</summary>
    public void CancelLater(Platform.ButlerScheduler scheduler) => FailLater(Cancelled(), scheduler);

    /// <summary>Ends the call if its caller has cancelled it already: it is not started, since its answer could come before the cancellation is seen.</summary>
    internal bool TryCancelBeforeStart()
    {
        if (!CancellationToken.IsCancellationRequested)
            return false;
        Fail(Cancelled());
        return true;
    }

    OperationCanceledException Cancelled() => new($"the call of {Method.FullName} was cancelled", CancellationToken);

    /// <summary>
    /// Says who holds it now. A caller's cancellation that came in between is told at once, so the owner must be able to find the call before it adopts it.
    /// Returns true when the owner has been told.
    /// </summary>
    public bool Adopt(ICallOwner owner)
    {
        var hasStreams = Method.HasStreams;
        if (!hasStreams && !CancellationToken.CanBeCanceled)
            return false;
        var isFirst = _owner is null;
        _owner = owner;
        if (isFirst && !hasStreams)
            return false; // still on the starting thread, before AfterStart: that one is told of a cancellation that came before, and fences
        Interlocked.MemoryBarrier(); // against the callback: it sets the token first and reads the owner then
        if (!CancellationToken.IsCancellationRequested)
            return false;
        owner.OnCancelled(this);
        return true;
    }

    void IThreadPoolWorkItem.Execute()
    {
        var failure = _failure!;
        _failure = null;
        FailUnlessMoved(failure);
    }

    /// <summary>Ends it with a failure, unless its router makes the call again.</summary>
    internal void FailUnlessMoved(Exception failure)
    {
        if (Router?.TryTakeBack(this, failure) != true)
            Fail(Attempts.Retries > 0 ? OfSeveralAttempts(failure) : failure);
    }

    /// <summary>Somebody wants to know of it. Before it is started.</summary>
    internal void Watch(CallObservation observation)
    {
        _observation = observation;
        IsPlain &= !observation.Trace.IsPresent;
    }

    /// <summary>It ends: before its caller goes on, since the object may be another call then.</summary>
    private protected void EndWatch(Exception? failure)
    {
        if (_observation is not null)
            Interlocked.Exchange(ref _observation, null)?.End(Method, failure, Router?.Server);
    }

    /// <summary>What the last of several attempts ended with says nothing of those before it, which may have run.</summary>
    internal static Exception OfSeveralAttempts(Exception last) => last is ButlerException { Certainty: ButlerCertainty.NotExecuted } told
        ? new ButlerException(told.Status, $"{told.Message}; an earlier attempt may have run", ButlerCertainty.Unknown, told.Reason, told) { ErrorId = told.ErrorId }
        : last;

    private protected ICallOwner? Owner => _owner;

    /// <summary>Called after the call was started, while the caller has not been given its task: the object is still this call.</summary>
    internal void AfterStart()
    {
        if (CancellationToken.CanBeCanceled)
            _registration = CancellationToken.UnsafeRegister(static state => { var call = (ClientCall)state!; call._owner?.OnCancelled(call); }, this);
    }

    // True when the object may be used again. When the callback is running it may still look at the object, so that one is left to the GC.
    private protected bool TryRetire()
    {
        if (CancellationToken.CanBeCanceled && !_registration.Unregister())
            return false;
        _registration = default;
        _owner = null;
        CancellationToken = default;
        Options = null;
        Router = null;
        Attempts = default;
        return true;
    }
}
