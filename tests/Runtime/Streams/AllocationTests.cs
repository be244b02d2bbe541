using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.Runtime.Tests.Streams;

/// <summary>What items cost on the heap, with the real scheduler, over memory, so that both ends are counted.</summary>
[NonParallelizable]
public class AllocationTests
{
    const int Items = 200_000;
    const double Most = 0.5;

    static readonly Method<int, Quad> Quads = new()
    {
        Service = "Tests.IQuads", Name = "QuadsAsync", Code = 40, Shape = MethodShape.ServerStream, RequestCodec = IntCodec.Instance, ResponseCodec = QuadCodec.Instance,
    };

    static readonly StreamParameter<Quad> Numbers = new(1, "quads", QuadCodec.Instance);

    static readonly Method<int, int> Add = new()
    {
        Service = "Tests.IQuads", Name = "AddAsync", Code = 41, Shape = MethodShape.ClientStream, RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
        Streams = [Numbers],
    };

    [Test]
    public async Task Item_of_a_stream_allocates_nothing_in_either_direction()
    {
        await using var server = await ButlerServer.StartAsync("mem://stream-allocation", s => s.Add(new QuadService()));
        await using var client = await ButlerClient.ConnectAsync("mem://stream-allocation");
        Assert.That(await LeastAsync(async () =>
        {
            var count = 0;
            await foreach (var _ in client.StreamAsync(Quads, Items, [], default))
                count++;
            Assert.That(count, Is.EqualTo(Items));
        }), Is.LessThan(Most), "bytes per item, server stream");
        Assert.That(await LeastAsync(async () => Assert.That(await client.CallAsync(Add, 0, [Numbers.With(QuadService.QuadsAsync(Items))], default), Is.EqualTo(Items))),
            Is.LessThan(Most), "bytes per item, client stream");
    }

    static async Task<double> LeastAsync(Func<Task> run)
    {
        await run();
        var least = double.MaxValue;
        for (var round = 0; round < 3; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await run();
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Items);
        }

        return least;
    }

    sealed class QuadService : IButlerContract<QuadService>
    {
        public static ButlerContract<QuadService> Contract { get; } = new QuadContract();

        public static async IAsyncEnumerable<Quad> QuadsAsync(int count)
        {
            for (var i = 0; i < count; i++)
                yield return new Quad(i, i, i, i);
            await Task.CompletedTask;
        }

        static async ValueTask<int> AddAsync(IAsyncEnumerable<Quad> quads)
        {
            var count = 0;
            await foreach (var _ in quads)
                count++;
            return count;
        }

        sealed class QuadContract : ButlerContract<QuadService>
        {
            public override string Name => "Tests.IQuads";

            public override IReadOnlyList<Method> Methods => [Quads, Add];

            public override QuadService CreateProxy(CallInvoker invoker) => throw new NotSupportedException();

            public override void Bind(ServiceBinder<QuadService> binder)
            {
                binder.ServerStream(Quads, static (_, count, _) => QuadsAsync(count));
                binder.ClientStream(Add, static (_, _, streams, _) => AddAsync(streams.Of(Numbers)));
            }
        }
    }
}
