using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace ButlerRpc.Codec;

/// <summary>Reads MessagePack from contiguous bytes. Every count and length goes through one check against what is left, before anything is allocated.</summary>
public ref partial struct MessagePackReader(ReadOnlySpan<byte> bytes)
{
    /// <summary>The deepest nesting that is accepted.</summary>
    public const int MaxDepth = 64;

    /// <summary>The most elements that a collection makes room for before it has read any.</summary>
    public const int MaxPreallocation = 4096;

    // What a message may cost beyond what its own bytes account for: see Charge.
    const int HeapAllowance = 48 * 1024;
    const int HeapAllowancePerByte = 32;
    const int PreallocationPerByte = 16;

    // A struct lives in an array that grows by doubling: what was copied away and what is not yet used come on top.
    const int GrowthFactor = 3;

    readonly ReadOnlySpan<byte> _bytes = bytes;
    int _position;
    int _depth;
    long _allowance = HeapAllowance + ((long)HeapAllowancePerByte * bytes.Length);

    /// <summary>The offset of the next byte.</summary>
    public readonly int Position => _position;

    /// <summary>The bytes not yet read.</summary>
    public readonly int Remaining => _bytes.Length - _position;

    /// <summary>All that has not been read, whatever it is.</summary>
    internal ReadOnlySpan<byte> TakeRest()
    {
        var rest = _bytes[_position..];
        _position = _bytes.Length;
        return rest;
    }

    /// <summary>Throws when anything is left behind the value.</summary>
    public readonly void EnsureEnd()
    {
        if (_position != _bytes.Length)
            ThrowBad($"{_bytes.Length - _position} bytes are left behind the message");
    }

    /// <summary>True when nil is next; it is not read.</summary>
    public readonly bool IsNilNext => Peek() == 0xC0;

    /// <summary>Reads nil if it is next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadNil()
    {
        if (Peek() != 0xC0)
            return false;
        _position++;
        return true;
    }

    /// <summary>Reads nil if it is next, where a <typeparamref name="T"/> could be: a big struct takes its room even when it is nil.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadNil<T>()
        where T : struct
    {
        if (!TryReadNil())
            return false;
        if (Unsafe.SizeOf<T>() > PreallocationPerByte)
            ChargeStruct<T>();
        return true;
    }

    /// <summary>Reads an array's header. The count is checked: that many elements of <paramref name="smallestElement"/> bytes must be left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadArrayHeader(int smallestElement = 1)
    {
        var position = _position;
        if ((uint)position < (uint)_bytes.Length)
        {
            var count = _bytes[position] - 0x90;
            if ((uint)count < 16 && (uint)(count * smallestElement) < (uint)(_bytes.Length - position))
            {
                _position = position + 1;
                return count;
            }
        }

        return ReadWideArrayHeader(smallestElement);
    }

    /// <summary>Reads an array's header and refuses more than <paramref name="most"/> elements.</summary>
    public int ReadArrayHeader(int smallestElement, int most)
    {
        var count = ReadArrayHeader(smallestElement);
        if (count > most)
            ThrowTooMany(count, most);
        return count;
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

    /// <summary>Reads a map's header and refuses more than <paramref name="most"/> pairs.</summary>
    public int ReadMapHeader(int smallestPair, int most)
    {
        var count = ReadMapHeader(smallestPair);
        if (count > most)
            ThrowTooMany(count, most);
        return count;
    }

    /// <summary>How many of <paramref name="count"/> elements to make room for at once; the collection grows for the others as they come.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Preallocate<T>(int count) => (int)Math.Min(Math.Min(count, MaxPreallocation), (long)Remaining * PreallocationPerByte / Unsafe.SizeOf<T>());

    /// <summary>
    /// Accounts for heap that the bytes read do not: empty collections, members that an older peer did not send, big structs that are nil. Together they are bounded by
    /// the length of the message, so that a small message cannot become a large object.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Charge(long heapBytes)
    {
        if ((_allowance -= heapBytes) < 0)
            ThrowBad("the message would need far more memory than its length allows");
    }

    /// <summary>Accounts for a struct whose bytes did not come in full.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void ChargeStruct<T>()
        where T : struct => Charge((long)GrowthFactor * Unsafe.SizeOf<T>());

    /// <summary>Enters a nested value of a type that can hold itself; <see cref="Leave"/> follows.</summary>
    public void Enter()
    {
        if (++_depth > MaxDepth)
            ThrowTooDeep();
    }

    /// <summary>Leaves a nested value.</summary>
    public void Leave() => _depth--;

    int ReadWideArrayHeader(int smallestElement)
    {
        var code = Next();
        if ((code & 0xF0) == 0x90)
            return CheckCount((uint)(code & 0x0F), smallestElement);
        var width = code switch { 0xDC => 2, 0xDD => 4, _ => 0 };
        if (width == 0)
            ThrowUnexpected("array", code);
        return ReadCount(width, smallestElement);
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
            ThrowEnd();
        return _bytes[_position];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    byte Next()
    {
        var position = _position;
        if ((uint)position >= (uint)_bytes.Length)
            ThrowEnd();
        _position = position + 1;
        return _bytes[position];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    ReadOnlySpan<byte> Take(int count)
    {
        var position = _position;
        if ((uint)count > (uint)(_bytes.Length - position))
            ThrowEnd();
        _position = position + count;
        return _bytes.Slice(position, count);
    }

    [DoesNotReturn]
    static void ThrowEnd() => throw new MalformedMessageException("the message ends in the middle of a value") { IsEnd = true };

    [DoesNotReturn]
    static void ThrowUnexpected(string expected, byte code) =>
        ThrowBad(code == 0xC0 ? $"nil, where {expected} is expected" : $"expected {expected}, found the type byte 0x{code:X2}");

    [DoesNotReturn]
    static void ThrowRange(string type) => ThrowBad($"an integer does not fit into {type}");

    [DoesNotReturn]
    static void ThrowTooMany(int count, int most) => ThrowBad($"{count} elements are more than the {most} allowed");

    [DoesNotReturn]
    static void ThrowTooDeep() => throw new MalformedMessageException($"the message is nested deeper than {MaxDepth}", ButlerReason.TooDeep);

    /// <summary>A member that must be there is not.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [DoesNotReturn]
    public static void ThrowMissing(string member) => throw new MalformedMessageException("is missing") { Member = member };

    /// <summary>A value has no name in a closed enum.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [DoesNotReturn]
    public static void ThrowUnknownEnum(string type) => ThrowBad($"an integer is no value of {type}");

    /// <summary>A union has no case with that tag: an exception to be thrown.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static Exception UnknownTag(string union, int tag) => new MalformedMessageException($"{tag} is the tag of no case of {union}");

    [DoesNotReturn]
    internal static void ThrowBad(string what, Exception? cause = null) => throw new MalformedMessageException(what, innerException: cause);
}
