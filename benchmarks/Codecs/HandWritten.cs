using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace ButlerRpc.Benchmarks.Codecs;

/// <summary>
/// What a careful engineer writes for these records by hand, with spans and no library, to the same bytes: the measure of what generated code costs. It checks the
/// buffer and every length, and trusts nothing that it reads.
/// </summary>
static class HandWritten
{
    public static int Encode(Span<byte> span, Reference value)
    {
        var p = 0;
        span[p++] = 0x97;
        p = Integer(span, p, value.Id);
        p = Text(span, p, value.Name);
        p = Integers(span, p, value.Numbers);
        p = Double(span, p, value.Price);
        p = Time(span, p, value.Created);
        p = Part(span, p, value.Main);
        p = Header(span, p, value.Parts.Count);
        foreach (var part in value.Parts)
            p = Part(span, p, part);
        return p;
    }

    public static int Encode(Span<byte> span, Flat value)
    {
        var p = 0;
        span[p++] = 0x98;
        p = Integer(span, p, value.A);
        p = Integer(span, p, value.B);
        span[p++] = value.C ? (byte)0xC3 : (byte)0xC2;
        p = Double(span, p, value.D);
        p = Text(span, p, value.E);
        span[p] = 0xCA;
        BinaryPrimitives.WriteSingleBigEndian(span[(p + 1)..], value.F);
        p += 5;
        p = Integer(span, p, value.G);
        return Integer(span, p, value.H);
    }

    public static int Encode(Span<byte> span, Many value)
    {
        span[0] = 0x91;
        return Integers(span, 1, value.Numbers);
    }

    public static Reference DecodeReference(ReadOnlySpan<byte> span)
    {
        var p = Expect(span, 0, 0x97);
        var id = Integer(span, ref p);
        var name = Text(span, ref p);
        var numbers = Integers(span, ref p);
        var price = Double(span, ref p);
        var created = Time(span, ref p);
        var main = Part(span, ref p);
        var count = Header(span, ref p);
        var parts = new List<Part>(count);
        for (var i = 0; i < count; i++)
            parts.Add(Part(span, ref p));
        return new Reference(id, name, numbers, price, created, main, parts);
    }

    public static Flat DecodeFlat(ReadOnlySpan<byte> span)
    {
        var p = Expect(span, 0, 0x98);
        var a = checked((int)Integer(span, ref p));
        var b = Integer(span, ref p);
        var c = span[p++] == 0xC3;
        var d = Double(span, ref p);
        var e = Text(span, ref p);
        p = Expect(span, p, 0xCA);
        var f = BinaryPrimitives.ReadSingleBigEndian(span[p..]);
        p += 4;
        var g = checked((uint)Integer(span, ref p));
        var h = checked((int)Integer(span, ref p));
        return new Flat(a, b, c, d, e, f, g, h);
    }

    public static Many DecodeMany(ReadOnlySpan<byte> span)
    {
        var p = Expect(span, 0, 0x91);
        return new Many(Integers(span, ref p));
    }

    static int Part(Span<byte> span, int p, Part part)
    {
        span[p++] = 0x93;
        p = Integer(span, p, part.Number);
        p = Text(span, p, part.Name);
        return Double(span, p, part.Weight);
    }

    static Part Part(ReadOnlySpan<byte> span, ref int p)
    {
        p = Expect(span, p, 0x93);
        var number = checked((int)Integer(span, ref p));
        var name = Text(span, ref p);
        return new Part(number, name, Double(span, ref p));
    }

    static int Integer(Span<byte> span, int p, long value)
    {
        if (value is >= -32 and < 128)
        {
            span[p] = (byte)value;
            return p + 1;
        }

        if (value < 0)
        {
            if (value >= sbyte.MinValue)
            {
                span[p] = 0xD0;
                span[p + 1] = (byte)value;
                return p + 2;
            }

            if (value >= short.MinValue)
            {
                span[p] = 0xD1;
                BinaryPrimitives.WriteInt16BigEndian(span[(p + 1)..], (short)value);
                return p + 3;
            }

            if (value >= int.MinValue)
            {
                span[p] = 0xD2;
                BinaryPrimitives.WriteInt32BigEndian(span[(p + 1)..], (int)value);
                return p + 5;
            }

            span[p] = 0xD3;
            BinaryPrimitives.WriteInt64BigEndian(span[(p + 1)..], value);
            return p + 9;
        }

        if (value <= byte.MaxValue)
        {
            span[p] = 0xCC;
            span[p + 1] = (byte)value;
            return p + 2;
        }

        if (value <= ushort.MaxValue)
        {
            span[p] = 0xCD;
            BinaryPrimitives.WriteUInt16BigEndian(span[(p + 1)..], (ushort)value);
            return p + 3;
        }

        if (value <= uint.MaxValue)
        {
            span[p] = 0xCE;
            BinaryPrimitives.WriteUInt32BigEndian(span[(p + 1)..], (uint)value);
            return p + 5;
        }

        span[p] = 0xCF;
        BinaryPrimitives.WriteUInt64BigEndian(span[(p + 1)..], (ulong)value);
        return p + 9;
    }

