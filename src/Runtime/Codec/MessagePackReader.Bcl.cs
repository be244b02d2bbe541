using System.Buffers.Binary;
using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace ButlerRpc.Codec;

/// <summary>Types of the base class library that have a wire form of their own.</summary>
partial struct MessagePackReader
{
    const int SecondsBits = 34;
    const sbyte TimestampType = -1;
    static readonly long MostSeconds = (DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;
    static readonly long LeastSeconds = -DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerSecond;

    /// <summary>Reads an id: a binary of 16 bytes in the order of RFC 9562.</summary>
    public Guid ReadGuid() => new(ReadBinary16("an id"), bigEndian: true);

    /// <summary>Reads a decimal.</summary>
    public decimal ReadDecimal()
    {
        var bytes = ReadBinary16("a decimal");
        Span<int> bits = stackalloc int[4];
        for (var i = 0; i < 4; i++)
            bits[3 - i] = BinaryPrimitives.ReadInt32BigEndian(bytes[(4 * i)..]);
        if ((bits[3] & 0x7F00_FFFF) != 0 || ((bits[3] >> 16) & 0xFF) > 28)
            ThrowBad("a decimal's flags are not valid");
        return new decimal(bits);
    }

    /// <summary>Reads a 128-bit integer.</summary>
    public Int128 ReadInt128() => BinaryPrimitives.ReadInt128BigEndian(ReadBinary16("an int128"));

    /// <summary>Reads a 128-bit integer.</summary>
    public UInt128 ReadUInt128() => BinaryPrimitives.ReadUInt128BigEndian(ReadBinary16("a uint128"));

    /// <summary>Reads an integer of any size.</summary>
    public BigInteger ReadBigInteger() => new(ReadBinary());

    /// <summary>Reads a code point.</summary>
    public Rune ReadRune()
    {
        if (!Rune.TryCreate(ReadUInt32(), out var rune))
            ThrowBad("an integer is no Unicode scalar value");
        return rune;
    }

    /// <summary>Reads <c>[real, imaginary]</c>.</summary>
    public Complex ReadComplex()
    {
        ReadExactHeader(2);
        var real = ReadDouble();
        return new Complex(real, ReadDouble());
    }

    /// <summary>Reads a day number.</summary>
    public DateOnly ReadDateOnly()
    {
        var day = ReadInt32();
        if ((uint)day > (uint)DateOnly.MaxValue.DayNumber)
            ThrowBad("a day number is out of range");
        return DateOnly.FromDayNumber(day);
    }

    /// <summary>Reads a time of day.</summary>
    public TimeOnly ReadTimeOnly()
    {
        var ticks = ReadInt64();
        if ((ulong)ticks > (ulong)TimeOnly.MaxValue.Ticks)
            ThrowBad("a time of day is out of range");
        return new TimeOnly(ticks);
    }

    /// <summary>Reads a duration.</summary>
    public TimeSpan ReadTimeSpan() => new(ReadInt64());

    /// <summary>Reads a timestamp, in UTC. What is finer than 100 ns is cut off.</summary>
    public DateTime ReadDateTime() => new(ReadTimestamp(), DateTimeKind.Utc);

    /// <summary>Reads <c>[timestamp, offset in minutes]</c>.</summary>
    public DateTimeOffset ReadDateTimeOffset()
    {
        ReadExactHeader(2);
        var utc = ReadTimestamp();
        var offset = ReadOffset();
        if ((ulong)(utc + offset) > (ulong)DateTime.MaxValue.Ticks)
            ThrowBad("a time is out of range");
        return new DateTimeOffset(utc + offset, new TimeSpan(offset));
    }

    // In ticks.
    long ReadOffset()
    {
        var minutes = ReadInt32();
        if (minutes is < -14 * 60 or > 14 * 60)
            ThrowBad("an offset from UTC is out of range");
        return minutes * TimeSpan.TicksPerMinute;
    }

    /// <summary>Reads a URI, absolute or relative.</summary>
    public Uri ReadUri()
    {
        // A parsed URI keeps more than its text.
        Charge(256);
        if (!Uri.TryCreate(ReadText(), UriKind.RelativeOrAbsolute, out var uri))
            ThrowBad("a string is no URI");
        return uri!;
    }

    /// <summary>Reads a version.</summary>
    public Version ReadVersion()
    {
        if (!Version.TryParse(ReadText(64), out var version))
            ThrowBad("a string is no version");
        return version!;
    }

    /// <summary>Reads a culture by its name. Only cultures that the system knows: others would be made up and kept for ever.</summary>
    public CultureInfo ReadCultureInfo()
    {
        var name = ReadText(85);
        try
        {
            return CultureInfo.GetCultureInfo(name, predefinedOnly: true);
        }
        catch (CultureNotFoundException e)
        {
            ThrowBad("a string is no culture's name", e);
            throw;
        }
    }

    /// <summary>Reads an id from a string, as MessagePack-CSharp writes it.</summary>
    public Guid ReadGuidText()
    {
        if (!Guid.TryParseExact(ReadText(36), "D", out var id))
            ThrowBad("a string is no id");
        return id;
    }

    /// <summary>Reads a decimal from a string, as MessagePack-CSharp writes it.</summary>
    public decimal ReadDecimalText()
    {
        if (!decimal.TryParse(ReadText(64), NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            ThrowBad("a string is no decimal");
        return value;
    }

    /// <summary>Reads a time whose timestamp is what a clock there shows, as MessagePack-CSharp writes it.</summary>
    public DateTimeOffset ReadClockTime()
    {
        ReadExactHeader(2);
        var clock = ReadTimestamp();
        var offset = ReadOffset();
        if ((ulong)(clock - offset) > (ulong)DateTime.MaxValue.Ticks)
            ThrowBad("a time is out of range");
        return new DateTimeOffset(clock, new TimeSpan(offset));
    }

    /// <summary>Reads bits from an array of bools, as MessagePack-CSharp writes them.</summary>
    public BitArray ReadBitList()
    {
        Charge(64);
        var bits = new BitArray(ReadArrayHeader());
        for (var i = 0; i < bits.Length; i++)
            bits[i] = ReadBoolean();
        return bits;
    }

    /// <summary>Reads text.</summary>
    public StringBuilder ReadStringBuilder()
    {
        Charge(64);
        return new StringBuilder(ReadText());
    }

    /// <summary>Reads bits.</summary>
    public BitArray ReadBitArray()
    {
        Charge(64);
        ReadExactHeader(2);
        var count = ReadInt32();
        var bytes = ReadBinary();
        if (count < 0 || (count + 7L) / 8 != bytes.Length)
            ThrowBad("the number of bits does not match their bytes");
        return new BitArray(bytes.ToArray()) { Length = count };
    }

    /// <summary>Reads the header of an array that has exactly so many elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ReadExactHeader(int count)
    {
        var found = ReadArrayHeader();
        if (found != count)
            ThrowCount(found, count);
    }

    static void ThrowCount(int found, int expected) => ThrowBad($"an array of {found}, where one of {expected} is expected");

    ReadOnlySpan<byte> ReadBinary16(string what)
    {
        var bytes = ReadBinary();
        if (bytes.Length != 16)
            ThrowBad($"{what} has {bytes.Length} bytes instead of 16");
        return bytes;
    }

    // https://github.com/msgpack/msgpack/blob/master/spec.md#timestamp-extension-type
    long ReadTimestamp()
    {
        var code = Next();
        long seconds;
        uint nanoseconds;
        switch (code)
        {
            case 0xD6:
                CheckTimestampType();
                (seconds, nanoseconds) = (BinaryPrimitives.ReadUInt32BigEndian(Take(4)), 0);
                break;
            case 0xD7:
                CheckTimestampType();
                var both = BinaryPrimitives.ReadUInt64BigEndian(Take(8));
                (seconds, nanoseconds) = ((long)(both & ((1UL << SecondsBits) - 1)), (uint)(both >> SecondsBits));
                break;
            case 0xC7 when Peek() == 12:
                _position++;
                CheckTimestampType();
                nanoseconds = BinaryPrimitives.ReadUInt32BigEndian(Take(4));
                seconds = BinaryPrimitives.ReadInt64BigEndian(Take(8));
                break;
            default:
                ThrowUnexpected("timestamp", code);
                return 0;
        }

        if (nanoseconds > 999_999_999 || seconds < LeastSeconds || seconds > MostSeconds)
            ThrowBad("a timestamp is out of range");
        return DateTime.UnixEpoch.Ticks + (seconds * TimeSpan.TicksPerSecond) + (nanoseconds / 100);
    }

    void CheckTimestampType()
    {
        if ((sbyte)Next() != TimestampType)
            ThrowBad("an extension is no timestamp");
    }
}
