using System.Runtime.CompilerServices;
using ButlerRpc.Calls;

namespace ButlerRpc.Runtime.Tests.Support;

/// <summary>A service of streams whose handlers the test sets. Its contract is written by hand; it is called through <see cref="StreamMethods"/>.</summary>
sealed class StreamProbe : IButlerContract<StreamProbe>
{
    public static ButlerContract<StreamProbe> Contract => StreamProbeContract.Instance;

    /// <summary>Default: 0, 1, … below the request.</summary>
    public Func<int, CallContext, IAsyncEnumerable<int>> Count { get; set; } = static (count, context) => Items.RangeAsync(count, context.CancellationToken);

    public Func<int, CallContext, IAsyncEnumerable<int>> Timed { get; set; } = static (count, context) => Items.RangeAsync(count, context.CancellationToken);

    /// <summary>Default: so many items of 1000 bytes.</summary>
    public Func<int, CallContext, IAsyncEnumerable<byte[]>> Blobs { get; set; } = static (count, _) => Items.BlobsAsync(count, 1000);

    /// <summary>Default: the sum of what came.</summary>
    public Func<IAsyncEnumerable<int>, CallContext, ValueTask<int>> Sum { get; set; } = static async (numbers, _) =>
    {
        var sum = 0;
        await foreach (var number in numbers)
            sum += number;
        return sum;
    };

    /// <summary>Default: both, one behind the other.</summary>
    public Func<IAsyncEnumerable<int>, IAsyncEnumerable<string>, CallContext, ValueTask<string>> Join { get; set; } = static async (numbers, words, _) =>
    {
        var text = "";
        await foreach (var number in numbers)
            text += number + " ";
        await foreach (var word in words)
            text += word + " ";
        return text;
    };

    /// <summary>Default: each item as often as the request says.</summary>
    public Func<int, IAsyncEnumerable<int>, CallContext, IAsyncEnumerable<int>> Talk { get; set; } = static (times, numbers, _) => Items.RepeatAsync(times, numbers);

    /// <summary>Default: the bytes that came.</summary>
    public Func<IAsyncEnumerable<byte[]>, CallContext, ValueTask<int>> Upload { get; set; } = static async (parts, _) =>
    {
        var bytes = 0;
        await foreach (var part in parts)
            bytes += part.Length;
        return bytes;
    };

    sealed class StreamProbeContract : ButlerContract<StreamProbe>
    {
        public static readonly StreamProbeContract Instance = new();

        public override string Name => StreamMethods.Service;

        public override IReadOnlyList<Method> Methods =>
            [StreamMethods.Count, StreamMethods.Timed, StreamMethods.Blobs, StreamMethods.Sum, StreamMethods.Join, StreamMethods.Talk, StreamMethods.Upload, StreamMethods.Label];

        public override StreamProbe CreateProxy(CallInvoker invoker) => throw new NotSupportedException("the probe is called through StreamMethods");

        public override void Bind(ServiceBinder<StreamProbe> binder)
        {
            binder.ServerStream(StreamMethods.Count, static (probe, count, context) => probe.Count(count, context));
            binder.ServerStream(StreamMethods.Timed, static (probe, count, context) => probe.Timed(count, context));
            binder.ServerStream(StreamMethods.Blobs, static (probe, count, context) => probe.Blobs(count, context));
            binder.ClientStream(StreamMethods.Sum, static (probe, _, streams, context) => probe.Sum(streams.Of(StreamMethods.Numbers), context));
            binder.ClientStream(
                StreamMethods.Join, static (probe, _, streams, context) => probe.Join(streams.Of(StreamMethods.Numbers), streams.Of(StreamMethods.Words), context));
            binder.Duplex(StreamMethods.Talk, static (probe, times, streams, context) => probe.Talk(times, streams.Of(StreamMethods.Numbers), context));
            binder.ClientStream(StreamMethods.Label, static async (probe, label, streams, context) => label.Length + await probe.Sum(streams.Of(StreamMethods.Numbers), context));
            binder.ClientStream(StreamMethods.Upload, static (probe, _, streams, context) => probe.Upload(streams.Of(StreamMethods.Parts), context));
        }
    }
}

static class StreamMethods
{
    public const string Service = "Tests.IStreamProbe";

    public static readonly StreamParameter<int> Numbers = new(1, "numbers", IntCodec.Instance);

    public static readonly StreamParameter<string> Words = new(2, "words", StringCodec.Instance);

    public static readonly StreamParameter<byte[]> Parts = new(1, "parts", BytesCodec.Instance);

    public static readonly Method<int, int> Count = Of("CountAsync", 20, MethodShape.ServerStream, IntCodec.Instance, IntCodec.Instance);

    public static readonly Method<int, byte[]> Blobs = Of("BlobsAsync", 21, MethodShape.ServerStream, IntCodec.Instance, BytesCodec.Instance);

    public static readonly Method<int, int> Sum = Of("SumAsync", 22, MethodShape.ClientStream, IntCodec.Instance, IntCodec.Instance, Numbers);

    public static readonly Method<int, string> Join = Of("JoinAsync", 23, MethodShape.ClientStream, IntCodec.Instance, StringCodec.Instance, Numbers, Words);

