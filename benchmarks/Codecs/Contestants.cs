using System.Text.Json;
using ButlerRpc.Codec;
using Google.Protobuf;

namespace ButlerRpc.Benchmarks.Codecs;

/// <summary>One way to turn one record into bytes and back, into and out of buffers that are there already.</summary>
abstract class Contestant
{
    public abstract int Encode();

    public abstract object Decode();
}

sealed class Generated<T>(T value) : Contestant
    where T : IButlerMessage<T>
{
    readonly WriteBuffer _buffer = new();
    readonly byte[] _bytes = Bytes(value);

    public static byte[] Bytes(T value)
    {
        using var buffer = new WriteBuffer();
        var writer = new MessagePackWriter(buffer);
        T.Codec.Write(ref writer, value);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    public override int Encode()
    {
        _buffer.Reset();
        var writer = new MessagePackWriter(_buffer);
        T.Codec.Write(ref writer, value);
        writer.Flush();
        return _buffer.WrittenCount;
    }

    public override object Decode()
    {
        var reader = new MessagePackReader(_bytes);
        return T.Codec.Read(ref reader)!;
    }
}

sealed class ByHand(object value, byte[] bytes) : Contestant
{
    readonly byte[] _buffer = new byte[16 * 1024];

    public override int Encode() => value switch
    {
        Reference reference => HandWritten.Encode(_buffer, reference),
        Flat flat => HandWritten.Encode(_buffer, flat),
        _ => HandWritten.Encode(_buffer, (Many)value),
    };

    public override object Decode() => value switch
    {
        Reference => HandWritten.DecodeReference(bytes),
        Flat => HandWritten.DecodeFlat(bytes),
        _ => HandWritten.DecodeMany(bytes),
    };

    public byte[] Written => _buffer[..Encode()];
}

sealed class GoogleProtobuf<T>(T value, MessageParser<T> parser) : Contestant
    where T : IMessage<T>
{
    readonly byte[] _buffer = new byte[16 * 1024];
    readonly byte[] _bytes = value.ToByteArray();

    public override int Encode()
    {
        var size = value.CalculateSize();
        value.WriteTo(_buffer.AsSpan(0, size));
        return size;
    }

    public override object Decode() => parser.ParseFrom(_bytes);
}

sealed class SystemTextJson<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) : Contestant
{
    readonly System.Buffers.ArrayBufferWriter<byte> _buffer = new(16 * 1024);
    readonly Utf8JsonWriter _writer = new(Stream.Null);
    readonly byte[] _bytes = JsonSerializer.SerializeToUtf8Bytes(value, type);

    public override int Encode()
    {
        _buffer.ResetWrittenCount();
        _writer.Reset(_buffer);
        JsonSerializer.Serialize(_writer, value, type);
        _writer.Flush();
        return _buffer.WrittenCount;
    }

    public override object Decode() => JsonSerializer.Deserialize(_bytes, type)!;
}

static class Contestants
{
    public static readonly string[] Names = ["ButlerRpc", "by hand", "Google.Protobuf", "System.Text.Json"];
    public static readonly string[] Records = ["reference", "flat", "int[1000]"];

    public static Contestant Create(string name, string record)
    {
        object value = record switch { "reference" => Reference.Sample, "flat" => Flat.Sample, _ => Many.Sample };
        return (name, value) switch
        {
            ("ButlerRpc", Reference r) => new Generated<Reference>(r),
            ("ButlerRpc", Flat f) => new Generated<Flat>(f),
            ("ButlerRpc", Many m) => new Generated<Many>(m),
            ("by hand", Reference r) => SameBytes(new ByHand(r, Generated<Reference>.Bytes(r)), Generated<Reference>.Bytes(r)),
            ("by hand", Flat f) => SameBytes(new ByHand(f, Generated<Flat>.Bytes(f)), Generated<Flat>.Bytes(f)),
            ("by hand", Many m) => SameBytes(new ByHand(m, Generated<Many>.Bytes(m)), Generated<Many>.Bytes(m)),
            ("Google.Protobuf", Reference r) => new GoogleProtobuf<Protobuf.Reference>(r.ToProtobuf(), Protobuf.Reference.Parser),
            ("Google.Protobuf", Flat f) => new GoogleProtobuf<Protobuf.Flat>(f.ToProtobuf(), Protobuf.Flat.Parser),
            ("Google.Protobuf", Many m) => new GoogleProtobuf<Protobuf.Many>(m.ToProtobuf(), Protobuf.Many.Parser),
            ("System.Text.Json", Reference r) => new SystemTextJson<Reference>(r, Json.Default.Reference),
            ("System.Text.Json", Flat f) => new SystemTextJson<Flat>(f, Json.Default.Flat),
            ("System.Text.Json", Many m) => new SystemTextJson<Many>(m, Json.Default.Many),
            _ => throw new ArgumentException($"no contestant '{name}' for '{record}'"),
        };
    }

    static ByHand SameBytes(ByHand contestant, byte[] bytes) =>
        contestant.Written.AsSpan().SequenceEqual(bytes) ? contestant : throw new InvalidOperationException("the hand-written codec writes other bytes");
}
