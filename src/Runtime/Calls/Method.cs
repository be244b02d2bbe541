using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;

namespace ButlerRpc.Calls;

/// <summary>What goes over the wire in one use of a method.</summary>
public enum MethodShape : byte
{
    /// <summary>One request, one reply.</summary>
    Unary,

    /// <summary>One request, no answer ever.</summary>
    OneWay,

    /// <summary>One request, a stream of items back.</summary>
    ServerStream,

    /// <summary>A request and one or more streams of items, one reply.</summary>
    ClientStream,

    /// <summary>A request and one or more streams of items, a stream of items back.</summary>
    Duplex,
}

/// <summary>One operation of a service, as both sides know it. Generated.</summary>
public abstract class Method
{
    string? _rpcName;
    KeyValuePair<string, object?>[]? _spanTags;

    /// <summary>The service's full name, such as <c>Shop.IOrders</c>.</summary>
    public required string Service { get; init; }

    /// <summary>The method's name.</summary>
    public required string Name { get; init; }

    /// <summary>What identifies it on the wire.</summary>
    public required uint Code { get; init; }

    /// <summary>What goes over the wire.</summary>
    public required MethodShape Shape { get; init; }

    /// <summary>True: a call whose outcome is unknown may be sent again.</summary>
    public bool Idempotent { get; init; }

    /// <summary>True: its handler runs on the session's read loop.</summary>
    public bool Inline { get; init; }

    /// <summary>True: calls of one session start in the order in which they were sent, one at a time.</summary>
    public bool Ordered { get; init; }

    /// <summary>The most calls of it that one session runs at once; 0: no limit of its own.</summary>
    public int MaxInFlight { get; init; }

    /// <summary>The deadline of a call that states none; null: the client's default.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The longest wait between two items; null: none.</summary>
    public TimeSpan? ItemTimeout { get; init; }

    /// <summary>What becomes of the items of its result when the reader is slower than the writer.</summary>
    public StreamOverflow Overflow { get; init; }

    /// <summary>The policy that the caller must satisfy; null: none.</summary>
    public string? Policy { get; init; }

    /// <summary>The hash of the shapes of request, response, streams and faults; equal hashes need no comparison at connect.</summary>
    public ulong ShapeHash { get; init; }

    /// <summary>The shapes behind <see cref="ShapeHash"/>, in the form of the contract lock file.</summary>
    public IReadOnlyList<string> ContractLines { get; init; } = [];

    /// <summary>The typed failures that it may end with.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];

    /// <summary>The stream parameters, numbered from 1 on the wire.</summary>
    public IReadOnlyList<StreamParameter> Streams { get; init; } = [];

    /// <summary>True when it takes or returns a stream.</summary>
    public bool HasStreams => Shape >= MethodShape.ServerStream;

    /// <summary>True: its last request took more than a frame. The next is encoded apart and handed over, instead of being copied out of the send buffer.</summary>
    internal bool LargeRequests { get; set; }

    /// <summary>The same of its replies.</summary>
    internal bool LargeReplies { get; set; }

    /// <summary><c>Shop.IOrders.PlaceAsync</c>.</summary>
    public string FullName => $"{Service}.{Name}";

    /// <summary>Its name in measurements and spans: <c>Shop.IOrders/PlaceAsync</c>; <c>_OTHER</c> for one that nobody has.</summary>
    internal string RpcName => _rpcName ??= Service.Length == 0 ? "_OTHER" : $"{Service}/{Name}";

    /// <summary>What each of its spans says from its beginning.</summary>
    internal KeyValuePair<string, object?>[] SpanTags => _spanTags ??= [new("rpc.system.name", Telemetry.System), new("rpc.method", RpcName)];

    /// <inheritdoc/>
    public override string ToString() => $"{FullName} (code 0x{Code:X})";
}

/// <summary>One operation of a service with its codecs. Generated, one static instance per method.</summary>
/// <typeparam name="TRequest">The bare message, or a generated struct of the parameters that are not streams.</typeparam>
/// <typeparam name="TResponse">The result, the item of the result stream, or <see cref="Unit"/>.</typeparam>
public sealed class Method<TRequest, TResponse> : Method
{
    /// <summary>The request's codec.</summary>
    public required MessageCodec<TRequest> RequestCodec { get; init; }

    /// <summary>The codec of the result, or of the items of the result stream.</summary>
    public required MessageCodec<TResponse> ResponseCodec { get; init; }

    /// <summary>With <see cref="StreamOverflow.LatestByKey"/>: how an item's key is found.</summary>
    public ItemKey<TResponse>? ItemKey { get; init; }

    internal ObjectPool<UnaryCall<TRequest, TResponse>> Calls { get; } = new();
}

/// <summary>A parameter that is a stream.</summary>
public abstract class StreamParameter
{
    private protected StreamParameter(int number, string name)
    {
        Number = number;
        Name = name;
    }

    /// <summary>Its number on the wire: 1 for the first stream parameter.</summary>
    public int Number { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }
}

/// <summary>A parameter that is a stream of <typeparamref name="TItem"/>.</summary>
public sealed class StreamParameter<TItem>(int number, string name, MessageCodec<TItem> codec) : StreamParameter(number, name)
{
    /// <summary>The codec of the items.</summary>
    public MessageCodec<TItem> Codec { get; } = codec;

    /// <summary>Binds the argument of one call.</summary>
    public OutgoingStream With(IAsyncEnumerable<TItem> items) => new OutgoingStream<TItem>(this, items);
}

/// <summary>A stream argument of one call.</summary>
public abstract class OutgoingStream
{
    private protected OutgoingStream(StreamParameter parameter) => Parameter = parameter;

    /// <summary>The parameter it belongs to.</summary>
    public StreamParameter Parameter { get; }

    internal abstract Task<bool> PumpAsync(ItemWriter writer, CancellationToken cancellationToken);
}

sealed class OutgoingStream<TItem>(StreamParameter<TItem> parameter, IAsyncEnumerable<TItem> items) : OutgoingStream(parameter)
{
    internal override Task<bool> PumpAsync(ItemWriter writer, CancellationToken cancellationToken) =>
        StreamPump.RunAsync(items, parameter.Codec, writer, cancellationToken);
}
