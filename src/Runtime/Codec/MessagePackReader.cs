using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Unicode;

namespace ButlerRpc.Codec;

/// <summary>Reads MessagePack from contiguous bytes. Every count and length goes through one check against what is left, before anything is allocated.</summary>
public ref struct MessagePackReader(ReadOnlySpan<byte> bytes)
{
    /// <summary>The deepest nesting that is accepted.</summary>
    public const int MaxDepth = 64;

    readonly ReadOnlySpan<byte> _bytes = bytes;
    int _position;
    int _depth;

    /// <summary>The offset of the next byte.</summary>
    public readonly int Position => _position;

    /// <summary>The bytes not yet read.</summary>
    public readonly int Remaining => _bytes.Length - _position;

    /// <summary>Throws when anything is left behind the value.</summary>
    public readonly void EnsureEnd()
    {
        if (_position != _bytes.Length)
            ThrowBad($"{_bytes.Length - _position} bytes are left behind the message");
    }

    /// <summary>Reads nil if it is next.</summary>
    public bool TryReadNil()
    {
        if (Peek() != 0xC0)
            return false;
        _position++;
        return true;
    }

    /// <summary>Reads a bool.</summary>
    public bool ReadBoolean()
    {
        var code = Next();
        if (code is 0xC2 or 0xC3)
            return code == 0xC3;
        ThrowUnexpected("bool", code);
        return false;
    }

    /// <summary>Reads an integer of any width.</summary>
    public long ReadInt64()
    {
        var code = Next();
        if (code < 0x80)
            return code;
        if (code >= 0xE0)
            return (sbyte)code;
        switch (code)
        {
            case 0xCC: return Take(1)[0];
            case 0xCD: return BinaryPrimitives.ReadUInt16BigEndian(Take(2));
            case 0xCE: return BinaryPrimitives.ReadUInt32BigEndian(Take(4));
            case 0xCF:
                var large = BinaryPrimitives.ReadUInt64BigEndian(Take(8));
                if (large > long.MaxValue)
                    ThrowRange("int64");
                return (long)large;
            case 0xD0: return (sbyte)Take(1)[0];
            case 0xD1: return BinaryPrimitives.ReadInt16BigEndian(Take(2));
            case 0xD2: return BinaryPrimitives.ReadInt32BigEndian(Take(4));
            case 0xD3: return BinaryPrimitives.ReadInt64BigEndian(Take(8));
            default:
                ThrowUnexpected("integer", code);
                return 0;
        }
    }

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
    public int ReadInt32()
    {
        var value = ReadInt64();
        if (value != (int)value)
            ThrowRange("int32");
        return (int)value;
    }

    /// <summary>Reads an integer and checks its range.</summary>
    public uint ReadUInt32()
    {
        var value = ReadInt64();
        if (value != (uint)value)
            ThrowRange("uint32");
        return (uint)value;
    }

    /// <summary>Reads a float32.</summary>
    public float ReadSingle()
    {
        var code = Next();
        if (code != 0xCA)
            ThrowUnexpected("float32", code);
        return BinaryPrimitives.ReadSingleBigEndian(Take(4));
    }

    /// <summary>Reads a float64; a float32 is widened.</summary>
    public double ReadDouble()
    {
        var code = Next();
        if (code == 0xCA)
            return BinaryPrimitives.ReadSingleBigEndian(Take(4));
        if (code != 0xCB)
            ThrowUnexpected("float64", code);
        return BinaryPrimitives.ReadDoubleBigEndian(Take(8));
    }

    /// <summary>Reads a string, strict UTF-8; nil is null.</summary>
    public string? ReadString()
    {
        var code = Next();
        int length;
        if ((code & 0xE0) == 0xA0)
            length = code & 0x1F;
        else if (code == 0xC0)
            return null;
        else
        {
            var width = code switch { 0xD9 => 1, 0xDA => 2, 0xDB => 4, _ => 0 };
            if (width == 0)
                ThrowUnexpected("str", code);
            length = ReadCount(width, 1);
        }

        return DecodeString(Take(length));
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

    /// <summary>Reads an array's header. The count is checked: that many elements of <paramref name="smallestElement"/> bytes must be left.</summary>
    public int ReadArrayHeader(int smallestElement = 1)
    {
        var code = Next();
        if ((code & 0xF0) == 0x90)
            return CheckCount((uint)(code & 0x0F), smallestElement);
        var width = code switch { 0xDC => 2, 0xDD => 4, _ => 0 };
        if (width == 0)
            ThrowUnexpected("array", code);
        return ReadCount(width, smallestElement);
    }

    /// <summary>Reads a map's header. The count of pairs is checked against what is left.</summary>
    public int ReadMapHeader(int smallestPair = 2)
    {
        var code = Next();
        if ((code & 0xF0) == 0x80)
            return CheckCount((uint)(code & 0x0F), smallestPair);
        var width = code switch { 0xDE => 2, 0xDF => 4, _ => 0 };
        if (width == 0)
            ThrowUnexpected("map", code);
        return ReadCount(width, smallestPair);
    }

    /// <summary>Steps over one value of any kind. Iterative: nesting costs no stack, and is limited all the same.</summary>
    public void Skip() => _ = ReadRaw();

    /// <summary>The bytes of one value of any kind.</summary>
    public ReadOnlySpan<byte> ReadRaw()
    {
        var start = _position;
        Span<uint> open = stackalloc uint[MaxDepth + 1];
        var depth = 0;
        open[0] = 1;
        while (true)
        {
            while (open[depth] == 0)
            {
                if (depth == 0)
                    return _bytes[start.._position];
                depth--;
            }

            open[depth]--;
            var children = SkipOne();
            if (children == 0)
                continue;
            if (++depth + _depth > MaxDepth)
                ThrowTooDeep();
            open[depth] = children;
        }
    }

    /// <summary>Enters a nested value of a cyclic type; <see cref="Leave"/> follows.</summary>
    public void Enter()
    {
        if (++_depth > MaxDepth)
            ThrowTooDeep();
    }

    /// <summary>Leaves a nested value.</summary>
    public void Leave() => _depth--;

    // The header of one value and, for a scalar, its body; returns the number of values inside it.
    uint SkipOne()
    {
        var code = Next();
        switch (code)
        {
            case < 0x80 or >= 0xE0 or 0xC0 or 0xC2 or 0xC3:
                return 0;
            case < 0x90:
                return (uint)CheckCount((uint)(code & 0x0F), 2) * 2;
            case < 0xA0:
                return (uint)CheckCount((uint)(code & 0x0F), 1);
            case < 0xC0:
                _ = Take(code & 0x1F);
                return 0;
            case 0xC4 or 0xD9:
                _ = Take(ReadCount(1, 1));
                return 0;
            case 0xC5 or 0xDA:
                _ = Take(ReadCount(2, 1));
                return 0;
            case 0xC6 or 0xDB:
                _ = Take(ReadCount(4, 1));
                return 0;
            case 0xC7:
                _ = Take(1 + ReadCount(1, 1));
                return 0;
            case 0xC8:
                _ = Take(1 + ReadCount(2, 1));
                return 0;
            case 0xC9:
                _ = Take(1 + ReadCount(4, 1));
                return 0;
            case 0xCC or 0xD0:
                _ = Take(1);
                return 0;
            case 0xCD or 0xD1:
                _ = Take(2);
                return 0;
            case 0xCA or 0xCE or 0xD2:
                _ = Take(4);
                return 0;
            case 0xCB or 0xCF or 0xD3:
                _ = Take(8);
                return 0;
            case 0xD4 or 0xD5 or 0xD6 or 0xD7 or 0xD8:
                _ = Take(1 + (1 << (code - 0xD4)));
                return 0;
            case 0xDC:
                return (uint)ReadCount(2, 1);
            case 0xDD:
                return (uint)ReadCount(4, 1);
            case 0xDE:
                return (uint)ReadCount(2, 2) * 2;
            case 0xDF:
                return (uint)ReadCount(4, 2) * 2;
            default:
                ThrowUnexpected("a value", code);
                return 0;
        }
    }

    // The one place where a count or length from the wire is read and believed.
    int ReadCount(int width, int smallestElement)
    {
        var bytes = Take(width);
        var count = width switch
        {
            1 => bytes[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(bytes),
            _ => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        };
        return CheckCount(count, smallestElement);
    }

    readonly int CheckCount(uint count, int smallestElement)
    {
        if ((ulong)count * (uint)smallestElement > (uint)(_bytes.Length - _position))
            ThrowBad($"a count of {count} does not fit into the {_bytes.Length - _position} bytes that are left");
        return (int)count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    readonly byte Peek()
    {
        if ((uint)_position >= (uint)_bytes.Length)
            ThrowBad("the message ends in the middle of a value");
        return _bytes[_position];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    byte Next()
    {
        var position = _position;
        if ((uint)position >= (uint)_bytes.Length)
            ThrowBad("the message ends in the middle of a value");
        _position = position + 1;
        return _bytes[position];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    ReadOnlySpan<byte> Take(int count)
    {
        var position = _position;
        if ((uint)count > (uint)(_bytes.Length - position))
            ThrowBad("the message ends in the middle of a value");
        _position = position + count;
        return _bytes.Slice(position, count);
    }

    static string DecodeString(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
            return "";
        char[]? rented = null;
        var chars = utf8.Length <= 256 ? stackalloc char[256] : rented = ArrayPool<char>.Shared.Rent(utf8.Length);
        try
        {
            if (Utf8.ToUtf16(utf8, chars, out _, out var written, replaceInvalidSequences: false) != OperationStatus.Done)
                ThrowBad("a string is not valid UTF-8");
            return new string(chars[..written]);
        }
        finally
        {
            if (rented is not null)
                ArrayPool<char>.Shared.Return(rented);
        }
    }

    [DoesNotReturn]
    static void ThrowUnexpected(string expected, byte code) => ThrowBad($"expected {expected}, found the type byte 0x{code:X2}");

    [DoesNotReturn]
    static void ThrowRange(string type) => ThrowBad($"an integer does not fit into {type}");

    [DoesNotReturn]
    static void ThrowTooDeep() => throw new ButlerException(
        ButlerStatus.InvalidArgument, $"the message is nested deeper than {MaxDepth}", ButlerCertainty.NotExecuted, ButlerReason.TooDeep);

    [DoesNotReturn]
    static void ThrowBad(string what) => throw new ButlerException(
        ButlerStatus.InvalidArgument, what, ButlerCertainty.NotExecuted, ButlerReason.BadMessage);
}
