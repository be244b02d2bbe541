using System.Collections.Concurrent;
using ButlerRpc.Codec;

namespace ButlerRpc.Calls;

/// <summary>The descriptors of calls by code with bytes: one per code, so that their pooled call objects are found again.</summary>
static class UntypedMethods
{
    const int MostKept = 4096;
    static readonly ConcurrentDictionary<uint, Method<ReadOnlyMemory<byte>, byte[]>> Calls = new();
    static readonly ConcurrentDictionary<uint, Method<ReadOnlyMemory<byte>, Unit>> Notices = new();

    public static Method<ReadOnlyMemory<byte>, byte[]> Call(uint code) => Keep(Calls, code, MethodShape.Unary, RawReply.Instance);

    public static Method<ReadOnlyMemory<byte>, Unit> Notice(uint code) => Keep(Notices, code, MethodShape.OneWay, UnitCodec.Instance);

    /// <summary>The method of a handler that gives memory of its own back.</summary>
    public static Method<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Served(uint code) => Make(code, MethodShape.Unary, RawBody.Instance);

    static Method<ReadOnlyMemory<byte>, TResponse> Keep<TResponse>(
        ConcurrentDictionary<uint, Method<ReadOnlyMemory<byte>, TResponse>> kept, uint code, MethodShape shape, MessageCodec<TResponse> codec)
    {
        if (kept.TryGetValue(code, out var method))
            return method;
        method = Make(code, shape, codec);
        return kept.Count < MostKept ? kept.GetOrAdd(code, method) : method;
    }

    static Method<ReadOnlyMemory<byte>, TResponse> Make<TResponse>(uint code, MethodShape shape, MessageCodec<TResponse> codec) => new()
    {
        Service = "untyped", Name = $"0x{code:X}", Code = code, Shape = shape, RequestCodec = RawBody.Instance, ResponseCodec = codec,
    };

    // The bytes as they are, whatever form the carrier has for typed bodies.
    sealed class RawBody : MessageCodec<ReadOnlyMemory<byte>>
    {
        public static readonly RawBody Instance = new();

        public override MessageFormats Formats => MessageFormats.MessagePack | MessageFormats.Iproto;

        public override void Write(ref MessagePackWriter writer, in ReadOnlyMemory<byte> value) => writer.WriteRest(value.Span);

        public override ReadOnlyMemory<byte> Read(ref MessagePackReader reader) => reader.ReadRest().ToArray();

        public override void WriteIproto(ref IprotoWriter writer, in ReadOnlyMemory<byte> value) => writer.WriteRaw(value.Span);

        public override ReadOnlyMemory<byte> ReadIproto(ref IprotoReader reader) => reader.ReadRaw(reader.Remaining).ToArray();
    }

    sealed class RawReply : MessageCodec<byte[]>
    {
        public static readonly RawReply Instance = new();

        public override MessageFormats Formats => MessageFormats.MessagePack | MessageFormats.Iproto;

        public override void Write(ref MessagePackWriter writer, in byte[] value) => writer.WriteRest(value);

        public override byte[] Read(ref MessagePackReader reader) => reader.ReadRest().ToArray();

        public override void WriteIproto(ref IprotoWriter writer, in byte[] value) => writer.WriteRaw(value);

        public override byte[] ReadIproto(ref IprotoReader reader) => reader.ReadRaw(reader.Remaining).ToArray();
    }
}
