using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace ButlerRpc.Codec;

/// <summary>Numbers, strings and binaries.</summary>
partial struct MessagePackReader
{
    /// <summary>Reads a bool.</summary>
    public bool ReadBoolean()
    {
        var code = Next();
        if (code is not (0xC2 or 0xC3))
            ThrowUnexpected("bool", code);
        return code == 0xC3;
    }

    /// <summary>Reads an integer of any width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ReadInt64() => TryReadSmall(out var small) ? small : ReadWide();

    /// <summary>Reads an integer of any width.</summary>
    public ulong ReadUInt64()
    {
        if (Peek() == 0xCF)
        {
            _position++;
            return BinaryPrimitives.ReadUInt64BigEndian(Take(8));
        }

        var value = ReadInt64();
        if (value < 0)
            ThrowRange("uint64");
        return (ulong)value;
    }

    /// <summary>Reads an integer and checks its range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadInt32() => TryReadSmall(out var small) ? small : ReadWideInt32();

    /// <summary>Reads an integer and checks its range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint ReadUInt32() => TryReadSmall(out var small) && small >= 0 ? (uint)small : ReadOtherUInt32(small);
    /// <summary>Reads an integer and checks its range.</summary>
    public short ReadInt16()
    {
        var value = ReadInt64();
        if (value != (short)value)
            ThrowRange("int16");
        return (short)value;
    }

    /// <summary>Reads an integer and checks its range.</summary>
    public ushort ReadUInt16()
    {
        var value = ReadInt64();
        if (value != (ushort)value)
            ThrowRange("uint16");
        return (ushort)value;
    }

    /// <summary>Reads an integer and checks its range.</summary>
    public sbyte ReadSByte()
    {
        var value = ReadInt64();
        if (value != (sbyte)value)
            ThrowRange("int8");
        return (sbyte)value;
    }

    /// <summary>Reads an integer and checks its range.</summary>
    public byte ReadByte()
    {
        var value = ReadInt64();
        if (value != (byte)value)
            ThrowRange("uint8");
        return (byte)value;
    }

    /// <summary>Reads a UTF-16 unit, an integer on the wire.</summary>
    public char ReadChar() => (char)ReadUInt16();

