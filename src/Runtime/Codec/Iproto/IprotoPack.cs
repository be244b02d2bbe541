using System.Buffers;

namespace ButlerRpc.Codec;

/// <summary>
/// Packs values by hand, one function per type: <c>Append(target, value, mode)</c> appends to a buffer, <c>Pack(value, mode)</c> makes a new array. A message's
/// generated form is packed by the overloads that take an <see cref="IButlerMessage{TSelf}"/>.
/// </summary>
public static class IprotoPack
{
    /// <summary>Appends a byte.</summary>
    public static void Append(IBufferWriter<byte> target, byte value, IprotoMode mode = IprotoMode.Default) =>
        Append(target, value, mode, static (ref IprotoWriter writer, byte value, IprotoMode mode) => writer.WriteByte(value));

    /// <summary>Packs a byte.</summary>
    public static byte[] Pack(byte value, IprotoMode mode = IprotoMode.Default) =>
        Pack(value, mode, static (ref IprotoWriter writer, byte value, IprotoMode mode) => writer.WriteByte(value));

    /// <summary>Appends a signed byte.</summary>
    public static void Append(IBufferWriter<byte> target, sbyte value, IprotoMode mode = IprotoMode.Default) =>
        Append(target, value, mode, static (ref IprotoWriter writer, sbyte value, IprotoMode mode) => writer.WriteSByte(value));

    /// <summary>Packs a signed byte.</summary>
    public static byte[] Pack(sbyte value, IprotoMode mode = IprotoMode.Default) =>
        Pack(value, mode, static (ref IprotoWriter writer, sbyte value, IprotoMode mode) => writer.WriteSByte(value));

    /// <summary>Appends a 16-bit integer.</summary>
    public static void Append(IBufferWriter<byte> target, ushort value, IprotoMode mode = IprotoMode.Default) =>
        Append(target, value, mode, static (ref IprotoWriter writer, ushort value, IprotoMode mode) => writer.WriteUInt16(value, mode));

    /// <summary>Packs a 16-bit integer.</summary>
    public static byte[] Pack(ushort value, IprotoMode mode = IprotoMode.Default) =>
        Pack(value, mode, static (ref IprotoWriter writer, ushort value, IprotoMode mode) => writer.WriteUInt16(value, mode));

    /// <summary>Appends a 16-bit integer.</summary>
    public static void Append(IBufferWriter<byte> target, short value, IprotoMode mode = IprotoMode.Default) =>
        Append(target, value, mode, static (ref IprotoWriter writer, short value, IprotoMode mode) => writer.WriteInt16(value, mode));

    /// <summary>Packs a 16-bit integer.</summary>
    public static byte[] Pack(short value, IprotoMode mode = IprotoMode.Default) =>
        Pack(value, mode, static (ref IprotoWriter writer, short value, IprotoMode mode) => writer.WriteInt16(value, mode));

    /// <summary>Appends a 32-bit integer (go's uint32 and uint).</summary>
    public static void Append(IBufferWriter<byte> target, uint value, IprotoMode mode = IprotoMode.Default) =>
        Append(target, value, mode, static (ref IprotoWriter writer, uint value, IprotoMode mode) => writer.WriteUInt32(value, mode));

    /// <summary>Packs a 32-bit integer (go's uint32 and uint).</summary>
    public static byte[] Pack(uint value, IprotoMode mode = IprotoMode.Default) =>
        Pack(value, mode, static (ref IprotoWriter writer, uint value, IprotoMode mode) => writer.WriteUInt32(value, mode));

    /// <summary>Appends a 32-bit integer (go's int32 and int).</summary>
    public static void Append(IBufferWriter<byte> target, int value, IprotoMode mode = IprotoMode.Default) =>
        Append(target, value, mode, static (ref IprotoWriter writer, int value, IprotoMode mode) => writer.WriteInt32(value, mode));

    /// <summary>Packs a 32-bit integer (go's int32 and int).</summary>
    public static byte[] Pack(int value, IprotoMode mode = IprotoMode.Default) =>
        Pack(value, mode, static (ref IprotoWriter writer, int value, IprotoMode mode) => writer.WriteInt32(value, mode));

    /// <summary>Appends a 64-bit integer.</summary>
    public static void Append(IBufferWriter<byte> target, ulong value, IprotoMode mode = IprotoMode.Default) =>
        Append(target, value, mode, static (ref IprotoWriter writer, ulong value, IprotoMode mode) => writer.WriteUInt64(value, mode));

    /// <summary>Packs a 64-bit integer.</summary>
    public static byte[] Pack(ulong value, IprotoMode mode = IprotoMode.Default) =>
        Pack(value, mode, static (ref IprotoWriter writer, ulong value, IprotoMode mode) => writer.WriteUInt64(value, mode));

    /// <summary>Appends a 64-bit integer.</summary>
    public static void Append(IBufferWriter<byte> target, long value, IprotoMode mode = IprotoMode.Default) =>
        Append(target, value, mode, static (ref IprotoWriter writer, long value, IprotoMode mode) => writer.WriteInt64(value, mode));

    /// <summary>Packs a 64-bit integer.</summary>
    public static byte[] Pack(long value, IprotoMode mode = IprotoMode.Default) =>
        Pack(value, mode, static (ref IprotoWriter writer, long value, IprotoMode mode) => writer.WriteInt64(value, mode));

