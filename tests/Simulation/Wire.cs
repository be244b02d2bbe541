using System.Buffers.Binary;
using System.Text;

namespace ButlerRpc.Testing;

/// <summary>
/// The bytes of the native wire, written from its description and not with the library's own code, so that the two check each other.
/// </summary>
public static class Wire
{
    /// <summary>HELLO.</summary>
    public const byte Hello = 0x01;

    /// <summary>WELCOME.</summary>
    public const byte Welcome = 0x02;

    /// <summary>REQUEST.</summary>
    public const byte Request = 0x10;

    /// <summary>REPLY.</summary>
    public const byte Reply = 0x11;

    /// <summary>ERROR.</summary>
    public const byte Error = 0x12;

    /// <summary>NOTIFY.</summary>
    public const byte Notify = 0x13;

    /// <summary>ITEM.</summary>
    public const byte Item = 0x14;

    /// <summary>END.</summary>
    public const byte End = 0x15;

    /// <summary>CREDIT.</summary>
    public const byte Credit = 0x16;

    /// <summary>CANCEL.</summary>
    public const byte Cancel = 0x17;

    /// <summary>STOP.</summary>
    public const byte Stop = 0x18;

    /// <summary>PING.</summary>
    public const byte Ping = 0x20;

    /// <summary>PONG.</summary>
    public const byte Pong = 0x21;

    /// <summary>GOAWAY.</summary>
    public const byte Goaway = 0x30;

    /// <summary>The flag MORE.</summary>
    public const byte More = 1;

    /// <summary>The flag DEADLINE.</summary>
    public const byte Deadline = 2;

    /// <summary>The flag TOTAL.</summary>
    public const byte Total = 4;

    /// <summary>What a dialler sends first.</summary>
    public static byte[] Preface => [0x42, 0x54, 0x4C, 0x52, 1, 0, 0, 0];

    /// <summary>A frame whose length is right.</summary>
    public static byte[] Frame(byte kind, byte flags, uint code, uint call, params byte[] payload) =>
        [.. Header((uint)payload.Length, kind, flags, code, call), .. payload];

    /// <summary>A header that may say anything.</summary>
    public static byte[] Header(uint length, byte kind, byte flags = 0, uint code = 0, uint call = 0, ushort reserved = 0)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, length);
        bytes[4] = kind;
        bytes[5] = flags;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(6), reserved);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), code);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), call);
        return bytes;
    }

    /// <summary>The number of a call.</summary>
    public static uint CallId(int slot, int generation = 1, bool byAcceptor = false) =>
        (byAcceptor ? 0x8000_0000 : 0) | (uint)(generation & 0x7FFF) << 16 | (ushort)slot;

    /// <summary>A whole HELLO frame.</summary>
    public static byte[] HelloFrame(
        ushort slots = 1024, uint maxMessage = 4 << 20, uint window = 8 << 20, uint notifies = 1024, string agent = "peer", byte[]? trailing = null,
        byte[]? token = null) =>
        Frame(Hello, 0, 0, 0, [.. Limits(slots, maxMessage, window, notifies), 0, .. Blob(token ?? []), .. Blob(Encoding.UTF8.GetBytes(agent)), .. trailing ?? []]);

    /// <summary>A whole WELCOME frame.</summary>
    public static byte[] WelcomeFrame(
        ushort slots = 1024, uint maxMessage = 4 << 20, uint window = 8 << 20, uint notifies = 1024, ulong session = 7, string agent = "peer") =>
        Frame(Welcome, 0, 0, 0, [.. Limits(slots, maxMessage, window, notifies), .. U64(session), .. Blob(Encoding.UTF8.GetBytes(agent))]);

    /// <summary>A whole ERROR frame.</summary>
    public static byte[] ErrorFrame(uint call, uint status, byte certainty, ushort reason, string message, byte[]? errorId = null) =>
        Frame(Error, 0, status, call, [certainty, .. U16(reason), .. errorId ?? new byte[16], .. Blob(Encoding.UTF8.GetBytes(message)), .. U32(0)]);

    /// <summary>A length of two bytes, and the bytes.</summary>
    public static byte[] Blob(byte[] bytes) => [.. U16((ushort)bytes.Length), .. bytes];

    /// <summary>Little-endian.</summary>
    public static byte[] U16(ushort value) => [(byte)value, (byte)(value >> 8)];

    /// <summary>Little-endian.</summary>
    public static byte[] U32(uint value) => [(byte)value, (byte)(value >> 8), (byte)(value >> 16), (byte)(value >> 24)];

    /// <summary>Little-endian.</summary>
    public static byte[] U64(ulong value) => [.. U32((uint)value), .. U32((uint)(value >> 32))];

    static byte[] Limits(ushort slots, uint maxMessage, uint window, uint notifies) =>
        [.. U16(slots), .. U32(maxMessage), .. U32(window), .. U32(notifies), .. U32(0)];
}

/// <summary>A frame as a raw peer has read it.</summary>
public sealed record WireFrame(byte Kind, byte Flags, ushort Reserved, uint Code, uint Call, byte[] Payload)
{
    /// <summary>The slot in the number of the call.</summary>
    public int Slot => (int)(Call & 0xFFFF);

    /// <summary>The generation in the number of the call.</summary>
    public int Generation => (int)(Call >> 16) & 0x7FFF;

    /// <summary>Reads the frames of recorded bytes; a preface in front is left out, and so is an incomplete frame at the end.</summary>
    public static IReadOnlyList<WireFrame> ParseAll(ReadOnlySpan<byte> bytes)
    {
        var frames = new List<WireFrame>();
        if (bytes.StartsWith(Wire.Preface))
            bytes = bytes[8..];
        while (bytes.Length >= 16)
        {
            var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            if (bytes.Length - 16 < length)
                break;
            frames.Add(Parse(bytes[..16], bytes.Slice(16, length)));
            bytes = bytes[(16 + length)..];
        }

        return frames;
    }

    internal static WireFrame Parse(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) => new(
        header[4], header[5], BinaryPrimitives.ReadUInt16LittleEndian(header[6..]), BinaryPrimitives.ReadUInt32LittleEndian(header[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(header[12..]), payload.ToArray());
}
