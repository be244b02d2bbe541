using ButlerRpc.Codec;

namespace ButlerRpc.Runtime.Tests.Support;

// Codecs written by hand: the runtime is tested without what the compiler makes.

sealed class IntCodec : MessageCodec<int>
{
    public static readonly IntCodec Instance = new();

    public override bool EncodesInPlace => true;

    public override void Write(ref MessagePackWriter writer, in int value) => writer.WriteInt64(value);

    public override int Read(ref MessagePackReader reader) => reader.ReadInt32();

    public override void WriteIproto(ref IprotoWriter writer, in int value) => writer.WriteInt32(value);

    public override int ReadIproto(ref IprotoReader reader) => reader.ReadInt32();
}

sealed class StringCodec(bool inPlace = true) : MessageCodec<string>
{
    public static readonly StringCodec Instance = new();

    public override bool EncodesInPlace => inPlace;

    public override void Write(ref MessagePackWriter writer, in string value) => writer.WriteString(value);

    public override string Read(ref MessagePackReader reader) => reader.ReadString() ?? "";

    public override void WriteIproto(ref IprotoWriter writer, in string value) => writer.WriteString(value);

    public override string ReadIproto(ref IprotoReader reader) => reader.ReadString();
}

sealed class BytesCodec : MessageCodec<byte[]>
{
    public static readonly BytesCodec Instance = new();

    public override void Write(ref MessagePackWriter writer, in byte[] value) => writer.WriteBinary(value);

    public override byte[] Read(ref MessagePackReader reader) => reader.ReadBinary().ToArray();

    public override void WriteIproto(ref IprotoWriter writer, in byte[] value) => writer.WriteBytes(value);

    public override byte[] ReadIproto(ref IprotoReader reader) => reader.ReadBytes();
}

/// <summary>Four numbers and no reference: a payload that costs nothing on the heap.</summary>
readonly record struct Quad(long A, long B, long C, long D);

sealed class QuadCodec : MessageCodec<Quad>
{
    public static readonly QuadCodec Instance = new();

    public override bool EncodesInPlace => true;

    public override void Write(ref MessagePackWriter writer, in Quad value)
    {
        writer.WriteArrayHeader(4);
        writer.WriteInt64(value.A);
        writer.WriteInt64(value.B);
        writer.WriteInt64(value.C);
        writer.WriteInt64(value.D);
    }

    public override Quad Read(ref MessagePackReader reader)
    {
        reader.ReadArrayHeader();
        return new Quad(reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
    }
}

/// <summary>A codec that runs user code: it does what the test says, and cannot encode in place.</summary>
sealed class UserCodec(Action<int> onWrite, Action<int> onRead) : MessageCodec<int>
{
    public override void Write(ref MessagePackWriter writer, in int value)
    {
        onWrite(value);
        writer.WriteInt64(value);
    }

    public override int Read(ref MessagePackReader reader)
    {
        var value = reader.ReadInt32();
        onRead(value);
        return value;
    }
}
