namespace ButlerRpc.Codec.Tests;

static class Wire
{
    public static byte[] Encode<T>(T value)
        where T : IButlerMessage<T> => Encode(T.Codec, value);

    public static byte[] Encode<T>(MessageCodec<T> codec, T value)
    {
        using var buffer = new WriteBuffer();
        var writer = new MessagePackWriter(buffer);
        codec.Write(ref writer, value);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    public static T Decode<T>(byte[] bytes)
        where T : IButlerMessage<T> => Decode(T.Codec, bytes);

    public static T Decode<T>(MessageCodec<T> codec, byte[] bytes)
    {
        var reader = new MessagePackReader(bytes);
        var value = codec.Read(ref reader);
        reader.EnsureEnd();
        return value;
    }

    public static T RoundTrip<T>(T value)
        where T : IButlerMessage<T> => Decode<T>(Encode(value));
}
