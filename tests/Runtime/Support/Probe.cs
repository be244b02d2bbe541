using ButlerRpc.Calls;
using ButlerRpc.Codec;

namespace ButlerRpc.Runtime.Tests.Support;

/// <summary>A service whose handlers the test sets. Its contract is written by hand; it is called through <see cref="Methods"/>.</summary>
sealed class Probe : IButlerContract<Probe>
{
    public static ButlerContract<Probe> Contract => ProbeContract.Instance;

    /// <summary>Default: gives back what came.</summary>
    public Func<int, CallContext, ValueTask<int>> Work { get; set; } = static (value, _) => new(value);

    public Func<int, CallContext, ValueTask<int>> Inline { get; set; } = static (value, _) => new(value);

    public Func<int, CallContext, ValueTask> Run { get; set; } = static (_, _) => default;

    public Func<int, CallContext, ValueTask> Note { get; set; } = static (_, _) => default;

    public Func<byte[], CallContext, ValueTask<byte[]>> Bytes { get; set; } = static (value, _) => new(value);

    /// <summary>How many handlers were started, whatever the method.</summary>
    public int Started;

    /// <summary>How many of them were RunAsync, which no canary calls.</summary>
    public int Ran;

    ValueTask<T> Begin<T>(ValueTask<T> task)
    {
        Interlocked.Increment(ref Started);
        return task;
    }

    sealed class ProbeContract : ButlerContract<Probe>
    {
        public static readonly ProbeContract Instance = new();

        public override string Name => Support.Methods.Service;

        public override IReadOnlyList<Method> Methods =>
            [Support.Methods.Echo, Support.Methods.Work, Support.Methods.Note, Support.Methods.Run, Support.Methods.Inline, Support.Methods.Bytes, Support.Methods.Quad];

        public override Probe CreateProxy(CallInvoker invoker) => throw new NotSupportedException("the probe is called through Methods");

        public override void Bind(ServiceBinder<Probe> binder)
        {
            binder.Unary(Support.Methods.Echo, static (probe, text, _) => probe.Begin(new ValueTask<string>(text)));
            binder.Unary(Support.Methods.Work, static (probe, value, context) => probe.Begin(probe.Work(value, context)));
            binder.Unary(Support.Methods.Inline, static (probe, value, context) => probe.Begin(probe.Inline(value, context)));
            binder.Unary(Support.Methods.Bytes, static (probe, value, context) => probe.Begin(probe.Bytes(value, context)));
            binder.Unary(Support.Methods.Quad, static (probe, value, _) => new(value));
            binder.Unary(Support.Methods.Run, static (probe, value, context) =>
            {
                Interlocked.Increment(ref probe.Started);
                Interlocked.Increment(ref probe.Ran);
                return probe.Run(value, context);
            });
            binder.OneWay(Support.Methods.Note, static (probe, value, context) =>
            {
                Interlocked.Increment(ref probe.Started);
                return probe.Note(value, context);
            });
        }
    }
}

static class Methods
{
    public const string Service = "Tests.IProbe";

    public static readonly Method<string, string> Echo = Unary("EchoAsync", 1, StringCodec.Instance, StringCodec.Instance);

    public static readonly Method<int, int> Work = Unary("WorkAsync", 2, IntCodec.Instance, IntCodec.Instance);

    public static readonly Method<int, Unit> Note = new()
    {
        Service = Service, Name = "Note", Code = 3, Shape = MethodShape.OneWay, RequestCodec = IntCodec.Instance, ResponseCodec = UnitCodec.Instance,
    };

    public static readonly Method<int, Unit> Run = Unary("RunAsync", 4, IntCodec.Instance, UnitCodec.Instance);

    public static readonly Method<int, int> Inline = new()
    {
        Service = Service, Name = "InlineAsync", Code = 5, Shape = MethodShape.Unary, Inline = true, RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
    };

    public static readonly Method<byte[], byte[]> Bytes = Unary("BytesAsync", 6, BytesCodec.Instance, BytesCodec.Instance);

    public static readonly Method<Quad, Quad> Quad = Unary("QuadAsync", 7, QuadCodec.Instance, QuadCodec.Instance);

    /// <summary>Nobody serves it.</summary>
    public static readonly Method<int, int> Missing = Unary("SecretNameAsync", 0x7777, IntCodec.Instance, IntCodec.Instance);

    public static Method<TRequest, TResponse> Unary<TRequest, TResponse>(
        string name, uint code, MessageCodec<TRequest> request, MessageCodec<TResponse> response) =>
        new() { Service = Service, Name = name, Code = code, Shape = MethodShape.Unary, RequestCodec = request, ResponseCodec = response };
}
