namespace ButlerRpc.Codec;

/// <summary>
/// Unpacks values by hand, one function per type. Each returns the unread tail, so that the next value is read from what the last one left. With
/// <c>lenient</c> truncated fixed-width integers are taken as go-iproto takes them: the missing bytes count as 0.
/// </summary>
public static class IprotoUnpack
{
    /// <summary>Reads a byte.</summary>
    /// <returns>The bytes behind it.</returns>
    /// <exception cref="ButlerException">InvalidArgument: the bytes are no such value.</exception>
    public static ReadOnlySpan<byte> Byte(ReadOnlySpan<byte> bytes, out byte value, IprotoMode mode = IprotoMode.Default, bool lenient = false)
    {
        _ = mode; // one byte in both
        var reader = new IprotoReader(bytes, lenient);
        value = reader.ReadByte();
        return reader.Tail;
    }

    /// <summary>Reads a signed byte.</summary>
    /// <returns>The bytes behind it.</returns>
    /// <exception cref="ButlerException">InvalidArgument: the bytes are no such value.</exception>
    public static ReadOnlySpan<byte> SByte(ReadOnlySpan<byte> bytes, out sbyte value, IprotoMode mode = IprotoMode.Default, bool lenient = false)
    {
        _ = mode; // one byte in both
        var reader = new IprotoReader(bytes, lenient);
        value = reader.ReadSByte();
        return reader.Tail;
    }

    /// <summary>Reads a 16-bit integer.</summary>
    /// <returns>The bytes behind it.</returns>
    /// <exception cref="ButlerException">InvalidArgument: the bytes are no such value.</exception>
    public static ReadOnlySpan<byte> UInt16(ReadOnlySpan<byte> bytes, out ushort value, IprotoMode mode = IprotoMode.Default, bool lenient = false)
    {
        var reader = new IprotoReader(bytes, lenient);
        value = reader.ReadUInt16(mode);
        return reader.Tail;
    }

    /// <summary>Reads a 16-bit integer.</summary>
    /// <returns>The bytes behind it.</returns>
    /// <exception cref="ButlerException">InvalidArgument: the bytes are no such value.</exception>
    public static ReadOnlySpan<byte> Int16(ReadOnlySpan<byte> bytes, out short value, IprotoMode mode = IprotoMode.Default, bool lenient = false)
    {
        var reader = new IprotoReader(bytes, lenient);
        value = reader.ReadInt16(mode);
        return reader.Tail;
    }

    /// <summary>Reads a 32-bit integer (go's uint32 and uint).</summary>
    /// <returns>The bytes behind it.</returns>
    /// <exception cref="ButlerException">InvalidArgument: the bytes are no such value.</exception>
    public static ReadOnlySpan<byte> UInt32(ReadOnlySpan<byte> bytes, out uint value, IprotoMode mode = IprotoMode.Default, bool lenient = false)
    {
        var reader = new IprotoReader(bytes, lenient);
        value = reader.ReadUInt32(mode);
        return reader.Tail;
    }

    /// <summary>Reads a 32-bit integer (go's int32 and int).</summary>
    /// <returns>The bytes behind it.</returns>
    /// <exception cref="ButlerException">InvalidArgument: the bytes are no such value.</exception>
    public static ReadOnlySpan<byte> Int32(ReadOnlySpan<byte> bytes, out int value, IprotoMode mode = IprotoMode.Default, bool lenient = false)
    {
        var reader = new IprotoReader(bytes, lenient);
        value = reader.ReadInt32(mode);
        return reader.Tail;
    }

    /// <summary>Reads a 64-bit integer.</summary>
    /// <returns>The bytes behind it.</returns>
    /// <exception cref="ButlerException">InvalidArgument: the bytes are no such value.</exception>
    public static ReadOnlySpan<byte> UInt64(ReadOnlySpan<byte> bytes, out ulong value, IprotoMode mode = IprotoMode.Default, bool lenient = false)
    {
        var reader = new IprotoReader(bytes, lenient);
        value = reader.ReadUInt64(mode);
        return reader.Tail;
    }

    /// <summary>Reads a 64-bit integer.</summary>
    /// <returns>The bytes behind it.</returns>
    /// <exception cref="ButlerException">InvalidArgument: the bytes are no such value.</exception>
    public static ReadOnlySpan<byte> Int64(ReadOnlySpan<byte> bytes, out long value, IprotoMode mode = IprotoMode.Default, bool lenient = false)
    {
        var reader = new IprotoReader(bytes, lenient);
        value = reader.ReadInt64(mode);
        return reader.Tail;
    }

    /// <summary>Reads a string: a count of bytes, then UTF-8.</summary>
    /// <returns>The bytes behind it.</returns>
    /// <exception cref="ButlerException">InvalidArgument: the bytes are no such value.</exception>
    public static ReadOnlySpan<byte> String(ReadOnlySpan<byte> bytes, out string value, IprotoMode mode = IprotoMode.Default, bool lenient = false)
    {
        var reader = new IprotoReader(bytes, lenient);
        value = reader.ReadString(mode);
        return reader.Tail;
    }

    /// <summary>Reads bytes behind their count.</summary>
    /// <returns>The bytes behind it.</returns>
    /// <exception cref="ButlerException">InvalidArgument: the bytes are no such value.</exception>
    public static ReadOnlySpan<byte> Bytes(ReadOnlySpan<byte> bytes, out byte[] value, IprotoMode mode = IprotoMode.Default, bool lenient = false)
    {
        var reader = new IprotoReader(bytes, lenient);
        value = reader.ReadBytes(mode);
        return reader.Tail;
    }

    /// <summary>Reads a slice: a count in <paramref name="mode"/>, then each element as <paramref name="element"/> reads it.</summary>
    /// <returns>The bytes behind it.</returns>
    /// <exception cref="ButlerException">InvalidArgument: the bytes are no such value.</exception>
    public static ReadOnlySpan<byte> Slice<T>(
        ReadOnlySpan<byte> bytes, out T[] values, IprotoElementReader<T> element, IprotoMode mode = IprotoMode.Default, bool lenient = false)
    {
        var reader = new IprotoReader(bytes, lenient);
        values = reader.ReadSlice(element, mode);
        return reader.Tail;
    }

    /// <summary>Reads into a value that knows its own form.</summary>
    /// <returns>The bytes behind it.</returns>
    /// <exception cref="ButlerException">InvalidArgument: the bytes are no such value.</exception>
    public static ReadOnlySpan<byte> Into(ReadOnlySpan<byte> bytes, IIprotoPackable value, IprotoMode mode = IprotoMode.Default, bool lenient = false)
    {
        ArgumentNullException.ThrowIfNull(value);
        var reader = new IprotoReader(bytes, lenient);
        value.UnpackIproto(ref reader, mode);
        return reader.Tail;
    }

    /// <summary>Reads a message in its generated form.</summary>
    /// <returns>The bytes behind it.</returns>
    /// <exception cref="ButlerException">
    /// InvalidArgument: the bytes are no such message. Unimplemented: it was not declared with <c>Formats = MessageFormats.Iproto</c>.
    /// </exception>
    public static ReadOnlySpan<byte> Message<T>(ReadOnlySpan<byte> bytes, out T value, bool lenient = false)
        where T : IButlerMessage<T>
    {
        var reader = new IprotoReader(bytes, lenient);
        value = T.Codec.ReadIproto(ref reader);
        return reader.Tail;
    }
}
