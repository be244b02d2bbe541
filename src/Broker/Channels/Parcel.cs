using System.Buffers;
using ButlerRpc.Framing;

namespace ButlerRpc.Broker.Channels;

/// <summary>
/// What passes from one end of a channel to the other: one frame as it stands in the receive buffer, or a message that came in several. The call's number
/// belongs to each end and is not part of it. Its payload is never decoded.
/// </summary>
readonly ref struct Parcel
{
    public FrameKind Kind { get; init; }

    /// <summary>DEADLINE, TRACE and METADATA of a request or reply; TOTAL where the frame has it. Never MORE.</summary>
    public FrameFlags Flags { get; init; }

    /// <summary>The method, status or stream.</summary>
    public uint Code { get; init; }

    /// <summary>When the call must be over, in the platform's milliseconds: the four bytes with which the payload of a request of the flag DEADLINE begins are stale.</summary>
    public long Deadline { get; init; }

    /// <summary>What stands behind the header; nothing when <see cref="Large"/> has it.</summary>
    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>A body of more than one frame; whoever takes the parcel takes this over.</summary>
    public LargeBody? Large { get; init; }

    /// <summary>True for what the broker itself says.</summary>
    public bool IsOwn { get; init; }

    /// <summary>The bytes behind the prefixes.</summary>
    public ReadOnlySpan<byte> Body => Large is { } large ? large.Span : MessagePrefix.Read(Flags, Payload, out _);

    /// <summary>What it counts for in a queue.</summary>
    public int Size => NativeFraming.Header + (Large?.Count ?? Payload.Length);

    /// <summary>True for what ends a call.</summary>
    public bool IsFinal => Kind is FrameKind.Reply or FrameKind.Error || (Kind == FrameKind.End && Code == 0);

    /// <summary>The same, kept beyond the receive buffer's life.</summary>
    public HeldParcel Hold()
    {
        byte[] bytes = [];
        if (Payload.Length > 0)
        {
            bytes = ArrayPool<byte>.Shared.Rent(Payload.Length);
            Payload.CopyTo(bytes);
        }

        return new HeldParcel(Kind, Flags, Code, Deadline, bytes, Payload.Length, Large);
    }
}

/// <summary>A body that came in several frames, with the prefixes of the first.</summary>
sealed record LargeBody(byte[] Bytes, int Count, byte[]? Trace = null, byte[]? Metadata = null)
{
    public ReadOnlySpan<byte> Span => Bytes.AsSpan(0, Count);

    public void Release() => ArrayPool<byte>.Shared.Return(Bytes);
}

/// <summary>A parcel that waits.</summary>
sealed record HeldParcel(FrameKind Kind, FrameFlags Flags, uint Code, long Deadline, byte[] Bytes, int Count, LargeBody? Large)
{
    public int Size => NativeFraming.Header + (Large?.Count ?? Count);

    public Parcel Open() => new() { Kind = Kind, Flags = Flags, Code = Code, Deadline = Deadline, Payload = Bytes.AsSpan(0, Count), Large = Large };

    /// <summary>It was passed on: the body in several frames has a new owner.</summary>
    public void Passed()
    {
        if (Bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(Bytes);
    }

    /// <summary>It will not be passed on.</summary>
    public void Drop()
    {
        Passed();
        Large?.Release();
    }
}
