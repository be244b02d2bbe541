using System.Buffers.Binary;

namespace ButlerRpc.Streams;

/// <summary>How the length of a body stands before it.</summary>
public abstract class LengthPrefix
{
    private protected LengthPrefix(int mostBytes, int mostBody)
    {
        MostBytes = mostBytes;
        MostBody = mostBody;
    }

    /// <summary>The most bytes of a header.</summary>
    public int MostBytes { get; }

    /// <summary>The longest body that it can announce, or was made for.</summary>
    public int MostBody { get; }

    /// <summary>
    /// The header of BuffStreams, version 2: as many bytes as the largest message asks for, and in them the zigzag varint of the length, padded with zeros. Both
    /// ends must be given the same maximum. Default 4096.
    /// </summary>
    public static LengthPrefix BuffStreams(int max = 4096)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        return new BuffStreamsPrefix(max);
    }

    /// <summary>A fixed number of bytes: 1, 2, 4 or 8.</summary>
    public static LengthPrefix Fixed(int bytes, bool bigEndian = true) => bytes is 1 or 2 or 4 or 8
        ? new FixedPrefix(bytes, bigEndian)
        : throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "a fixed prefix has 1, 2, 4 or 8 bytes");

    /// <summary>A base-128 varint, least significant group first: the delimited form of Google's protobuf.</summary>
    public static LengthPrefix Varint() => new VarintPrefix();

    /// <summary>Reads a header. False: more bytes are needed.</summary>
    /// <exception cref="InvalidDataException">It is no header; the message says what it looks like.</exception>
    public abstract bool TryRead(ReadOnlySpan<byte> bytes, out int headerBytes, out long length);

    /// <summary>Writes a header and returns its size.</summary>
    public abstract int Write(Span<byte> header, int length);

    private protected static int WriteVarint(Span<byte> span, ulong value)
    {
        var count = 0;
        for (; value >= 0x80; value >>= 7)
            span[count++] = (byte)(value | 0x80);
        span[count++] = (byte)value;
        return count;
    }

    // 0: it does not end within the bytes.
    private protected static int ReadVarint(ReadOnlySpan<byte> span, out ulong value)
    {
        value = 0;
        for (var count = 0; count < span.Length && count < 10; count++)
        {
            value |= (span[count] & 0x7Ful) << (7 * count);
            if (span[count] < 0x80)
                return count + 1;
        }

        return 0;
    }

    sealed class BuffStreamsPrefix(int max) : LengthPrefix((32 - System.Numerics.BitOperations.LeadingZeroCount((uint)max) + 7) / 8 + 1, max)
    {
        public override bool TryRead(ReadOnlySpan<byte> bytes, out int headerBytes, out long length)
        {
            headerBytes = MostBytes;
            length = 0;
            if (bytes.Length < MostBytes)
                return false;
            var used = ReadVarint(bytes[..MostBytes], out var zigzag);
            length = (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
            if (used == 0 || bytes[used..MostBytes].IndexOfAnyExcept((byte)0) >= 0)
            {
                throw new InvalidDataException(
                    $"{MostBytes} bytes that are no header for messages of at most {MostBody} bytes; the peer was most likely given another maximum (its MaxMessageSize)");
            }

            return true;
        }

        public override int Write(Span<byte> header, int length)
        {
            header[..MostBytes].Clear();
            WriteVarint(header, (ulong)length << 1);
            return MostBytes;
        }
    }

    sealed class FixedPrefix(int bytes, bool bigEndian) : LengthPrefix(bytes, bytes switch { 1 => byte.MaxValue, 2 => ushort.MaxValue, _ => int.MaxValue })
    {
        public override bool TryRead(ReadOnlySpan<byte> bytes, out int headerBytes, out long length)
        {
            headerBytes = MostBytes;
            length = 0;
            if (bytes.Length < MostBytes)
                return false;
            for (var i = 0; i < MostBytes; i++)
                length = length << 8 | bytes[bigEndian ? i : MostBytes - 1 - i];
            return true;
        }

        public override int Write(Span<byte> header, int length)
        {
            Span<byte> eight = stackalloc byte[8];
            if (bigEndian)
            {
                BinaryPrimitives.WriteInt64BigEndian(eight, length);
                eight[(8 - MostBytes)..].CopyTo(header);
            }
            else
            {
                BinaryPrimitives.WriteInt64LittleEndian(eight, length);
                eight[..MostBytes].CopyTo(header);
            }

            return MostBytes;
        }
    }

    sealed class VarintPrefix() : LengthPrefix(10, int.MaxValue)
    {
        public override bool TryRead(ReadOnlySpan<byte> bytes, out int headerBytes, out long length)
        {
            headerBytes = ReadVarint(bytes, out var value);
            length = (long)value;
            if (headerBytes == 0 && bytes.Length >= MostBytes)
                throw new InvalidDataException("ten bytes that are no varint");
            return headerBytes > 0;
        }

        public override int Write(Span<byte> header, int length) => WriteVarint(header, (ulong)length);
    }
}