    public static readonly Method<int, int> Talk = Of("TalkAsync", 24, MethodShape.Duplex, IntCodec.Instance, IntCodec.Instance, Numbers);

    public static readonly Method<int, int> Upload = Of("UploadAsync", 25, MethodShape.ClientStream, IntCodec.Instance, IntCodec.Instance, Parts);

    /// <summary>A request of any size in front of a stream: what is answered is the size and the sum.</summary>
    public static readonly Method<byte[], int> Label = Of("LabelAsync", 27, MethodShape.ClientStream, BytesCodec.Instance, IntCodec.Instance, Numbers);

    /// <summary>At most ten seconds between two items.</summary>
    public static readonly Method<int, int> Timed = new()
    {
        Service = Service, Name = "TimedAsync", Code = 26, Shape = MethodShape.ServerStream, ItemTimeout = TimeSpan.FromSeconds(10),
        RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
    };

    public static IAsyncEnumerable<int> CountAsync(this CallInvoker invoker, int count, CallContext context = default) =>
        invoker.StreamAsync(Count, count, [], context);

    public static IAsyncEnumerable<int> TimedAsync(this CallInvoker invoker, int count, CallContext context = default) =>
        invoker.StreamAsync(Timed, count, [], context);

    public static IAsyncEnumerable<byte[]> BlobsAsync(this CallInvoker invoker, int count, CallContext context = default) =>
        invoker.StreamAsync(Blobs, count, [], context);

    public static ValueTask<int> SumAsync(this CallInvoker invoker, IAsyncEnumerable<int> numbers, CallContext context = default) =>
        invoker.CallAsync(Sum, 0, [Numbers.With(numbers)], context);

    public static ValueTask<int> LabelAsync(this CallInvoker invoker, byte[] label, IAsyncEnumerable<int> numbers, CallContext context = default) =>
        invoker.CallAsync(Label, label, [Numbers.With(numbers)], context);

    public static ValueTask<string> JoinAsync(this CallInvoker invoker, IAsyncEnumerable<int> numbers, IAsyncEnumerable<string> words, CallContext context = default) =>
        invoker.CallAsync(Join, 0, [Numbers.With(numbers), Words.With(words)], context);

    public static IAsyncEnumerable<int> TalkAsync(this CallInvoker invoker, int times, IAsyncEnumerable<int> numbers, CallContext context = default) =>
        invoker.StreamAsync(Talk, times, [Numbers.With(numbers)], context);

    public static ValueTask<int> UploadAsync(this CallInvoker invoker, IAsyncEnumerable<byte[]> parts, CallContext context = default) =>
        invoker.CallAsync(Upload, 0, [Parts.With(parts)], context);

    static Method<TRequest, TResponse> Of<TRequest, TResponse>(
        string name, uint code, MethodShape shape, Codec.MessageCodec<TRequest> request, Codec.MessageCodec<TResponse> response, params StreamParameter[] streams) =>
        new() { Service = Service, Name = name, Code = code, Shape = shape, RequestCodec = request, ResponseCodec = response, Streams = streams };
}

/// <summary>Streams that tests send, give and take.</summary>
static class Items
{
    public static async IAsyncEnumerable<int> RangeAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return i;
        }

        await Task.CompletedTask;
    }

    public static async IAsyncEnumerable<byte[]> BlobsAsync(int count, int size)
    {
        for (var i = 0; i < count; i++)
        {
            var bytes = new byte[size];
            bytes[0] = (byte)i;
            bytes[^1] = (byte)i;
            yield return bytes;
        }

        await Task.CompletedTask;
    }

    public static async IAsyncEnumerable<int> RepeatAsync(int times, IAsyncEnumerable<int> numbers)
    {
        await foreach (var number in numbers)
        {
            for (var i = 0; i < times; i++)
                yield return number;
        }
    }

    public static async Task<List<T>> ToListAsync<T>(this IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items)
            list.Add(item);
        return list;
    }
}

/// <summary>Enumerations that tell whether their finally has run.</summary>
sealed class Tracker
{
    public int Begun { get; private set; }

    public int Ended { get; private set; }

    /// <summary>The items that were asked for.</summary>
    public int Given { get; private set; }

    /// <summary>So many numbers, and then a wait for ever, as a stream of events has it: only its token ends it.</summary>
    public async IAsyncEnumerable<int> EventsAsync(int first, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Begun++;
        try
        {
            for (var i = 0; i < first; i++)
            {
                Given++;
                yield return i;
            }

            var never = new TaskCompletionSource();
            using (cancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).SetCanceled(), never))
                await never.Task;
        }
        finally
        {
            Ended++;
        }
    }

    /// <summary>So many numbers, and then a failure if there is one.</summary>
    public async IAsyncEnumerable<int> NumbersAsync(int count, Exception? failure = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Begun++;
        try
        {
            for (var i = 0; i < count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Given++;
                yield return i;
            }

            if (failure is not null)
                throw failure;
        }
        finally
        {
            Ended++;
        }

        await Task.CompletedTask;
    }

    /// <summary>What comes, passed on.</summary>
    public async IAsyncEnumerable<int> EchoAsync(IAsyncEnumerable<int> numbers)
    {
        Begun++;
        try
        {
            await foreach (var number in numbers)
            {
                Given++;
                yield return number;
            }
        }
        finally
        {
            Ended++;
        }
    }
}
