using ButlerRpc.Codec;

namespace ButlerRpc.Calls;

/// <summary>The form in which a carrier has the bodies of requests and replies.</summary>
public enum PayloadFormat : byte
{
    /// <summary>MessagePack.</summary>
    MessagePack,

    /// <summary>The iproto form of one message.</summary>
    Iproto,
}

static class Payload
{
    public static void Write<T>(MessageCodec<T> codec, PayloadFormat format, WriteBuffer buffer, in T value)
    {
        if (format == PayloadFormat.Iproto)
        {
            WriteIproto(codec, buffer, in value);
            return;
        }

        var writer = new MessagePackWriter(buffer);
        codec.Write(ref writer, in value);
        writer.Flush();
    }

    public static T Read<T>(MessageCodec<T> codec, PayloadFormat format, ReadOnlySpan<byte> body)
    {
        if (format == PayloadFormat.Iproto)
            return ReadIproto(codec, body);
        var reader = new MessagePackReader(body);
        var value = codec.Read(ref reader);
        reader.EnsureEnd();
        return value;
    }

    static void WriteIproto<T>(MessageCodec<T> codec, WriteBuffer buffer, in T value)
    {
        var packer = new IprotoWriter(buffer);
        codec.WriteIproto(ref packer, in value);
    }

    static T ReadIproto<T>(MessageCodec<T> codec, ReadOnlySpan<byte> body)
    {
        var unpacker = new IprotoReader(body);
        var value = codec.ReadIproto(ref unpacker);
        unpacker.EnsureEnd();
        return value;
    }
}
