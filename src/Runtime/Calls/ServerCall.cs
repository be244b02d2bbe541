using System.Security.Claims;
using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;

namespace ButlerRpc.Calls;

/// <summary>
/// One call being served: what a dispatcher is given. It ends by exactly one of <see cref="EndReply"/>, <see cref="EndStream"/>, <see cref="Fail"/> and <see cref="Finish"/>, after
/// which the object belongs to its carrier again.
/// </summary>
public abstract class ServerCall
{
    int _version;

    /// <summary>Counts the uses of the pooled object, so that a context kept too long is found out.</summary>
    internal int Version => _version;

    /// <summary>The code under which it was called.</summary>
    public virtual uint MethodCode => 0;

    /// <summary>True when nobody awaits an answer.</summary>
    public virtual bool IsOneWay => false;

    /// <summary>The request's body, valid until the handler was called.</summary>
    public abstract ReadOnlySpan<byte> RequestBody { get; }

    /// <summary>The form of its bodies. Default: MessagePack.</summary>
    public virtual PayloadFormat Format => PayloadFormat.MessagePack;

    /// <summary>The other end, to call back.</summary>
    public abstract CallInvoker Peer { get; }

    /// <summary>Fires when the call is cancelled, its deadline passes, or its session drops. Made on first use.</summary>
    public abstract CancellationToken CancellationToken { get; }

    /// <summary>Fires when the session takes no new calls and waits for this one to end. Default: never.</summary>
    public virtual CancellationToken Draining => default;

    /// <summary>The time left; null when the call has no deadline.</summary>
    public abstract TimeSpan? RemainingTime { get; }

    /// <summary>Who calls; null: nobody that was authenticated.</summary>
    public virtual ClaimsPrincipal? Principal => null;

    /// <summary>The trace that its caller's span belongs to; none: the caller is part of no trace.</summary>
    internal virtual TraceContext Trace => default;

    /// <summary>What came with the request; null: nothing.</summary>
    public abstract Metadata? Metadata { get; }

    /// <summary>What goes with the reply; made on first use.</summary>
    public abstract Metadata ResponseMetadata { get; }

    /// <summary>The call's streams; null: it has none.</summary>
    public abstract CallStreams? Streams { get; }

    /// <summary>Ends a call whose result is a stream, behind its last item.</summary>
    public abstract void EndStream();

    /// <summary>The handler did not end at once: what the call was given goes on living beyond this thread.</summary>
    public abstract void Suspend();

    /// <summary>
    /// Where the reply's body goes. With <paramref name="inPlace"/> it is the session's send buffer, under its lock, until <see cref="EndReply"/> or
    /// <see cref="AbortReply"/>: nothing but a codec that encodes in place may run in between. Null: the caller does not take its replies; see <see cref="WhenRoom"/>.
    /// </summary>
    public abstract WriteBuffer? BeginReply(bool inPlace);

    /// <summary>Sends the reply and ends the call. False: the caller does not take its replies, and this one is forgotten; see <see cref="WhenRoom"/>.</summary>
    public abstract bool EndReply();

    /// <summary>Queues <paramref name="reply"/>, which makes the reply anew, when there is room for it. Not called by carriers that always have room.</summary>
    public virtual void WhenRoom(IThreadPoolWorkItem reply) => throw new NotSupportedException($"{GetType().Name} refused a reply and has no queue for it");

    /// <summary>Takes back what was written since <see cref="BeginReply"/>; the call goes on.</summary>
    public abstract void AbortReply();

    /// <summary>Ends the call with an error. <paramref name="executed"/>: its handler was started.</summary>
    public abstract void Fail(Exception failure, bool executed);

    /// <summary>Ends a one-way call.</summary>
    public abstract void Finish();

    /// <summary>Makes every context of the present use invalid.</summary>
    private protected void Retire() => _version++;
}
