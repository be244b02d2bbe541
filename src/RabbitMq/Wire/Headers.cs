using System.Globalization;
using RabbitMQ.Client;

namespace ButlerRpc.RabbitMq.Wire;

/// <summary>The names of what stands beside a body in an AMQP message, and reading it: a stranger can put anything there.</summary>
static class Headers
{
    /// <summary>The method's code; a number.</summary>
    public const string Method = "butler-method";

    /// <summary>The milliseconds that the caller had left when it sent the call; a number. Missing: no deadline.</summary>
    public const string Timeout = "butler-timeout";

    /// <summary>The metadata as a MessagePack map; bytes. Missing: none.</summary>
    public const string Metadata = "butler-metadata";

    /// <summary>Trace id, span id and flags, 25 bytes. Missing: none.</summary>
    public const string Trace = "butler-trace";

    /// <summary>The hash of the method's shapes, as its caller has them; a number. Missing: not to be compared.</summary>
    public const string Shape = "butler-shape";

    /// <summary>Other hashes that the caller has found to do no harm; bytes, 8 each, little-endian. Missing: none.</summary>
    public const string AcceptedShapes = "butler-accepted-shapes";

    /// <summary>The contract lines of the provider's method, one a line; bytes. Only in an error that says that they differ.</summary>
    public const string Contract = "butler-contract";

    /// <summary>The status of an error; a number.</summary>
    public const string Status = "butler-status";

    /// <summary>How often the message was given to a provider before; RabbitMQ writes it into messages of quorum queues.</summary>
    public const string Deliveries = "x-delivery-count";

    /// <summary>Routing keys besides the one that a message is published with; RabbitMQ reads them.</summary>
    public const string MoreKeys = "CC";

    /// <summary>Why a message was put aside for the first time; RabbitMQ writes it.</summary>
    public const string PutAsideFor = "x-first-death-reason";

    public static long? Number(IReadOnlyBasicProperties properties, string name) => Value(properties, name) switch
    {
        long value => value,
        int value => value,
        uint value => value,
        short value => value,
        ushort value => value,
        byte value => value,
        sbyte value => value,
        _ => null,
    };

    public static byte[]? Bytes(IReadOnlyBasicProperties properties, string name) => Value(properties, name) as byte[];

    /// <summary>A message's life in milliseconds as AMQP has it. Never 0, with which it would not even wait for a provider that is free.</summary>
    public static string Expiration(long milliseconds) => Math.Max(1, milliseconds).ToString(CultureInfo.InvariantCulture);

    static object? Value(IReadOnlyBasicProperties properties, string name) =>
        properties.Headers is { } headers && headers.TryGetValue(name, out var value) ? value : null;
}
