using System.Buffers.Binary;

namespace ButlerRpc.Framing;

/// <summary>What stands between the header and the payload of a message's first frame.</summary>
ref struct MessagePrefix
{
    const int TraceSize = 25;
    const int MostMetadata = 8192;

    /// <summary>The time left in milliseconds; null: no deadline.</summary>
    public uint? DeadlineMilliseconds;

    /// <summary>The size of the whole body; null: the body is this frame's.</summary>
    public uint? Total;

    /// <summary>Trace id, span id and flags: 25 bytes, or none.</summary>
    public ReadOnlySpan<byte> Trace;

    /// <summary>A MessagePack map, or nothing.</summary>
    public ReadOnlySpan<byte> Metadata;

    /// <summary>Reads the prefixes and returns what stands behind them.</summary>
    public static ReadOnlySpan<byte> Read(FrameFlags flags, ReadOnlySpan<byte> payload, out MessagePrefix prefix)
    {
        prefix = default;
        if ((flags & (FrameFlags.More | FrameFlags.Total)) == FrameFlags.More)
            throw new ProtocolViolationException("the first of several frames does not say how large the message is");
        if ((flags & FrameFlags.Deadline) != 0)
            prefix.DeadlineMilliseconds = BinaryPrimitives.ReadUInt32LittleEndian(Take(ref payload, 4));
        if ((flags & FrameFlags.Total) != 0)
            prefix.Total = BinaryPrimitives.ReadUInt32LittleEndian(Take(ref payload, 4));
        if ((flags & FrameFlags.Trace) != 0)
            prefix.Trace = Take(ref payload, TraceSize);
        if ((flags & FrameFlags.Metadata) != 0)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(Take(ref payload, 2));
            if (length > MostMetadata)
                throw new ProtocolViolationException($"the metadata are {length} bytes; at most {MostMetadata} are allowed");
            prefix.Metadata = Take(ref payload, length);
        }

        return payload;
    }

    static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> payload, int count)
    {
        if (payload.Length < count)
            throw new ProtocolViolationException("a frame is too short for the prefixes that its flags announce");
        var taken = payload[..count];
        payload = payload[count..];
        return taken;
    }
}
