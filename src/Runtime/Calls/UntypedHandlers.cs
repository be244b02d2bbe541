using System.Collections.Concurrent;
using ButlerRpc.Codec;

namespace ButlerRpc.Calls;

/// <summary>Serves calls by code with bytes. What it returns for a one-way message goes nowhere.</summary>
/// <param name="code">The code that was called.</param>
/// <param name="body">The bytes as they came; they are the handler's own.</param>
/// <param name="context">Token, remaining time, principal, metadata and peer of the call.</param>
public delegate ValueTask<ReadOnlyMemory<byte>> UntypedHandler(uint code, ReadOnlyMemory<byte> body, CallContext context);

/// <summary>The handlers of codes that no service has. They run behind the interceptors of the table, as typed ones do.</summary>
sealed class UntypedHandlers(ServiceTable table)
{
    readonly ConcurrentDictionary<uint, Pair> _byCode = new();
    volatile Pair? _unmatched;

    public void Handle(uint code, UntypedHandler handler) => _byCode[code] = Make(code, handler);

    public void HandleUnmatched(UntypedHandler? handler) => _unmatched = handler is null ? null : Make(0, handler);

    public MethodHandler? Find(uint code, bool isOneWay)
    {
        if (!_byCode.TryGetValue(code, out var pair))
            pair = _unmatched;
        return isOneWay ? pair?.Notice : pair?.Call;
    }

    Pair Make(uint code, UntypedHandler handler)
    {
        var source = new SingletonSource<UntypedHandler>(handler);
        return new Pair(
            new UnaryHandler<UntypedHandler, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(UntypedMethods.Served(code), table, source, CallAsync),
            new EmptyReplyHandler<UntypedHandler, ReadOnlyMemory<byte>>(UntypedMethods.Notice(code), table, source, NotifyAsync));
    }

    static ValueTask<ReadOnlyMemory<byte>> CallAsync(UntypedHandler handler, ReadOnlyMemory<byte> body, CallContext context) =>
        handler(context.ServerCall!.MethodCode, body, context);

    static async ValueTask NotifyAsync(UntypedHandler handler, ReadOnlyMemory<byte> body, CallContext context) => await CallAsync(handler, body, context);

    sealed record Pair(MethodHandler Call, MethodHandler Notice);
}
