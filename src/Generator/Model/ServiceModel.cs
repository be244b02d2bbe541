namespace ButlerRpc.Generator.Model;

/// <summary>A service as its emitters need it.</summary>
sealed record ServiceModel
{
    public required TypeName Type { get; init; }

    /// <summary>The name in the contract: <c>Shop.IOrders</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The service that the server calls back on; null: none.</summary>
    public required string? Callback { get; init; }

    /// <summary>It has methods or types that may not be used: what is generated is marked as obsolete.</summary>
    public bool UsesForbidden { get; init; }

    /// <summary>Everything that can be called, inherited methods included, in ordinal order.</summary>
    public required EquatableArray<MethodModel> Methods { get; init; }

    /// <summary>The codecs that live beside those of the service: closed generics and types annotated for another library.</summary>
    public required EquatableArray<MessageModel> Structures { get; init; }

    /// <summary>Members that are not bound: disposal, and those that cannot be, of which a diagnostic tells; the proxy implements them so that nothing else is in error.</summary>
    public required EquatableArray<UnboundMember> Unbound { get; init; }
}

/// <summary>A member that the proxy must have although it is not called remotely.</summary>
/// <param name="Declaration">Its explicit implementation without the body: <c>int global::Shop.IOrders.Count</c>.</param>
/// <param name="Accessors">For properties and events the accessors; empty for methods.</param>
/// <param name="Body">What it does; null: it throws.</param>
readonly record struct UnboundMember(string Declaration, EquatableArray<string> Accessors, string? Body = null);

/// <summary>What goes over the wire in one use of a method; the numbers are those of the runtime's MethodShape.</summary>
enum MethodShape
{
    Unary,
    OneWay,
    ServerStream,
    ClientStream,
    Duplex,
}

/// <summary>The wrapping of a method's result.</summary>
enum ReturnKind
{
    Void,
    Task,
    ValueTask,
    TaskOfResult,
    ValueTaskOfResult,
    Stream,
}
