using ButlerRpc.Calls;
using ButlerRpc.Diagnostics;
using ButlerRpc.RabbitMq.Wire;
using ButlerRpc.Sessions;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.RabbitMq.Consuming;

/// <summary>A call of this process that has no outcome yet. Whoever ends it first does; its caller goes on on the scheduler, never on a thread of RabbitMQ's client.</summary>
sealed class PendingCall(AmqpInvoker invoker, ClientCall call, byte[] body, byte[]? metadata) : ICallOwner, IThreadPoolWorkItem
{
    int _ended;
    CancellationTokenSource? _waits; // never disposed of: it has no timer, and whoever ends the call may be just about to cancel it
    byte[]? _reply;
    ConsumerLine? _line;

    public Method Method { get; } = call.Method;

    public byte[] Body { get; } = body;

    /// <summary>When it ends at the latest, in the platform's milliseconds.</summary>
    public long Deadline { get; } = call.Deadline;

    /// <summary>The time that it was given.</summary>
    public required TimeSpan Patience { get; init; }

    /// <summary>When it gives up to wait for a connection.</summary>
    public long GiveUp { get; set; } = long.MaxValue;

    /// <summary>When it gives up to wait for a provider; null: it has not begun to.</summary>
    public long? ProviderGiveUp { get; set; }

    /// <summary>The attempt's number in the broker.</summary>
    public string Id { get; set; } = "";

    /// <summary>What it waits in; null: in nothing.</summary>
    public LinkedListNode<PendingCall>? Waiting { get; set; }

    /// <summary>It counts among the calls in flight.</summary>
    public bool HasSlot { get; set; }

    /// <summary>The broker has the attempt.</summary>
    public bool IsConfirmed { get; set; }

    /// <summary>A provider that stops has it and will still answer.</summary>
    public bool IsHeld { get; set; }

    public int Moves { get; set; }

    public int Retries { get; set; }

    public bool IsOpen => Volatile.Read(ref _ended) == 0;

    public bool IsOneWay => Method.Shape == MethodShape.OneWay;

    /// <summary>True once it was given to a line in this attempt: from there on it may run.</summary>
    public bool IsHandedOver => Volatile.Read(ref _line) is not null;

    public Metadata? ResponseMetadata => call.Options?.ResponseMetadata;

    public bool IsCancelled => call.CancellationToken.IsCancellationRequested;

    public bool IsOn(ConsumerLine line) => ReferenceEquals(Volatile.Read(ref _line), line);

    /// <summary>The message of an attempt that is about to begin.</summary>
    public RequestMessage Message(long now, byte[]? acceptedShapes) => new(
        Id, Method.Code, IsOneWay ? null : RequestMessage.ReplyToMe, IsOneWay || Deadline == long.MaxValue ? null : (uint)Math.Min(Deadline - now, uint.MaxValue),
        metadata, call.Trace, Method.ShapeHash, acceptedShapes);

    public void HandOver(ConsumerLine line)
    {
        (IsConfirmed, IsHeld) = (false, false);
        Volatile.Write(ref _line, line);
    }

    /// <summary>The attempt has failed. True for the first who says so.</summary>
    public bool TryTakeBack(ConsumerLine line) => ReferenceEquals(Interlocked.CompareExchange(ref _line, null, line), line);

    /// <summary>The line it was given to last, so that a cancellation can follow it; null: none.</summary>
    public ConsumerLine? Line => Volatile.Read(ref _line);

    /// <summary>True for the one who may end it, and then must.</summary>
    public bool TryEnd() => Interlocked.Exchange(ref _ended, 1) == 0;

    /// <summary>Fires when the call has ended: for what it waits for before it is sent.</summary>
    public CancellationToken UntilEnded()
    {
        var waits = new CancellationTokenSource();
        Interlocked.Exchange(ref _waits, waits); // a full fence: the one who ends it sees this, or is seen below
        if (!IsOpen)
            waits.Cancel();
        return waits.Token;
    }

    /// <summary>It has ended: it waits for nothing any more.</summary>
    public void StopWaiting(ILogger logger)
    {
        if (Volatile.Read(ref _waits) is { } waits)
            invoker.Scheduler.Queue(new TokenFired(waits, logger, Method.FullName));
    }

    public void Adopt() => call.Adopt(this);

    public void Complete(byte[] reply)
    {
        _reply = reply;
        invoker.Scheduler.Queue(this);
    }

    public void Fail(Exception failure)
    {
        call.Attempts = ((byte)Moves, (byte)Retries, 0);
        call.FailLater(failure, invoker.Scheduler);
    }

    public void Cancel() => call.CancelLater(invoker.Scheduler);

    void ICallOwner.OnCancelled(ClientCall cancelled) => invoker.Cancel(this);

    void IThreadPoolWorkItem.Execute() => call.Complete(_reply);
}
