using ButlerRpc.Calls;
using ButlerRpc.Codec;

namespace ButlerRpc.Broker;

/// <summary>The one method that has no contract: bytes to bytes, under the code 0 that no message can have. Peers of version 1 call and serve nothing else.</summary>
static class RawMethod
{
    public const uint Code = 0;
    public const string Service = "ButlerRpc.Raw";

    public static readonly Method<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Send = new()
    {
        Service = Service, Name = "SendAsync", Code = Code, Shape = MethodShape.Unary, RequestCodec = RawCodec.Instance, ResponseCodec = RawCodec.Instance,
    };
}

/// <summary>Bytes as they are: the body is nothing else, so that a broker passes them to a peer of version 1 as they are.</summary>
sealed class RawCodec : MessageCodec<ReadOnlyMemory<byte>>
{
    public static readonly RawCodec Instance = new();

    public override void Write(ref MessagePackWriter writer, in ReadOnlyMemory<byte> value)
    {
        value.Span.CopyTo(writer.Reserve(value.Length));
        writer.Advance(value.Length);
    }

    public override ReadOnlyMemory<byte> Read(ref MessagePackReader reader) => reader.TakeRest().ToArray();
}

/// <summary>A provider's handler of raw bytes, as a service.</summary>
sealed class RawService(Func<ReadOnlyMemory<byte>, CallContext, ValueTask<ReadOnlyMemory<byte>>> handler) : IButlerContract<RawService>
{
    public static ButlerContract<RawService> Contract { get; } = new RawContract();

    sealed class RawContract : ButlerContract<RawService>
    {
        public override string Name => RawMethod.Service;

        public override IReadOnlyList<Method> Methods => [RawMethod.Send];

        public override RawService CreateProxy(CallInvoker invoker) => throw new NotSupportedException("raw bytes are sent with BrokerConsumer.SendAsync");

        public override void Bind(ServiceBinder<RawService> binder) => binder.Unary(RawMethod.Send, static (service, bytes, context) => service.Handle(bytes, context));
    }

    ValueTask<ReadOnlyMemory<byte>> Handle(ReadOnlyMemory<byte> bytes, CallContext context) => handler(bytes, context);
}
