using System.Buffers.Binary;

namespace ButlerRpc.Framing;

/// <summary>The native wire, <c>butler/1</c>; byte tables in docs/wire.md.</summary>
sealed class NativeFraming : Framing
{
    public const int Header = 16;
    public const int LargestFrame = 65_536;

    /// <summary>The largest frame before WELCOME.</summary>
    public const int LargestFirstFrame = 16_384;

    public static readonly NativeFraming Instance = new();

    /// <summary>What a dialler sends first: the name, the version, three reserved bytes.</summary>
    public static ReadOnlySpan<byte> Preface => [0x42, 0x54, 0x4C, 0x52, 0x01, 0x00, 0x00, 0x00];

    public override string Name => "butler/1";

    public override FramingCapabilities Capabilities => FramingCapabilities.All;

    public override int HeaderSize => Header;

    public override int MaxFrame => LargestFrame;

    public override FrameHeader ReadHeader(ReadOnlySpan<byte> bytes, int maxFrame)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (length > (uint)(maxFrame - Header))
            throw new ProtocolViolationException($"a frame announces {length} bytes; at most {maxFrame - Header} are allowed");
        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]) != 0)
            throw new ProtocolViolationException("the reserved field of a frame is not 0");
        var kind = bytes[4] >= (byte)FrameKind.Extension ? FrameKind.Extension : (FrameKind)bytes[4];
        var flags = (FrameFlags)bytes[5];
        if ((flags & ~AllowedFlags(kind)) != 0)
            throw new ProtocolViolationException($"a frame of kind 0x{bytes[4]:X2} has the flags 0x{bytes[5]:X2}, which it must not have");
        return new FrameHeader(
            kind, flags, BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]), (int)length);
    }

    public override void WriteHeader(Span<byte> bytes, in FrameHeader header) =>
        Write(bytes, header.Kind, header.Flags, header.Code, header.Call, header.Length);

    public static void Write(Span<byte> bytes, FrameKind kind, FrameFlags flags, uint code, uint call, int length)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (uint)length | (ulong)kind << 32 | (ulong)flags << 40);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], code | (ulong)call << 32);
    }

    static FrameFlags AllowedFlags(FrameKind kind) => kind switch
    {
        FrameKind.Request => FrameFlags.More | FrameFlags.Deadline | FrameFlags.Total | FrameFlags.Trace | FrameFlags.Metadata,
        FrameKind.Reply => FrameFlags.More | FrameFlags.Total | FrameFlags.Metadata,
        FrameKind.Notify => FrameFlags.More | FrameFlags.Total | FrameFlags.Trace | FrameFlags.Metadata,
        FrameKind.Item => FrameFlags.More | FrameFlags.Total,
        FrameKind.Extension => (FrameFlags)0xFF,
        FrameKind.Hello or FrameKind.Welcome or FrameKind.Bind or FrameKind.Schema or FrameKind.Error or FrameKind.End or FrameKind.Credit
            or FrameKind.Cancel or FrameKind.Stop or FrameKind.Ping or FrameKind.Pong or FrameKind.Goaway => FrameFlags.None,
        _ => throw new ProtocolViolationException($"0x{(byte)kind:X2} is not a kind of frame"),
    };
}
