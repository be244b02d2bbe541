using ButlerRpc.Calls;
using ButlerRpc.Codec;

namespace ButlerRpc.Runtime.Tests.Support;

/// <summary>Streams whose items cost nothing on the heap.</summary>
sealed class QuadStreams : IButlerContract<QuadStreams>
{
    public static readonly StreamParameter<Quad> Numbers = new(1, "quads", QuadCodec.Instance);

    public static readonly Method<int, Quad> Watch = new()
    {
        Service = "Tests.IQuads", Name = "QuadsAsync", Code = 40, Shape = MethodShape.ServerStream, RequestCodec = IntCodec.Instance, ResponseCodec = QuadCodec.Instance,
    };

    public static readonly Method<int, int> Count = new()
    {
        Service = "Tests.IQuads", Name = "AddAsync", Code = 41, Shape = MethodShape.ClientStream, RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
        Streams = [Numbers],
    };

    public static ButlerContract<QuadStreams> Contract { get; } = new QuadContract();

    public static async IAsyncEnumerable<Quad> QuadsAsync(int count)
    {
        for (var i = 0; i < count; i++)
            yield return new Quad(i, i, i, i);
        await Task.CompletedTask;
    }

    static async ValueTask<int> CountAsync(IAsyncEnumerable<Quad> quads)
    {
        var count = 0;
        await foreach (var _ in quads)
            count++;
        return count;
    }

    sealed class QuadContract : ButlerContract<QuadStreams>
    {
        public override string Name => "Tests.IQuads";

        public override IReadOnlyList<Method> Methods => [Watch, Count];

        public override QuadStreams CreateProxy(CallInvoker invoker) => throw new NotSupportedException();

        public override void Bind(ServiceBinder<QuadStreams> binder)
        {
            binder.ServerStream(Watch, static (_, count, _) => QuadsAsync(count));
            binder.ClientStream(Count, static (_, _, streams, _) => CountAsync(streams.Of(Numbers)));
        }
    }
}
