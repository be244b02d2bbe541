using System.ComponentModel;
using System.Numerics;
using System.Text;

namespace ButlerRpc.Codec;

/// <summary>A type whose values have a bounded size on the wire: how <see cref="MessagePackSpans"/> carries sequences of them.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IScalar<T>
{
    /// <summary>The most bytes of one value.</summary>
    static abstract int MaxBytes { get; }

    /// <summary>The fewest bytes of one value.</summary>
    static abstract int MinBytes { get; }

    /// <summary>Writes a value where there is room for it.</summary>
    static abstract ref byte Write(ref byte p, T value);

    /// <summary>Reads a value.</summary>
    static abstract T Read(ref MessagePackReader reader);
}

/// <summary>The scalars.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Scalars
{
    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfBoolean : IScalar<bool>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 1;

        /// <inheritdoc/>
        public static int MinBytes => 1;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, bool value) => ref MessagePackRaw.WriteBoolean(ref p, value);

        /// <inheritdoc/>
        public static bool Read(ref MessagePackReader reader) => reader.ReadBoolean();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfSByte : IScalar<sbyte>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 2;

        /// <inheritdoc/>
        public static int MinBytes => 1;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, sbyte value) => ref MessagePackRaw.WriteSByte(ref p, value);

        /// <inheritdoc/>
        public static sbyte Read(ref MessagePackReader reader) => reader.ReadSByte();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfByte : IScalar<byte>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 2;

        /// <inheritdoc/>
        public static int MinBytes => 1;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, byte value) => ref MessagePackRaw.WriteByte(ref p, value);

        /// <inheritdoc/>
        public static byte Read(ref MessagePackReader reader) => reader.ReadByte();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfInt16 : IScalar<short>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 3;

        /// <inheritdoc/>
        public static int MinBytes => 1;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, short value) => ref MessagePackRaw.WriteInt16(ref p, value);

        /// <inheritdoc/>
        public static short Read(ref MessagePackReader reader) => reader.ReadInt16();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfUInt16 : IScalar<ushort>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 3;

        /// <inheritdoc/>
        public static int MinBytes => 1;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, ushort value) => ref MessagePackRaw.WriteUInt16(ref p, value);

        /// <inheritdoc/>
        public static ushort Read(ref MessagePackReader reader) => reader.ReadUInt16();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfInt32 : IScalar<int>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 5;

        /// <inheritdoc/>
        public static int MinBytes => 1;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, int value) => ref MessagePackRaw.WriteInt32(ref p, value);

        /// <inheritdoc/>
        public static int Read(ref MessagePackReader reader) => reader.ReadInt32();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfUInt32 : IScalar<uint>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 5;

        /// <inheritdoc/>
        public static int MinBytes => 1;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, uint value) => ref MessagePackRaw.WriteUInt32(ref p, value);

        /// <inheritdoc/>
        public static uint Read(ref MessagePackReader reader) => reader.ReadUInt32();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfInt64 : IScalar<long>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 9;

        /// <inheritdoc/>
        public static int MinBytes => 1;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, long value) => ref MessagePackRaw.WriteInt64(ref p, value);

        /// <inheritdoc/>
        public static long Read(ref MessagePackReader reader) => reader.ReadInt64();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfUInt64 : IScalar<ulong>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 9;

        /// <inheritdoc/>
        public static int MinBytes => 1;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, ulong value) => ref MessagePackRaw.WriteUInt64(ref p, value);

        /// <inheritdoc/>
        public static ulong Read(ref MessagePackReader reader) => reader.ReadUInt64();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfChar : IScalar<char>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 3;

        /// <inheritdoc/>
        public static int MinBytes => 1;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, char value) => ref MessagePackRaw.WriteChar(ref p, value);

        /// <inheritdoc/>
        public static char Read(ref MessagePackReader reader) => reader.ReadChar();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfSingle : IScalar<float>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 5;

        /// <inheritdoc/>
        public static int MinBytes => 1;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, float value) => ref MessagePackRaw.WriteSingle(ref p, value);

        /// <inheritdoc/>
        public static float Read(ref MessagePackReader reader) => reader.ReadSingle();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfDouble : IScalar<double>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 9;

        /// <inheritdoc/>
        public static int MinBytes => 1;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, double value) => ref MessagePackRaw.WriteDouble(ref p, value);

        /// <inheritdoc/>
        public static double Read(ref MessagePackReader reader) => reader.ReadDouble();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfHalf : IScalar<Half>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 5;

        /// <inheritdoc/>
        public static int MinBytes => 1;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, Half value) => ref MessagePackRaw.WriteHalf(ref p, value);

        /// <inheritdoc/>
        public static Half Read(ref MessagePackReader reader) => reader.ReadHalf();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfGuid : IScalar<Guid>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 18;

        /// <inheritdoc/>
        public static int MinBytes => 18;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, Guid value) => ref MessagePackRaw.WriteGuid(ref p, value);

        /// <inheritdoc/>
        public static Guid Read(ref MessagePackReader reader) => reader.ReadGuid();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfDecimal : IScalar<decimal>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 18;

        /// <inheritdoc/>
        public static int MinBytes => 18;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, decimal value) => ref MessagePackRaw.WriteDecimal(ref p, value);

        /// <inheritdoc/>
        public static decimal Read(ref MessagePackReader reader) => reader.ReadDecimal();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfInt128 : IScalar<Int128>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 18;

        /// <inheritdoc/>
        public static int MinBytes => 18;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, Int128 value) => ref MessagePackRaw.WriteInt128(ref p, value);

        /// <inheritdoc/>
        public static Int128 Read(ref MessagePackReader reader) => reader.ReadInt128();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfUInt128 : IScalar<UInt128>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 18;

        /// <inheritdoc/>
        public static int MinBytes => 18;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, UInt128 value) => ref MessagePackRaw.WriteUInt128(ref p, value);

        /// <inheritdoc/>
        public static UInt128 Read(ref MessagePackReader reader) => reader.ReadUInt128();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfDateTime : IScalar<DateTime>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 15;

        /// <inheritdoc/>
        public static int MinBytes => 6;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, DateTime value) => ref MessagePackRaw.WriteDateTime(ref p, value);

        /// <inheritdoc/>
        public static DateTime Read(ref MessagePackReader reader) => reader.ReadDateTime();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfDateTimeOffset : IScalar<DateTimeOffset>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 19;

        /// <inheritdoc/>
        public static int MinBytes => 8;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, DateTimeOffset value) => ref MessagePackRaw.WriteDateTimeOffset(ref p, value);

        /// <inheritdoc/>
        public static DateTimeOffset Read(ref MessagePackReader reader) => reader.ReadDateTimeOffset();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfDateOnly : IScalar<DateOnly>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 5;

        /// <inheritdoc/>
        public static int MinBytes => 1;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, DateOnly value) => ref MessagePackRaw.WriteDateOnly(ref p, value);

        /// <inheritdoc/>
        public static DateOnly Read(ref MessagePackReader reader) => reader.ReadDateOnly();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfTimeOnly : IScalar<TimeOnly>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 9;

        /// <inheritdoc/>
        public static int MinBytes => 1;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, TimeOnly value) => ref MessagePackRaw.WriteTimeOnly(ref p, value);

        /// <inheritdoc/>
        public static TimeOnly Read(ref MessagePackReader reader) => reader.ReadTimeOnly();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfTimeSpan : IScalar<TimeSpan>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 9;

        /// <inheritdoc/>
        public static int MinBytes => 1;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, TimeSpan value) => ref MessagePackRaw.WriteTimeSpan(ref p, value);

        /// <inheritdoc/>
        public static TimeSpan Read(ref MessagePackReader reader) => reader.ReadTimeSpan();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfRune : IScalar<Rune>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 5;

        /// <inheritdoc/>
        public static int MinBytes => 1;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, Rune value) => ref MessagePackRaw.WriteRune(ref p, value);

        /// <inheritdoc/>
        public static Rune Read(ref MessagePackReader reader) => reader.ReadRune();
    }

    /// <inheritdoc cref="IScalar{T}"/>
    public readonly struct OfComplex : IScalar<Complex>
    {
        /// <inheritdoc/>
        public static int MaxBytes => 19;

        /// <inheritdoc/>
        public static int MinBytes => 3;

        /// <inheritdoc/>
        public static ref byte Write(ref byte p, Complex value) => ref MessagePackRaw.WriteComplex(ref p, value);

        /// <inheritdoc/>
        public static Complex Read(ref MessagePackReader reader) => reader.ReadComplex();
    }
}
