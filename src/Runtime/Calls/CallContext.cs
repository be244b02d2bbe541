using System.Security.Claims;
using ButlerRpc.Calls;

namespace ButlerRpc;

/// <summary>
/// The last parameter of a service method, in place of a CancellationToken. On the client it carries the call's options and token out; on the server it
/// carries the call in: its token, its remaining time and the peer that made it. Valid until the handler has ended; use after that throws.
/// </summary>
public readonly struct CallContext
{
    readonly CallOptions? _options; // on the client
    readonly ServerCall? _call;     // on the server; two fields, because every call asks which it is, and a type check costs 4 ns
    readonly int _version;
    readonly CancellationToken _token;

    /// <summary>A context for a call about to be made.</summary>
    public CallContext(CallOptions? options, CancellationToken cancellationToken = default)
    {
        _options = options;
        _token = cancellationToken;
    }

    CallContext(in CallContext other, CancellationToken cancellationToken)
    {
        this = other;
        _token = cancellationToken;
    }

    internal CallContext(ServerCall call)
    {
        _call = call;
        _version = call.Version;
    }

    /// <summary>A context that has nothing but a token.</summary>
    public static implicit operator CallContext(CancellationToken cancellationToken) => new(null, cancellationToken);

    /// <summary>On the client the caller's token. On the server it fires when the call is cancelled, its deadline passes, or its session drops.</summary>
    /// <exception cref="InvalidOperationException">The handler has ended.</exception>
    public CancellationToken CancellationToken => _call is not null && !_token.CanBeCanceled ? Call.CancellationToken : _token;

    /// <summary>
    /// On the server: fires when either end has begun to stop and waits for its calls to end; <see cref="CancellationToken"/> follows when the drain time (30 s) is over.
    /// A handler that would go on for ever, such as a stream of events, ends when it fires.
    /// </summary>
    /// <exception cref="InvalidOperationException">The handler has ended, or this is not a server's context.</exception>
    public CancellationToken Draining => Call.Draining;

    /// <summary>The time left until the call's deadline; null when it has none. On the client: the timeout that was asked for.</summary>
    /// <exception cref="InvalidOperationException">The handler has ended.</exception>
    public TimeSpan? RemainingTime => _call is not null ? Call.RemainingTime : _options?.Timeout;

    /// <summary>On the server: who calls; null: nobody that was authenticated.</summary>
    /// <exception cref="InvalidOperationException">The handler has ended, or this is not a server's context.</exception>
    public ClaimsPrincipal? Principal => Call.Principal;

    /// <summary>On the server what came with the request; on the client what goes with it. Null: nothing.</summary>
    /// <exception cref="InvalidOperationException">The handler has ended.</exception>
    public Metadata? Metadata => _call is not null ? Call.Metadata : _options?.Metadata;

    /// <summary>On the server: what goes with the reply of a unary call. Made on first use.</summary>
    /// <exception cref="InvalidOperationException">The handler has ended, or this is not a server's context.</exception>
    public Metadata ResponseMetadata => Call.ResponseMetadata;

    /// <summary>On the server: the other end of the session, to call back.</summary>
    /// <exception cref="InvalidOperationException">The handler has ended, or this is not a server's context.</exception>
    public CallInvoker Peer => Call.Peer;

    internal CallContext WithToken(CancellationToken cancellationToken) => new(in this, cancellationToken);

    /// <summary>A context for a call about to be made, like this one but for what is given. A handler's context keeps its token and its remaining time.</summary>
    public CallContext With(TimeSpan? timeout = null, Metadata? metadata = null)
    {
        var left = RemainingTime;
        var options = (Options ?? new CallOptions()) with { Timeout = left is { } most && _call is not null ? CallTimeout.AtMost(most, timeout) : timeout ?? left };
        return new CallContext(metadata is null ? options : options with { Metadata = metadata }, CancellationToken);
    }

    /// <summary>This context, with defaults for what it leaves open.</summary>
    internal CallContext Or(CallOptions? defaults)
    {
        if (defaults is null)
            return this;
        var options = Options;
        return _call is not null || options is not null
            ? With(options?.Timeout ?? defaults.Timeout, options?.Metadata ?? defaults.Metadata)
            : new CallContext(defaults, _token);
    }

    internal CallOptions? Options => _options;

    internal bool IsServing => _call is not null;

    internal ServerCall? ServerCall => _call is null ? null : Call;

    ServerCall Call
    {
        get
        {
            if (_call is not { } call)
                throw new InvalidOperationException("this CallContext belongs to a call being made; only a handler's context has Peer, Principal, ResponseMetadata and Draining");
            if (call.Version != _version)
                throw new InvalidOperationException("the handler that this CallContext was given to has ended; take what you need from it before");
            return call;
        }
    }
}
