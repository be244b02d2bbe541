using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace ButlerRpc.Codec;

partial class MessagePackRaw
{
    const int BinaryOf16 = 18;

    /// <summary>Writes 18 bytes: a binary in the order of RFC 9562.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteGuid(ref byte p, Guid value)
    {
        value.TryWriteBytes(Binary16(ref p), bigEndian: true, out _);
        return ref Unsafe.Add(ref p, BinaryOf16);
    }

    /// <summary>Writes 18 bytes: a binary of flags, high, middle and low word, big-endian.</summary>
    public static ref byte WriteDecimal(ref byte p, decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        _ = Binary16(ref p);
        for (var i = 0; i < 4; i++)
            Store(ref Unsafe.Add(ref p, 2 + (4 * i)), (uint)bits[3 - i]);
        return ref Unsafe.Add(ref p, BinaryOf16);
    }

    /// <summary>Writes 18 bytes: a big-endian binary.</summary>
    public static ref byte WriteInt128(ref byte p, Int128 value) => ref WriteUInt128(ref p, (UInt128)value);

    /// <summary>Writes 18 bytes: a big-endian binary.</summary>
    public static ref byte WriteUInt128(ref byte p, UInt128 value)
    {
        _ = Binary16(ref p);
        Store(ref Unsafe.Add(ref p, 2), (ulong)(value >> 64));
        Store(ref Unsafe.Add(ref p, 10), (ulong)value);
        return ref Unsafe.Add(ref p, BinaryOf16);
    }

    /// <summary>Writes up to 5 bytes: the code point.</summary>
    public static ref byte WriteRune(ref byte p, Rune value) => ref WriteUInt32(ref p, (uint)value.Value);

    /// <summary>Writes 19 bytes: <c>[real, imaginary]</c>.</summary>
    public static ref byte WriteComplex(ref byte p, Complex value)
    {
        p = ref WriteArrayHeader(ref p, 2);
        p = ref WriteDouble(ref p, value.Real);
        return ref WriteDouble(ref p, value.Imaginary);
    }

    /// <summary>Writes up to 5 bytes: the day number, day 0 being 0001-01-01.</summary>
    public static ref byte WriteDateOnly(ref byte p, DateOnly value) => ref WriteInt32(ref p, value.DayNumber);

    /// <summary>Writes up to 9 bytes: the ticks of 100 ns since midnight.</summary>
    public static ref byte WriteTimeOnly(ref byte p, TimeOnly value) => ref WriteInt64(ref p, value.Ticks);

    /// <summary>Writes up to 9 bytes: the ticks of 100 ns.</summary>
    public static ref byte WriteTimeSpan(ref byte p, TimeSpan value) => ref WriteInt64(ref p, value.Ticks);

    /// <summary>Writes up to 15 bytes: a timestamp in UTC, in the smallest of its three forms. A time of unspecified kind is taken for UTC.</summary>
    public static ref byte WriteDateTime(ref byte p, DateTime value)
    {
        if (value.Kind == DateTimeKind.Local)
            value = value.ToUniversalTime();
        return ref WriteTimestamp(ref p, value.Ticks);
    }

    /// <summary>Writes up to 19 bytes: <c>[timestamp, offset in minutes]</c>.</summary>
    public static ref byte WriteDateTimeOffset(ref byte p, DateTimeOffset value)
    {
        p = ref WriteArrayHeader(ref p, 2);
        p = ref WriteTimestamp(ref p, value.UtcTicks);
        return ref WriteInt32(ref p, value.TotalOffsetMinutes);
    }

    // https://github.com/msgpack/msgpack/blob/master/spec.md#timestamp-extension-type
    static ref byte WriteTimestamp(ref byte p, long utcTicks)
    {
        var ticks = utcTicks - DateTime.UnixEpoch.Ticks;
        var seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out var rest);
        if (rest < 0)
        {
            seconds--;
            rest += TimeSpan.TicksPerSecond;
        }

        var nanoseconds = (ulong)rest * 100;
        if ((ulong)seconds >> 34 == 0)
        {
            if (nanoseconds == 0 && seconds <= uint.MaxValue)
            {
                p = 0xD6;
                Unsafe.Add(ref p, 1) = 0xFF;
                Store(ref Unsafe.Add(ref p, 2), (uint)seconds);
                return ref Unsafe.Add(ref p, 6);
            }

            p = 0xD7;
            Unsafe.Add(ref p, 1) = 0xFF;
            Store(ref Unsafe.Add(ref p, 2), (nanoseconds << 34) | (ulong)seconds);
            return ref Unsafe.Add(ref p, 10);
        }

        p = 0xC7;
        Unsafe.Add(ref p, 1) = 12;
        Unsafe.Add(ref p, 2) = 0xFF;
        Store(ref Unsafe.Add(ref p, 3), (uint)nanoseconds);
        Store(ref Unsafe.Add(ref p, 7), (ulong)seconds);
        return ref Unsafe.Add(ref p, 15);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Span<byte> Binary16(ref byte p)
    {
        p = 0xC4;
        Unsafe.Add(ref p, 1) = 16;
        return MemoryMarshal.CreateSpan(ref Unsafe.Add(ref p, 2), 16);
    }
}
