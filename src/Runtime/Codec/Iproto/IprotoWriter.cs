using System.Buffers.Binary;
using System.Text;

namespace ButlerRpc.Codec;

/// <summary>Writes values in the iproto form.</summary>
/// <param name="buffer">Where they are appended.</param>
public readonly ref struct IprotoWriter(WriteBuffer buffer)
{
    static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    readonly WriteBuffer _buffer = buffer;

    /// <summary>Appends a byte; one in both modes.</summary>
    public void WriteByte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    /// <summary>Appends a signed byte; one in both modes.</summary>
    public void WriteSByte(sbyte value) => WriteByte((byte)value);

    /// <summary>Appends a bool as a byte, 0 or 1.</summary>
    public void WriteBoolean(bool value) => WriteByte(value ? (byte)1 : (byte)0);

    /// <summary>Appends a 16-bit integer.</summary>
    public void WriteUInt16(ushort value, IprotoMode mode = IprotoMode.Default)
    {
        if (mode == IprotoMode.Ber)
        {
            WriteBer(value);
            return;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.GetSpan(2), value);
        _buffer.Advance(2);
    }

    /// <summary>Appends a 16-bit integer; BER casts it to unsigned first.</summary>
    public void WriteInt16(short value, IprotoMode mode = IprotoMode.Default) => WriteUInt16((ushort)value, mode);

    /// <summary>Appends a 32-bit integer.</summary>
    public void WriteUInt32(uint value, IprotoMode mode = IprotoMode.Default)
    {
        if (mode == IprotoMode.Ber)
        {
            WriteBer(value);
            return;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.GetSpan(4), value);
        _buffer.Advance(4);
    }

    /// <summary>Appends a 32-bit integer; BER casts it to unsigned first.</summary>
    public void WriteInt32(int value, IprotoMode mode = IprotoMode.Default) => WriteUInt32((uint)value, mode);

    /// <summary>Appends a 64-bit integer.</summary>
    public void WriteUInt64(ulong value, IprotoMode mode = IprotoMode.Default)
    {
        if (mode == IprotoMode.Ber)
        {
            WriteBer(value);
            return;
        }

        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.GetSpan(8), value);
        _buffer.Advance(8);
    }

    /// <summary>Appends a 64-bit integer; BER casts it to unsigned first.</summary>
    public void WriteInt64(long value, IprotoMode mode = IprotoMode.Default) => WriteUInt64((ulong)value, mode);

    /// <summary>Appends the count of a string, a binary or a slice.</summary>
    public void WriteCount(int count, IprotoMode mode = IprotoMode.Default) => WriteUInt32((uint)count, mode);

    /// <summary>Appends a string as UTF-8 behind its count of bytes; null is written as the empty one.</summary>
    /// <exception cref="ButlerException">InvalidArgument: it holds half of a surrogate pair.</exception>
    public void WriteString(string? value, IprotoMode mode = IprotoMode.Default)
    {
        try
        {
            var count = Utf8.GetByteCount(value ?? "");
            WriteCount(count, mode);
            Utf8.GetBytes(value ?? "", _buffer.GetSpan(count));
            _buffer.Advance(count);
        }
        catch (EncoderFallbackException e)
        {
            throw new ButlerException(
                ButlerStatus.InvalidArgument, "a string holds half of a surrogate pair and has no UTF-8 form", ButlerCertainty.NotExecuted, ButlerReason.BadMessage, e);
        }
    }

    /// <summary>Appends bytes behind their count.</summary>
    public void WriteBytes(ReadOnlySpan<byte> value, IprotoMode mode = IprotoMode.Default)
    {
        WriteCount(value.Length, mode);
        _buffer.Write(value);
    }

    /// <summary>Appends bytes as they are, without a count.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes) => _buffer.Write(bytes);

    /// <summary>Appends a slice: its count, then each element as <paramref name="element"/> writes it.</summary>
    public void WriteSlice<T>(IReadOnlyCollection<T> values, IprotoElementWriter<T> element, IprotoMode mode = IprotoMode.Default)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(element);
        WriteCount(values.Count, mode);
        var self = this;
        foreach (var value in values)
            element(ref self, value);
    }

    // Groups of seven bits, the most significant first.
    void WriteBer(ulong value)
    {
        var groups = 1;
        for (var rest = value >> 7; rest != 0; rest >>= 7)
            groups++;
        var span = _buffer.GetSpan(groups);
        for (var index = groups - 1; index >= 0; index--)
        {
            span[index] = (byte)((value & 0x7F) | (index == groups - 1 ? 0u : 0x80u));
            value >>= 7;
        }

        _buffer.Advance(groups);
    }
}
