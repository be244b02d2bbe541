using RabbitMQ.Client;

namespace ButlerRpc.RabbitMq.Wire;

/// <summary>
/// What a consumer hears of a call that was refused. A queue that is full sends the call back, by way of its dead letters, before the broker's nack; behind the nack the consumer sends itself an end
/// mark, and when that comes first the queue was not full.
/// </summary>
/// <param name="Id">The call's.</param>
/// <param name="WasFull">The queue was full, and the call never in it; false: this is the end mark.</param>
readonly record struct RefusedMessage(string Id, bool WasFull)
{
    const string EndMark = "refused";

    /// <summary>The end mark of a call.</summary>
    public static BasicProperties Mark(string id) => new() { CorrelationId = id, Type = EndMark };

    /// <summary>False: it is neither, such as a call whose time was over while it waited.</summary>
    public static bool TryRead(IReadOnlyBasicProperties properties, out RefusedMessage message)
    {
        var wasFull = Headers.Bytes(properties, Headers.PutAsideFor) is { } reason && reason.AsSpan().SequenceEqual("maxlen"u8);
        message = new RefusedMessage(properties.CorrelationId ?? "", wasFull);
        return wasFull || properties.Type == EndMark;
    }
}