    /// <summary>Appends a string: its count of bytes, then UTF-8.</summary>
    /// <exception cref="ButlerException">InvalidArgument: it holds half of a surrogate pair.</exception>
    public static void Append(IBufferWriter<byte> target, string value, IprotoMode mode = IprotoMode.Default) =>
        Append(target, value, mode, static (ref IprotoWriter writer, string value, IprotoMode mode) => writer.WriteString(value, mode));

    /// <inheritdoc cref="Append(IBufferWriter{byte}, string, IprotoMode)"/>
    public static byte[] Pack(string value, IprotoMode mode = IprotoMode.Default) =>
        Pack(value, mode, static (ref IprotoWriter writer, string value, IprotoMode mode) => writer.WriteString(value, mode));

    /// <summary>Appends bytes behind their count.</summary>
    public static void Append(IBufferWriter<byte> target, ReadOnlySpan<byte> value, IprotoMode mode = IprotoMode.Default)
    {
        ArgumentNullException.ThrowIfNull(target);
        Append(target, (uint)value.Length, mode);
        target.Write(value);
    }

    /// <inheritdoc cref="Append(IBufferWriter{byte}, ReadOnlySpan{byte}, IprotoMode)"/>
    public static void Append(IBufferWriter<byte> target, byte[] value, IprotoMode mode = IprotoMode.Default) => Append(target, value.AsSpan(), mode);

    /// <summary>Packs bytes behind their count.</summary>
    public static byte[] Pack(ReadOnlySpan<byte> value, IprotoMode mode = IprotoMode.Default)
    {
        using var buffer = new WriteBuffer();
        var writer = new IprotoWriter(buffer);
        writer.WriteBytes(value, mode);
        return buffer.WrittenSpan.ToArray();
    }

    /// <inheritdoc cref="Pack(ReadOnlySpan{byte}, IprotoMode)"/>
    public static byte[] Pack(byte[] value, IprotoMode mode = IprotoMode.Default) => Pack(value.AsSpan(), mode);

    /// <summary>Appends a slice: its count in <paramref name="mode"/>, then each element as <paramref name="element"/> writes it.</summary>
    public static void Append<T>(
        IBufferWriter<byte> target, IReadOnlyCollection<T> values, IprotoElementWriter<T> element, IprotoMode mode = IprotoMode.Default) =>
        Append(target, (values, element), mode, static (ref IprotoWriter writer, (IReadOnlyCollection<T> Values, IprotoElementWriter<T> Element) slice, IprotoMode mode) =>
            writer.WriteSlice(slice.Values, slice.Element, mode));

    /// <summary>Packs a slice; see <see cref="Append{T}(IBufferWriter{byte}, IReadOnlyCollection{T}, IprotoElementWriter{T}, IprotoMode)"/>.</summary>
    public static byte[] Pack<T>(IReadOnlyCollection<T> values, IprotoElementWriter<T> element, IprotoMode mode = IprotoMode.Default) =>
        Pack((values, element), mode, static (ref IprotoWriter writer, (IReadOnlyCollection<T> Values, IprotoElementWriter<T> Element) slice, IprotoMode mode) =>
            writer.WriteSlice(slice.Values, slice.Element, mode));

    /// <summary>Appends a value that knows its own form.</summary>
    public static void Append(IBufferWriter<byte> target, IIprotoPackable value, IprotoMode mode = IprotoMode.Default) =>
        Append(target, value, mode, static (ref IprotoWriter writer, IIprotoPackable value, IprotoMode mode) => value.PackIproto(ref writer, mode));

    /// <summary>Packs a value that knows its own form.</summary>
    public static byte[] Pack(IIprotoPackable value, IprotoMode mode = IprotoMode.Default) =>
        Pack(value, mode, static (ref IprotoWriter writer, IIprotoPackable value, IprotoMode mode) => value.PackIproto(ref writer, mode));

    /// <summary>Appends a message in its generated form, which is the same in both modes: members are BER where <c>[IprotoBer]</c> says so.</summary>
    /// <exception cref="ButlerException">Unimplemented: the message was not declared with <c>Formats = MessageFormats.Iproto</c>.</exception>
    public static void AppendMessage<T>(IBufferWriter<byte> target, in T message)
        where T : IButlerMessage<T> =>
        Append(target, message, IprotoMode.Default, static (ref IprotoWriter writer, T message, IprotoMode _) => T.Codec.WriteIproto(ref writer, in message));

    /// <summary>Packs a message; see <see cref="AppendMessage{T}"/>.</summary>
    public static byte[] PackMessage<T>(in T message)
        where T : IButlerMessage<T> =>
        Pack(message, IprotoMode.Default, static (ref IprotoWriter writer, T message, IprotoMode _) => T.Codec.WriteIproto(ref writer, in message));

    delegate void Step<in T>(ref IprotoWriter writer, T value, IprotoMode mode);

    static void Append<T>(IBufferWriter<byte> target, T value, IprotoMode mode, Step<T> step)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target is WriteBuffer own)
        {
            var direct = new IprotoWriter(own);
            step(ref direct, value, mode);
            return;
        }

        using var buffer = new WriteBuffer();
        var writer = new IprotoWriter(buffer);
        step(ref writer, value, mode);
        target.Write(buffer.WrittenSpan);
    }

    static byte[] Pack<T>(T value, IprotoMode mode, Step<T> step)
    {
        using var buffer = new WriteBuffer();
        var writer = new IprotoWriter(buffer);
        step(ref writer, value, mode);
        return buffer.WrittenSpan.ToArray();
    }
}