    static long Integer(ReadOnlySpan<byte> span, ref int p)
    {
        var code = span[p++];
        if (code < 0x80 || code >= 0xE0)
            return (sbyte)code;
        long value;
        switch (code)
        {
            case 0xCC:
                value = span[p];
                p += 1;
                return value;
            case 0xCD:
                value = BinaryPrimitives.ReadUInt16BigEndian(span[p..]);
                p += 2;
                return value;
            case 0xCE:
                value = BinaryPrimitives.ReadUInt32BigEndian(span[p..]);
                p += 4;
                return value;
            case 0xCF:
                value = checked((long)BinaryPrimitives.ReadUInt64BigEndian(span[p..]));
                p += 8;
                return value;
            case 0xD0:
                value = (sbyte)span[p];
                p += 1;
                return value;
            case 0xD1:
                value = BinaryPrimitives.ReadInt16BigEndian(span[p..]);
                p += 2;
                return value;
            case 0xD2:
                value = BinaryPrimitives.ReadInt32BigEndian(span[p..]);
                p += 4;
                return value;
            case 0xD3:
                value = BinaryPrimitives.ReadInt64BigEndian(span[p..]);
                p += 8;
                return value;
            default:
                throw new FormatException();
        }
    }

    static int Double(Span<byte> span, int p, double value)
    {
        span[p] = 0xCB;
        BinaryPrimitives.WriteDoubleBigEndian(span[(p + 1)..], value);
        return p + 9;
    }

    static double Double(ReadOnlySpan<byte> span, ref int p)
    {
        p = Expect(span, p, 0xCB);
        var value = BinaryPrimitives.ReadDoubleBigEndian(span[p..]);
        p += 8;
        return value;
    }

    static int Text(Span<byte> span, int p, string value)
    {
        var count = Encoding.UTF8.GetByteCount(value);
        if (count < 32)
        {
            span[p++] = (byte)(0xA0 | count);
        }
        else if (count < 256)
        {
            span[p] = 0xD9;
            span[p + 1] = (byte)count;
            p += 2;
        }
        else
        {
            span[p] = 0xDA;
            BinaryPrimitives.WriteUInt16BigEndian(span[(p + 1)..], checked((ushort)count));
            p += 3;
        }

        return p + Encoding.UTF8.GetBytes(value, span[p..]);
    }

    static string Text(ReadOnlySpan<byte> span, ref int p)
    {
        var code = span[p++];
        int count;
        if ((code & 0xE0) == 0xA0)
            count = code & 0x1F;
        else if (code == 0xD9)
            count = span[p++];
        else
            throw new FormatException();
        var utf8 = span.Slice(p, count);
        p += count;
        return Encoding.UTF8.GetString(utf8);
    }

    static int Header(Span<byte> span, int p, int count)
    {
        if (count < 16)
        {
            span[p] = (byte)(0x90 | count);
            return p + 1;
        }

        span[p] = 0xDC;
        BinaryPrimitives.WriteUInt16BigEndian(span[(p + 1)..], checked((ushort)count));
        return p + 3;
    }

    static int Header(ReadOnlySpan<byte> span, ref int p)
    {
        var code = span[p++];
        int count;
        if ((code & 0xF0) == 0x90)
        {
            count = code & 0x0F;
        }
        else if (code == 0xDC)
        {
            count = BinaryPrimitives.ReadUInt16BigEndian(span[p..]);
            p += 2;
        }
        else
        {
            throw new FormatException();
        }

        return count <= span.Length - p ? count : throw new FormatException();
    }

    static int Integers(Span<byte> span, int p, int[] values)
    {
        p = Header(span, p, values.Length);
        foreach (var value in values)
            p = Integer(span, p, value);
        return p;
    }

    static int[] Integers(ReadOnlySpan<byte> span, ref int p)
    {
        var values = new int[Header(span, ref p)];
        for (var i = 0; i < values.Length; i++)
            values[i] = checked((int)Integer(span, ref p));
        return values;
    }

    static int Time(Span<byte> span, int p, DateTime value)
    {
        var ticks = value.Ticks - DateTime.UnixEpoch.Ticks;
        var (seconds, rest) = Math.DivRem(ticks, TimeSpan.TicksPerSecond);
        span[p] = 0xD7;
        span[p + 1] = 0xFF;
        BinaryPrimitives.WriteUInt64BigEndian(span[(p + 2)..], ((ulong)rest * 100 << 34) | (ulong)seconds);
        return p + 10;
    }

    static DateTime Time(ReadOnlySpan<byte> span, ref int p)
    {
        p = Expect(span, p, 0xD7);
        p = Expect(span, p, 0xFF);
        var both = BinaryPrimitives.ReadUInt64BigEndian(span[p..]);
        p += 8;
        return new DateTime(DateTime.UnixEpoch.Ticks + ((long)(both & 0x3_FFFF_FFFF) * TimeSpan.TicksPerSecond) + ((long)(both >> 34) / 100), DateTimeKind.Utc);
    }

    static int Expect(ReadOnlySpan<byte> span, int p, byte code) => span[p] == code ? p + 1 : throw new FormatException();
}