    /// <summary>Reads a float32; a float64 or an integer is accepted when nothing is lost.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float ReadSingle()
    {
        var position = _position;
        if (_bytes.Length - position < 5 || _bytes[position] != 0xCA)
            return ReadOtherSingle();
        _position = position + 5;
        var bits = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref MemoryMarshal.GetReference(_bytes), position + 1));
        return BitConverter.UInt32BitsToSingle(BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(bits) : bits);
    }

    /// <summary>Reads a float64; a float32 or an integer is accepted when nothing is lost.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double ReadDouble()
    {
        var position = _position;
        if (_bytes.Length - position >= 9 && _bytes[position] == 0xCB)
        {
            _position = position + 9;
            return BitConverter.UInt64BitsToDouble(Load64(position + 1));
        }

        return ReadOtherDouble();
    }

    /// <summary>Reads a half, a float32 on the wire.</summary>
    public Half ReadHalf()
    {
        var wide = ReadSingle();
        var value = (Half)wide;
        if ((float)value != wide && !float.IsNaN(wide))
            ThrowBad("a float32 does not fit into a half");
        return value;
    }

    /// <summary>Reads a string, strict UTF-8; nil is null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public string? ReadString() => TryReadNil() ? null : ReadText();

    /// <summary>Reads a string, strict UTF-8; nil is null; more than <paramref name="most"/> chars are refused.</summary>
    public string? ReadString(int most) => TryReadNil() ? null : ReadText(most);

    /// <summary>Reads a string that must not be nil, strict UTF-8.</summary>
    public string ReadText()
    {
        var position = _position;
        if ((uint)position < (uint)_bytes.Length)
        {
            var length = _bytes[position] - 0xA0;
            if ((uint)length < 32 && length < _bytes.Length - position)
            {
                _position = position + 1 + length;
                return DecodeString(_bytes.Slice(position + 1, length), int.MaxValue);
            }
        }

        return DecodeString(ReadTextBytes(), int.MaxValue);
    }

    /// <summary>Reads a string that must not be nil, strict UTF-8; more than <paramref name="most"/> chars are refused before anything is allocated.</summary>
    public string ReadText(int most) => DecodeString(ReadTextBytes(), most);

    /// <summary>The UTF-8 bytes of a string that must not be nil, not checked, as a span of the reader's own bytes.</summary>
    public ReadOnlySpan<byte> ReadTextBytes()
    {
        var code = Next();
        if ((code & 0xE0) == 0xA0)
            return Take(code & 0x1F);
        var width = code switch { 0xD9 => 1, 0xDA => 2, 0xDB => 4, _ => 0 };
        if (width == 0)
            ThrowUnexpected("str", code);
        return Take(ReadCount(width, 1));
    }

    /// <summary>Reads a binary as a span of the reader's own bytes.</summary>
    public ReadOnlySpan<byte> ReadBinary()
    {
        var code = Next();
        var width = code switch { 0xC4 => 1, 0xC5 => 2, 0xC6 => 4, _ => 0 };
        if (width == 0)
            ThrowUnexpected("bin", code);
        return Take(ReadCount(width, 1));
    }

    /// <summary>Reads a binary as a span of the reader's own bytes; more than <paramref name="most"/> bytes are refused.</summary>
    public ReadOnlySpan<byte> ReadBinary(int most)
    {
        var bytes = ReadBinary();
        if (bytes.Length > most)
            ThrowBad($"{bytes.Length} bytes are more than the {most} allowed");
        return bytes;
    }

    // One byte says it all for -32 to 127: as a signed byte those are exactly the values from -32.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    bool TryReadSmall(out sbyte value)
    {
        var position = _position;
        if ((uint)position < (uint)_bytes.Length)
        {
            var code = (sbyte)_bytes[position];
            if (code >= -32)
            {
                value = code;
                _position = position + 1;
                return true;
            }
        }

        value = 0;
        return false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    int ReadWideInt32()
    {
        var value = ReadWide();
        if (value != (int)value)
            ThrowRange("int32");
        return (int)value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    long ReadWide()
    {
        var position = _position;
        var code = Peek();
        var kind = code - 0xCC;
        if ((uint)kind >= 8)
        {
            _position++;
            ThrowUnexpected("integer", code);
        }

        // 0xCC to 0xCF are unsigned, 0xD0 to 0xD3 signed, of 1, 2, 4 and 8 bytes.
        var width = 1 << (kind & 3);
        ulong bits;
        if (_bytes.Length - position >= 9)
        {
            bits = Load64(position + 1);
        }
        else
        {
            if (_bytes.Length - position <= width)
                ThrowEnd();
            Span<byte> padded = stackalloc byte[8];
            _bytes.Slice(position + 1, width).CopyTo(padded);
            bits = BinaryPrimitives.ReadUInt64BigEndian(padded);
        }

        _position = position + 1 + width;
        var shift = 64 - (8 * width);
        if (kind >= 4)
            return (long)bits >> shift;
        if (code == 0xCF && (long)bits < 0)
            ThrowRange("int64");
        return (long)(bits >> shift);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    uint ReadOtherUInt32(sbyte small)
    {
        if (small < 0)
            ThrowRange("uint32");
        var value = ReadWide();
        if (value != (uint)value)
            ThrowRange("uint32");
        return (uint)value;
    }

    // Peers in languages with one kind of number write 1.0 as an integer, and everything else as a float64: accepted where nothing is lost.
    [MethodImpl(MethodImplOptions.NoInlining)]
    double ReadOtherDouble(string type = "float64")
    {
        var code = Next();
        switch (code)
        {
            case 0xCA:
                return BinaryPrimitives.ReadSingleBigEndian(Take(4));
            case 0xCB:
                return BinaryPrimitives.ReadDoubleBigEndian(Take(8));
            case < 0x80 or >= 0xE0 or (>= 0xCC and <= 0xD3):
                _position--;
                var integer = code == 0xCF ? (Int128)ReadUInt64() : ReadInt64();
                if ((Int128)(double)integer != integer)
                    ThrowRange(type);
                return (double)integer;
            default:
                ThrowUnexpected(type, code);
                return 0;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    float ReadOtherSingle()
    {
        // A float32 is passed on as it is: on its way through a double a signalling NaN would change.
        if (Peek() == 0xCA)
        {
            _position++;
            return BinaryPrimitives.ReadSingleBigEndian(Take(4));
        }

        var wide = ReadOtherDouble("float32");
        if ((float)wide != wide && !double.IsNaN(wide))
            ThrowBad("a float64 does not fit into float32");
        return (float)wide;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    readonly ulong Load64(int position)
    {
        var bits = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref MemoryMarshal.GetReference(_bytes), position));
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(bits) : bits;
    }

    static string DecodeString(ReadOnlySpan<byte> utf8, int most)
    {
        if (utf8.IsEmpty)
            return "";
        if (!Ascii.IsValid(utf8))
            return DecodeOtherString(utf8, most);
        if (utf8.Length > most)
            ThrowTooLong(most);

        // Filled before anybody else sees it, so it needs no buffer in between.
        var text = new string('\0', utf8.Length);
        Ascii.ToUtf16(utf8, MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(text.AsSpan()), text.Length), out _);
        return text;
    }

    [SkipLocalsInit]
    static string DecodeOtherString(ReadOnlySpan<byte> utf8, int most)
    {
        if (utf8.Length > 3L * most)
            ThrowTooLong(most);
        char[]? rented = null;
        var chars = utf8.Length <= 256 ? stackalloc char[256] : rented = ArrayPool<char>.Shared.Rent(utf8.Length);
        try
        {
            if (Utf8.ToUtf16(utf8, chars, out _, out var written, replaceInvalidSequences: false) != OperationStatus.Done)
                ThrowBad("a string is not valid UTF-8");
            if (written > most)
                ThrowTooLong(most);
            return new string(chars[..written]);
        }
        finally
        {
            if (rented is not null)
                ArrayPool<char>.Shared.Return(rented);
        }
    }

    /// <summary>Reads integers one after the other, with the place in a register instead of in the reader.</summary>
    internal void ReadInt32s(Span<int> values)
    {
        ref var first = ref MemoryMarshal.GetReference(_bytes);
        var position = _position;
        var lastWide = _bytes.Length - 9;
        for (var i = 0; i < values.Length; i++)
        {
            if (position > lastWide)
            {
                _position = position;
                values[i] = ReadInt32();
                position = _position;
                continue;
            }

            var code = Unsafe.Add(ref first, position);
            if ((sbyte)code >= -32)
            {
                values[i] = (sbyte)code;
                position++;
                continue;
            }

            var kind = code - 0xCC;
            var width = 1 << (kind & 3);
            var bits = Load64(position + 1);
            var value = kind < 4 ? (long)(bits >> (64 - (8 * width))) : (long)bits >> (64 - (8 * width));
            if ((uint)kind >= 8 || kind == 3 || value != (int)value)
            {
                // Eight unsigned bytes do not fit into value; for what is wrong the slow way finds the words.
                _position = position;
                values[i] = ReadInt32();
                position = _position;
                continue;
            }

            values[i] = (int)value;
            position += 1 + width;
        }

        _position = position;
    }

    static void ThrowTooLong(int most) => ThrowBad($"a string is longer than the {most} chars allowed");
}
