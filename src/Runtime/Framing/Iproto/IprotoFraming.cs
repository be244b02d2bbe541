using System.Buffers.Binary;
using ButlerRpc.Calls;

namespace ButlerRpc.Framing;

/// <summary>
/// The wire of go-iproto: <c>Msg | Len | Sync</c>, twelve bytes little-endian, and the body. There is no handshake, and nothing in a header tells a request from a
/// reply: a session finds out by its own pending calls. So that two ends that call each other at once are never mixed up, this end's Syncs carry bit 30 when it
/// dialled and bit 31 when it accepted; below them stand 14 bits of the slot's generation and 16 of the slot.
/// </summary>
sealed class IprotoFraming(IprotoOptions options) : Framing
{
    public const int Header = 12;
    public const uint Ping = 0xFF00;
    public const uint Shutdown = 0xFF01;
    public const int GenerationMask = 0x3FFF;

    public IprotoOptions Options { get; } = options;

    public override string Name => "iproto";

    public override FramingCapabilities Capabilities => FramingCapabilities.None;

    public override PayloadFormat Payload => PayloadFormat.Iproto;

    public override int HeaderSize => Header;

    public override int MaxFrame { get; } = Header + options.SizeLimit;

    /// <summary>The bit in the Syncs of the calls of one end.</summary>
    public static uint BitOf(bool acceptor) => acceptor ? 0x8000_0000 : 0x4000_0000;

    public override uint NumberOf(CallId call, bool oneWay) => oneWay ? 0 : NumberOf(call);

    /// <summary>The Sync of a call.</summary>
    public static uint NumberOf(CallId call) => BitOf(call.ByAcceptor) | (uint)(call.Generation & GenerationMask) << 16 | (uint)call.Slot;

    public override FrameHeader ReadHeader(ReadOnlySpan<byte> bytes, int maxFrame)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (length > (uint)(maxFrame - Header))
        {
            throw new ProtocolViolationException(
                $"a packet announces {length} bytes; at most {maxFrame - Header} are allowed ({nameof(IprotoOptions)}.{nameof(IprotoOptions.SizeLimit)})",
                ButlerReason.TooLarge);
        }

        return new FrameHeader(
            FrameKind.Request, FrameFlags.None, BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]), (int)length);
    }

    public override void WriteHeader(Span<byte> bytes, in FrameHeader header) => Write(bytes, header.Code, header.Call, header.Length);

    /// <summary>As <see cref="WriteHeader"/>, from its parts.</summary>
    public static void Write(Span<byte> bytes, uint message, uint sync, int length)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, message | (ulong)length << 32);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], sync);
    }
}
