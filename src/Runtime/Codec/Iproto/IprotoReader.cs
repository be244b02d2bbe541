using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace ButlerRpc.Codec;

/// <summary>Reads values in the iproto form. Every count goes through one check against what is left, before anything is allocated.</summary>
/// <param name="bytes">What is read.</param>
/// <param name="lenient">
/// True: reads what go-iproto reads. The missing bytes of a truncated fixed-width integer count as 0 and a string that is no UTF-8 is taken with
/// replacement characters. Counts stay bounded.
/// </param>
public ref struct IprotoReader(ReadOnlySpan<byte> bytes, bool lenient = false)
{
    const int FirstElements = 1024;
    static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    readonly ReadOnlySpan<byte> _bytes = bytes;
    readonly bool _lenient = lenient;
    int _position;
    int _depth;

    /// <summary>Enters a message that may hold itself. Every level costs the peer a few bytes and this end a piece of its stack.</summary>
    /// <exception cref="ButlerException">InvalidArgument, TooDeep: more than 64 levels.</exception>
    public void Enter()
    {
        if (++_depth > MessagePackReader.MaxDepth)
        {
            throw new ButlerException(
                ButlerStatus.InvalidArgument, $"the message is nested deeper than {MessagePackReader.MaxDepth} levels", ButlerCertainty.NotExecuted, ButlerReason.TooDeep);
        }
    }

    /// <summary>Leaves it.</summary>
    public void Leave() => _depth--;

    /// <summary>The offset of the next byte.</summary>
    public readonly int Position => _position;

    /// <summary>How many bytes are not yet read.</summary>
    public readonly int Remaining => _bytes.Length - _position;

    /// <summary>The bytes not yet read.</summary>
    public readonly ReadOnlySpan<byte> Tail => _bytes[_position..];

    /// <summary>True when truncated integers are taken as go-iproto takes them.</summary>
    public readonly bool IsLenient => _lenient;

    /// <summary>Throws when anything is left behind the value, unless the reader is lenient.</summary>
    public readonly void EnsureEnd()
    {
        if (_position != _bytes.Length && !_lenient)
            ThrowBad($"{_bytes.Length - _position} bytes are left behind the message");
    }

    /// <summary>Reads a byte.</summary>
    public byte ReadByte() => Fixed(1)[0];

    /// <summary>Reads a signed byte.</summary>
    public sbyte ReadSByte() => (sbyte)ReadByte();

    /// <summary>Reads a bool: a byte that is 0 or 1.</summary>
    public bool ReadBoolean()
    {
        var value = ReadByte();
        if (value > 1)
            ThrowBad($"0x{value:X2} is not a bool");
        return value == 1;
    }

    /// <summary>Reads a 16-bit integer.</summary>
    public ushort ReadUInt16(IprotoMode mode = IprotoMode.Default)
    {
        if (mode == IprotoMode.Ber)
            return (ushort)ReadBer(3, ushort.MaxValue);
        return BinaryPrimitives.ReadUInt16LittleEndian(Fixed(2));
    }

    /// <summary>Reads a 16-bit integer.</summary>
    public short ReadInt16(IprotoMode mode = IprotoMode.Default) => (short)ReadUInt16(mode);

    /// <summary>Reads a 32-bit integer.</summary>
    public uint ReadUInt32(IprotoMode mode = IprotoMode.Default)
    {
        if (mode == IprotoMode.Ber)
            return (uint)ReadBer(5, uint.MaxValue);
        return BinaryPrimitives.ReadUInt32LittleEndian(Fixed(4));
    }

    /// <summary>Reads a 32-bit integer.</summary>
    public int ReadInt32(IprotoMode mode = IprotoMode.Default) => (int)ReadUInt32(mode);

    /// <summary>Reads a 64-bit integer.</summary>
    public ulong ReadUInt64(IprotoMode mode = IprotoMode.Default)
    {
        if (mode == IprotoMode.Ber)
            return ReadBer(10, ulong.MaxValue);
        return BinaryPrimitives.ReadUInt64LittleEndian(Fixed(8));
    }

    /// <summary>Reads a 64-bit integer.</summary>
    public long ReadInt64(IprotoMode mode = IprotoMode.Default) => (long)ReadUInt64(mode);

    /// <summary>Reads the count of a string, a binary or a slice; never more than the bytes that are left, as an element takes at least one.</summary>
    /// <param name="mode">The form of the count.</param>
    /// <param name="elementSize">The fewest bytes of an element.</param>
    public int ReadCount(IprotoMode mode = IprotoMode.Default, int elementSize = 1)
    {
        var count = ReadUInt32(mode);
        var most = (uint)(Remaining / Math.Max(elementSize, 1));
        if (count > most)
            ThrowBad($"a count of {count}, with {Remaining} bytes left");
        return (int)count;
    }

    /// <summary>Reads a string.</summary>
    /// <param name="mode">The form of the count.</param>
    /// <param name="most">The most UTF-16 units; checked before anything is allocated.</param>
    public string ReadString(IprotoMode mode = IprotoMode.Default, int most = int.MaxValue)
    {
        var text = ReadBytesSpan(mode);
        if (text.Length > most && Encoding.UTF8.GetCharCount(text) > most)
            ThrowBad($"a string of more than {most} characters");
        try
        {
            return _lenient ? Encoding.UTF8.GetString(text) : Utf8.GetString(text);
        }
        catch (DecoderFallbackException e)
        {
            throw Bad($"a string is not UTF-8: {e.Message}", e);
        }
    }

    /// <summary>Reads bytes behind their count.</summary>
    public byte[] ReadBytes(IprotoMode mode = IprotoMode.Default) => ReadBytesSpan(mode).ToArray();

    /// <summary>Reads bytes behind their count, without copying them.</summary>
    /// <param name="mode">The form of the count.</param>
    /// <param name="most">The most bytes.</param>
    public ReadOnlySpan<byte> ReadBytesSpan(IprotoMode mode = IprotoMode.Default, int most = int.MaxValue)
    {
        var count = ReadCount(mode);
        if (count > most)
            ThrowBad($"{count} bytes; at most {most} are allowed");
        return ReadRaw(count);
    }

    /// <summary>Reads a number of bytes as they are.</summary>
    public ReadOnlySpan<byte> ReadRaw(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > Remaining)
            ThrowBad($"{count} bytes are needed and {Remaining} left");
        var taken = _bytes.Slice(_position, count);
        _position += count;
        return taken;
    }

    /// <summary>Reads a slice: its count, then each element as <paramref name="element"/> reads it.</summary>
    /// <param name="element">Reads one.</param>
    /// <param name="mode">The form of the count.</param>
    /// <param name="most">The most elements.</param>
    public T[] ReadSlice<T>(IprotoElementReader<T> element, IprotoMode mode = IprotoMode.Default, int most = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(element);
        var count = ReadCount(mode);
        if (count > most)
            ThrowBad($"{count} elements; at most {most} are allowed");
        if (count == 0)
            return [];

        // Grown as the elements come: a count is worth one byte of message per element, an element may be much larger.
        var values = new T[Math.Min(count, FirstElements)];
        for (var index = 0; index < count; index++)
        {
            if (index == values.Length)
                Array.Resize(ref values, (int)Math.Min(count, index * 2L));
            values[index] = element(ref this);
        }

        return values;
    }

    ReadOnlySpan<byte> Fixed(int size)
    {
        if (Remaining >= size)
        {
            var taken = _bytes.Slice(_position, size);
            _position += size;
            return taken;
        }

        if (!_lenient)
            ThrowBad($"an integer of {size} bytes has {Remaining}");
        var padded = new byte[size];
        _bytes[_position..].CopyTo(padded);
        _position = _bytes.Length;
        return padded;
    }

    // Overlong forms are accepted as long as they stay within the bytes that the width may take; a value beyond the width is not.
    ulong ReadBer(int mostBytes, ulong most)
    {
        ulong value = 0;
        for (var count = 1; ; count++)
        {
            if (_position == _bytes.Length)
                ThrowBad("a BER integer ends too early");
            if (count > mostBytes || value > most >> 7)
                ThrowBad($"a BER integer is larger than {most}");
            var group = _bytes[_position++];
            value = value << 7 | (group & 0x7Fu);
            if ((group & 0x80) == 0)
                return value;
        }
    }

    internal static ButlerException Bad(string what, Exception? inner = null) =>
        new(ButlerStatus.InvalidArgument, $"the message is malformed: {what}", ButlerCertainty.NotExecuted, ButlerReason.BadMessage, inner);

    [DoesNotReturn]
    static void ThrowBad(string what) => throw Bad(what);
}
