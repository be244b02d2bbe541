using System.Globalization;
using System.Numerics;
using System.Text;

namespace ButlerRpc.Codec;

/// <summary>One value at a time, each with its own reservation: for hand-written codecs, and where generated code has no run.</summary>
partial struct MessagePackWriter
{
    /// <summary>Writes nil.</summary>
    public void WriteNil() => End(ref MessagePackRaw.WriteNil(ref Begin(1)));

    /// <summary>Writes a bool.</summary>
    public void WriteBoolean(bool value) => End(ref MessagePackRaw.WriteBoolean(ref Begin(1), value));

    /// <summary>Writes an integer in its smallest form.</summary>
    public void WriteInt64(long value) => End(ref MessagePackRaw.WriteInt64(ref Begin(9), value));

    /// <summary>Writes an integer in its smallest form.</summary>
    public void WriteUInt64(ulong value) => End(ref MessagePackRaw.WriteUInt64(ref Begin(9), value));

    /// <summary>Writes an integer in its smallest form.</summary>
    public void WriteInt32(int value) => End(ref MessagePackRaw.WriteInt32(ref Begin(5), value));

    /// <summary>Writes an integer in its smallest form.</summary>
    public void WriteUInt32(uint value) => End(ref MessagePackRaw.WriteUInt32(ref Begin(5), value));

    /// <summary>Writes a float32.</summary>
    public void WriteSingle(float value) => End(ref MessagePackRaw.WriteSingle(ref Begin(5), value));

    /// <summary>Writes a float64.</summary>
    public void WriteDouble(double value) => End(ref MessagePackRaw.WriteDouble(ref Begin(9), value));

    /// <summary>Writes a decimal: a binary of 16 bytes, big-endian flags, high, middle and low word.</summary>
    public void WriteDecimal(decimal value) => End(ref MessagePackRaw.WriteDecimal(ref Begin(18), value));

    /// <summary>Writes an id: a binary of 16 bytes in the order of RFC 9562.</summary>
    public void WriteGuid(Guid value) => End(ref MessagePackRaw.WriteGuid(ref Begin(18), value));

    /// <summary>Writes a point in time as a timestamp in UTC; a time of unspecified kind is taken for UTC.</summary>
    public void WriteDateTime(DateTime value) => End(ref MessagePackRaw.WriteDateTime(ref Begin(15), value));

    /// <summary>Writes <c>[timestamp, offset in minutes]</c>.</summary>
    public void WriteDateTimeOffset(DateTimeOffset value) => End(ref MessagePackRaw.WriteDateTimeOffset(ref Begin(19), value));

    /// <summary>Writes an array's header.</summary>
    public void WriteArrayHeader(int count) => End(ref MessagePackRaw.WriteArrayHeader(ref Begin(5), count));

    /// <summary>Writes a map's header: the number of pairs.</summary>
    public void WriteMapHeader(int count) => End(ref MessagePackRaw.WriteMapHeader(ref Begin(5), count));

    /// <summary>Writes a string as strict UTF-8; null as nil.</summary>
    /// <exception cref="ButlerException">InvalidArgument: the string holds a lone surrogate.</exception>
    public void WriteString(string? value)
    {
        if (value is null)
            WriteNil();
        else
            End(ref MessagePackRaw.WriteString(ref Begin(MessagePackRaw.MaxBytes(value)), value));
    }

    /// <summary>Writes a binary.</summary>
    public void WriteBinary(ReadOnlySpan<byte> value) => End(ref MessagePackRaw.WriteBinary(ref Begin(5L + value.Length), value));

    /// <summary>Writes bytes that are MessagePack already.</summary>
    public void WriteRaw(ReadOnlySpan<byte> encoded)
    {
        encoded.CopyTo(Reserve(encoded.Length));
        Advance(encoded.Length);
    }

    /// <summary>Writes an encoded value as it is.</summary>
    public void WriteRawMessage(RawMessage value) => WriteRaw(value.IsEmpty ? [0xC0] : value.Bytes.Span);

    /// <summary>Writes an integer of any size: a binary of its two's complement, little-endian, as short as it can be.</summary>
    public void WriteBigInteger(BigInteger value)
    {
        var size = value.GetByteCount();
        ref var end = ref MessagePackRaw.WriteBinaryHeader(ref Begin(5L + size), size);
        End(ref end);
        value.TryWriteBytes(Reserve(size), out _);
        Advance(size);
    }

    /// <summary>Writes a URI as the string it was made from.</summary>
    public void WriteUri(Uri value) => WriteString(value.OriginalString);

    /// <summary>Writes a version as a string such as <c>1.2.3.4</c>.</summary>
    public void WriteVersion(Version value) => WriteString(value.ToString());

    /// <summary>Writes a culture's name; the empty string is the invariant culture.</summary>
    public void WriteCultureInfo(CultureInfo value) => WriteString(value.Name);

    /// <summary>Writes the text as a string.</summary>
    public void WriteStringBuilder(StringBuilder value) => WriteString(value.ToString());

    /// <summary>Writes an id as a string of 36 chars, as MessagePack-CSharp does.</summary>
    public void WriteGuidText(Guid value) => WriteString(value.ToString("D"));

    /// <summary>Writes a decimal as a string, as MessagePack-CSharp does.</summary>
    public void WriteDecimalText(decimal value) => WriteString(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Writes <c>[timestamp, offset in minutes]</c> with the time that a clock there shows taken for UTC, as MessagePack-CSharp does.</summary>
    public void WriteClockTime(DateTimeOffset value)
    {
        WriteArrayHeader(2);
        WriteDateTime(new DateTime(value.Ticks, DateTimeKind.Utc));
        WriteInt32(value.TotalOffsetMinutes);
    }

    /// <summary>Writes bits as an array of bools, as MessagePack-CSharp does.</summary>
    public void WriteBitList(System.Collections.BitArray value)
    {
        WriteArrayHeader(value.Length);
        foreach (bool bit in value)
            WriteBoolean(bit);
    }

    /// <summary>Writes bits as <c>[number of bits, binary]</c>, the first bit in the lowest bit of the first byte.</summary>
    public void WriteBitArray(System.Collections.BitArray value)
    {
        WriteArrayHeader(2);
        WriteInt32(value.Length);
        var bytes = new byte[(value.Length + 7) / 8];
        value.CopyTo(bytes, 0);
        WriteBinary(bytes);
    }
}
