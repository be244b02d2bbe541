using ButlerRpc.Calls;
using ButlerRpc.RabbitMq.Connecting;
using ButlerRpc.Sessions;

namespace ButlerRpc.RabbitMq.Consuming;

/// <summary>
/// What a nack means. RabbitMQ says the same word for three things and gives no reason with it: the queue is full; the queue, or the node that had it, has died, which may have been after it had given
/// the call to a provider; a quorum queue has no leader that a new AMQP channel could make itself known to. Only the first is a promise that nobody runs the call, so it must be seen.
/// </summary>
static class Refusal
{
    /// <summary>The failure of a call that was refused, by how its queue looked just afterwards.</summary>
    /// <param name="method">The call's.</param>
    /// <param name="look">The look, begun after the refusal.</param>
    /// <param name="mostQueued">The calls that the queue takes.</param>
    public static ButlerException Of(Method method, QueueLook look, int mostQueued) => look.State switch
    {
        QueueState.Gone => Errors.Dropped($"the queue of the channel ended while it took {method.FullName}", handedOver: true),
        QueueState.Unknown => Errors.Dropped($"RabbitMQ refused {method.FullName}, and does not say how the queue of the channel is", handedOver: true),
        _ when look.Waiting >= LeastOfAFullOne(method.Idempotent, mostQueued) => new ButlerException(
            ButlerStatus.ResourceExhausted, $"the queue of the channel is full ({look.Waiting} of {mostQueued} calls), so {method.FullName} was refused", ButlerCertainty.NotExecuted, ButlerReason.QueueFull),
        _ => Errors.Dropped(
            $"RabbitMQ refused {method.FullName} though its queue holds {look.Waiting} of {mostQueued} calls: its node or its leader may have died, or it holds as many bytes as it may", handedOver: true),
    };

    // Once full, a quorum queue refuses until it is down to four fifths.
    static uint LeastOfAFullOne(bool isQuorum, int mostQueued) => isQuorum ? (uint)(mostQueued * 4L / 5) + 1 : (uint)mostQueued;
}
