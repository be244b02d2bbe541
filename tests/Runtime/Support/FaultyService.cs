using ButlerRpc.Calls;
using ButlerRpc.Codec;

namespace ButlerRpc.Runtime.Tests.Support;

/// <summary>A service whose one method fails with a declared fault.</summary>
sealed class FaultyService : IButlerContract<FaultyService>
{
    public static readonly Method<int, int> Fails = new()
    {
        Service = "Tests.Faulty", Name = "FailsAsync", Code = 50, Shape = MethodShape.Unary, RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
        Faults = [new Fault<string>(new FaultCodec())],
    };

    public static ButlerContract<FaultyService> Contract { get; } = new HandContract<FaultyService>(
        b => b.Unary(Fails, (_, value, _) => throw new ButlerFaultException<string>($"stock {value}")));

    sealed class FaultCodec : MessageCodec<string>
    {
        public override int Code => 77;

        public override void Write(ref MessagePackWriter writer, in string value) => writer.WriteString(value);

        public override string Read(ref MessagePackReader reader) => reader.ReadString()!;
    }
}

/// <summary>A contract of a few lines, called through its methods.</summary>
sealed class HandContract<T>(Action<ServiceBinder<T>> bind) : ButlerContract<T>
    where T : class
{
    public override string Name => typeof(T).Name;

    public override IReadOnlyList<Method> Methods => [];

    public override T CreateProxy(CallInvoker invoker) => throw new NotSupportedException("called through its methods");

    public override void Bind(ServiceBinder<T> binder) => bind(binder);
}
