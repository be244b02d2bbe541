namespace ButlerRpc;

/// <summary>What one call asks for beyond its request. Immutable; share one between calls.</summary>
public sealed record CallOptions
{
    /// <summary>The time the whole call may take. <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>: for ever. Null (default): the method's, else the client's.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>What travels with the request. Null (default): nothing.</summary>
    public Metadata? Metadata { get; init; }

    /// <summary>Filled, before a unary call ends, with what the server sends beside its reply. Null (default): that is dropped.</summary>
    public Metadata? ResponseMetadata { get; init; }

    /// <summary>These, with defaults for what they leave open.</summary>
    internal CallOptions Or(CallOptions? defaults) => defaults is null
        ? this
        : this with { Timeout = Timeout ?? defaults.Timeout, Metadata = Metadata ?? defaults.Metadata, ResponseMetadata = ResponseMetadata ?? defaults.ResponseMetadata };
}
