using System.Buffers.Binary;
using ButlerRpc.Calls;
using ButlerRpc.Diagnostics;
using RabbitMQ.Client;

namespace ButlerRpc.RabbitMq.Wire;

/// <summary>A call as an AMQP message. Its body is the request as its codec has written it.</summary>
/// <param name="Id">What the answer and a cancellation are found by.</param>
/// <param name="MethodCode">The method.</param>
/// <param name="ReplyTo">Where the answer goes; null: nobody awaits one.</param>
/// <param name="Timeout">The milliseconds that were left when it was sent; null: no deadline.</param>
/// <param name="Metadata">As they were encoded; null: none.</param>
/// <param name="Trace">The trace it belongs to.</param>
/// <param name="Shape">The hash of the method's shapes; 0: not to be compared.</param>
/// <param name="AcceptedShapes">Other hashes that the caller has found to do no harm, 8 bytes each; null: none.</param>
readonly record struct RequestMessage(
    string Id, uint MethodCode, string? ReplyTo, uint? Timeout, byte[]? Metadata, TraceContext Trace, ulong Shape, byte[]? AcceptedShapes)
{
    /// <summary>Direct reply-to: RabbitMQ puts an address of the sender in its place, which needs no queue.</summary>
    public const string ReplyToMe = "amq.rabbitmq.reply-to";

    /// <param name="method">The method.</param>
    /// <param name="refusedKey">Where the call comes back to when its queue is full; null: it does not.</param>
    public BasicProperties Write(Method method, string? refusedKey = null)
    {
        var headers = new Dictionary<string, object?>(6) { [Headers.Method] = (long)MethodCode };
        var properties = new BasicProperties
        {
            CorrelationId = Id, Type = method.FullName, Headers = headers,
            DeliveryMode = method.Idempotent ? DeliveryModes.Persistent : DeliveryModes.Transient,
        };
        if (refusedKey is not null)
            headers[Headers.MoreKeys] = new List<string> { refusedKey };
        if (ReplyTo is not null)
            properties.ReplyTo = ReplyTo;
        if (Timeout is { } left)
        {
            headers[Headers.Timeout] = (long)left;
            properties.Expiration = Headers.Expiration(left);
        }

        if (Metadata is not null)
            headers[Headers.Metadata] = Metadata;
        if (Trace.IsPresent)
            headers[Headers.Trace] = Trace.ToArray();
        if (Shape != 0)
            headers[Headers.Shape] = (long)Shape;
        if (AcceptedShapes is not null)
            headers[Headers.AcceptedShapes] = AcceptedShapes;
        return properties;
    }

    /// <summary>True: a provider whose method has this hash may run it.</summary>
    public bool Accepts(ulong shape)
    {
        if (Shape == 0 || shape == 0 || Shape == shape)
            return true;
        for (ReadOnlySpan<byte> rest = AcceptedShapes; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..])
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(rest) == shape)
                return true;
        }

        return false;
    }

    /// <summary>False: it is no call.</summary>
    public static bool TryRead(IReadOnlyBasicProperties properties, out RequestMessage message)
    {
        message = default;
        if (Headers.Number(properties, Headers.Method) is not (>= 0 and <= uint.MaxValue and var code) || properties.CorrelationId is not { Length: > 0 } id)
            return false;
        uint? timeout = Headers.Number(properties, Headers.Timeout) is { } left ? (uint)Math.Clamp(left, 0, uint.MaxValue) : null;
        var trace = Headers.Bytes(properties, Headers.Trace) is { Length: TraceContext.Size } bytes ? TraceContext.Read(bytes) : default;
        message = new RequestMessage(
            id, (uint)code, properties.ReplyTo is { Length: > 0 } replyTo ? replyTo : null, timeout, Headers.Bytes(properties, Headers.Metadata), trace,
            (ulong)(Headers.Number(properties, Headers.Shape) ?? 0), Headers.Bytes(properties, Headers.AcceptedShapes));
        return true;
    }
}
