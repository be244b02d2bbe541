namespace ButlerRpc.Framing;

/// <summary>What a frame is for. The numbers are those of the native wire; other framings map theirs onto them.</summary>
enum FrameKind : byte
{
    Hello = 0x01,
    Welcome = 0x02,
    Bind = 0x03,
    Schema = 0x04,
    Request = 0x10,
    Reply = 0x11,
    Error = 0x12,
    Notify = 0x13,
    Item = 0x14,
    End = 0x15,
    Credit = 0x16,
    Cancel = 0x17,
    Stop = 0x18,
    Ping = 0x20,
    Pong = 0x21,
    Goaway = 0x30,

    /// <summary>0x80 and above on the wire: skipped and counted.</summary>
    Extension = 0x80,
}

[Flags]
enum FrameFlags : byte
{
    None = 0,
    More = 1,
    Deadline = 2,
    Total = 4,
    Trace = 8,
    Metadata = 16,
}

/// <summary>One frame's header: the same for all framings.</summary>
readonly struct FrameHeader(FrameKind kind, FrameFlags flags, uint code, uint call, int length)
{
    public FrameKind Kind { get; } = kind;

    public FrameFlags Flags { get; } = flags;

    /// <summary>The method, status, stream or reason, by kind.</summary>
    public uint Code { get; } = code;

    /// <summary>The call it belongs to.</summary>
    public uint Call { get; } = call;

    /// <summary>The bytes behind the header.</summary>
    public int Length { get; } = length;

    public bool More => (Flags & FrameFlags.More) != 0;
}

/// <summary>The peer broke the rules of the wire: the connection ends.</summary>
sealed class ProtocolViolationException(string message, ButlerReason reason = ButlerReason.ProtocolViolation) : Exception(message)
{
    public ButlerReason Reason { get; } = reason;
}
