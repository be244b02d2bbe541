using ButlerRpc.Calls;
using ButlerRpc.RabbitMq.Connecting;
using ButlerRpc.Sessions;

namespace ButlerRpc.RabbitMq.Consuming;

/// <summary>
/// What a nack means. RabbitMQ has the same word for three things and gives no reason with it: the queue is full; the queue, or the node that had it, has died, which may have been after it had given
/// the call to a provider; a quorum queue has no leader that a new AMQP channel could make itself known to. Only the first promises that nobody runs the call, so it must be shown: a classic queue
/// sends back what it has no room for (<see cref="Wire.NoticeKind.Full"/>); a quorum queue cannot, and is looked at.
/// </summary>
static class Refusal
{
    /// <summary>The queue had no room for the call.</summary>
    public static ButlerException Full(Method method, string length = "") => new(
        ButlerStatus.ResourceExhausted, $"the queue of the channel is full{length}, so {method.FullName} was refused", ButlerCertainty.NotExecuted, ButlerReason.QueueFull);

    /// <summary>The queue, which was not full, may have had the call.</summary>
    public static ButlerException Lost(Method method) =>
        Errors.Dropped($"the queue of the channel, or the node that had it, ended while it took {method.FullName}", handedOver: true);

    /// <summary>The failure of a call that a quorum queue refused, by how that looked just afterwards.</summary>
    /// <param name="method">The call's.</param>
    /// <param name="look">The look, begun after the refusal.</param>
    /// <param name="mostQueued">The calls that the queue takes.</param>
    public static ButlerException Of(Method method, QueueLook look, int mostQueued) => look.State switch
    {
        QueueState.Gone => Lost(method),
        QueueState.Unknown => Errors.Dropped($"RabbitMQ refused {method.FullName}, and does not say how the queue of the channel is", handedOver: true),
        _ when look.Waiting > mostQueued * 4L / 5 => Full(method, $" ({look.Waiting} of {mostQueued} calls)"), // once full, it refuses until it is down to four fifths
        _ => Errors.Dropped(
            $"RabbitMQ refused {method.FullName} though its queue holds {look.Waiting} of {mostQueued} calls: it may have no leader, or hold as many bytes as it may", handedOver: true),
    };
}
