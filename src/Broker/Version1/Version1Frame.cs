using System.Buffers.Binary;

namespace ButlerRpc.Broker.Version1;

/// <summary>The kinds of frames of version 1.</summary>
enum Version1Kind : byte
{
    Response = 2,
    Error = 3,
    Start = 4,
    Chunk = 5,
    End = 6,
}

/// <summary>
/// A frame's header on the wire of version 1, all big-endian: version 1, kind, flags u16, request id 16, payload length u32. A payload is at most 1 MiB.
/// </summary>
readonly record struct Version1Header(byte Version, Version1Kind Kind, ushort Flags, Guid Request, uint Length)
{
    public const int Size = 24;
    public const int MostPayload = 1 << 20;

    /// <summary>The two ids with which a Start to a provider, and its answer, begin: client and channel.</summary>
    public const int RouteSize = 32;

    /// <summary>Role, timeout in milliseconds, client and channel.</summary>
    public const int StartSize = 41;

    /// <summary>In a consumer's Start: it takes an answer of more than one frame, as Start, Chunks and End.</summary>
    public const ushort TakesChunks = 1;

    public static Version1Header Read(ReadOnlySpan<byte> bytes) => new(
        bytes[0], (Version1Kind)bytes[1], BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]), new Guid(bytes.Slice(4, 16), bigEndian: true),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[20..]));

    public static void Write(Span<byte> bytes, Version1Kind kind, Guid request, int length)
    {
        bytes[0] = 1;
        bytes[1] = (byte)kind;
        bytes[2] = bytes[3] = 0;
        request.TryWriteBytes(bytes[4..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[20..], (uint)length);
    }
}

/// <summary>The payload of a Start from a consumer or provider.</summary>
readonly record struct Version1Start(byte Role, ulong TimeoutMilliseconds, Guid Client, Guid Channel)
{
    public const byte Consumer = 1;
    public const byte Provider = 2;

    public static Version1Start Read(ReadOnlySpan<byte> payload) => new(
        payload[0], BinaryPrimitives.ReadUInt64BigEndian(payload[1..]), new Guid(payload.Slice(9, 16), bigEndian: true), new Guid(payload.Slice(25, 16), bigEndian: true));
}
