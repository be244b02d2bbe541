namespace ButlerRpc;

/// <summary>Marks a partial interface as a service: the compiler writes its proxy and its dispatcher.</summary>
[AttributeUsage(AttributeTargets.Interface, Inherited = false)]
public sealed class ButlerServiceAttribute : Attribute
{
    /// <summary>The service that the server calls back on, over the session it is serving.</summary>
    public Type? Callback { get; set; }
}

/// <summary>What happens to the items of a pushed stream whose reader is slower than its writer.</summary>
public enum StreamOverflow
{
    /// <summary>The writer waits for credit. The default; nothing is lost.</summary>
    Wait,

    /// <summary>The oldest unsent item is dropped.</summary>
    DropOldest,

    /// <summary>An unsent item is replaced by a newer one with the same key.</summary>
    LatestByKey,
}

/// <summary>Options of one method of a service.</summary>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class ButlerMethodAttribute : Attribute
{
    /// <summary>The method's code on the wire, 1 to 0x7FFF_FFFF. Default: the Code of its only message parameter, else a hash of its full name.</summary>
    public int Code { get; set; }

    /// <summary>True: the caller does not wait for an answer, and there never is one.</summary>
    public bool OneWay { get; set; }

    /// <summary>True: running the method twice does no harm, so a call whose outcome is unknown may be sent again.</summary>
    public bool Idempotent { get; set; }

    /// <summary>True: the handler runs on the session's read loop. Only for handlers that never block.</summary>
    public bool Inline { get; set; }

    /// <summary>The deadline of a call that states none, in milliseconds. 0 (the default): the client's own default.</summary>
    public int TimeoutMilliseconds { get; set; }

    /// <summary>The longest wait between two items of a stream, in milliseconds. 0 (the default): none.</summary>
    public int ItemTimeoutMilliseconds { get; set; }

    /// <summary>The most calls of this method that one session runs at once. 0 (the default): the session's own limit.</summary>
    public int MaxInFlight { get; set; }

    /// <summary>True: calls of one session start in the order in which they were sent, one at a time.</summary>
    public bool Ordered { get; set; }

    /// <summary>What happens when a pushed stream's reader is slower than its writer. Default: the writer waits.</summary>
    public StreamOverflow Overflow { get; set; }

    /// <summary>With <see cref="StreamOverflow.LatestByKey"/>: the member of the item that is its key.</summary>
    public string? Key { get; set; }
}

/// <summary>A policy that is checked before the handler is reached.</summary>
[AttributeUsage(AttributeTargets.Interface | AttributeTargets.Method, Inherited = false)]
public sealed class ButlerAuthorizeAttribute(string policy) : Attribute
{
    /// <summary>The policy's name.</summary>
    public string Policy { get; } = policy;
}

/// <summary>A typed fault the method may end with: <typeparamref name="TFault"/> is a message with a Code.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true, Inherited = false)]
public sealed class ThrowsAttribute<TFault> : Attribute;
