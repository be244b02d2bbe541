using System.Collections.Concurrent;
using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Framing;
using ButlerRpc.Sessions;

namespace ButlerRpc.Iproto;

/// <summary>Handlers by Msg. Handlers may be added while packets are served. A service's typed methods come first where both are offered.</summary>
public sealed class IprotoMux
{
    readonly ConcurrentDictionary<uint, RawHandler> _handlers = new();
    volatile RawHandler? _unknown;

    /// <summary>Makes it serve a Msg; replaces the handler it had.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The Msg is ping's or shutdown's.</exception>
    public IprotoMux Handle(uint message, IprotoHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (message is IprotoFraming.Ping or IprotoFraming.Shutdown)
            throw new ArgumentOutOfRangeException(nameof(message), message, $"0x{message:X} is ping or shutdown; a Msg of the application is another number");
        _handlers[message] = new RawHandler(UntypedMethods.Call(message), handler);
        return this;
    }

    /// <summary>Makes it answer a Msg with what <paramref name="handler"/> returns; a notice has no answer, so what is returned for one is dropped.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The Msg is ping's or shutdown's.</exception>
    public IprotoMux Handle(uint message, Func<IprotoPacket, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Handle(message, async (channel, packet, cancellationToken) =>
        {
            var body = await handler(packet, cancellationToken);
            if (!packet.IsNotice)
                await channel.SendAsync(IprotoPacket.ResponseTo(packet, body), cancellationToken);
        });
    }

    /// <summary>What takes packets that have no handler. They are counted and logged all the same. Null (the default): they get no answer.</summary>
    public IprotoMux HandleUnknown(IprotoHandler? handler)
    {
        _unknown = handler is null ? null : new RawHandler(Unknown, handler);
        return this;
    }

    /// <summary>The handler of a Msg; null: there is none.</summary>
    public IprotoHandler? Handler(uint message) => _handlers.TryGetValue(message, out var handler) ? handler.Handler : null;

    static readonly Method Unknown = new Method<Unit, Unit>
    {
        Service = "iproto", Name = "unknown", Code = 0, Shape = MethodShape.Unary, RequestCodec = UnitCodec.Instance, ResponseCodec = UnitCodec.Instance,
    };

    internal RawHandlers Handlers => new ByMessage(this);

    sealed class ByMessage(IprotoMux mux) : RawHandlers
    {
        public override MethodHandler? Find(uint code) => mux._handlers.GetValueOrDefault(code);

        public override MethodHandler? Unknown => mux._unknown;
    }

    sealed class RawHandler(Method method, IprotoHandler handler) : MethodHandler(method)
    {
        public IprotoHandler Handler { get; } = handler;

        public override void Invoke(ServerCall call) => _ = ServeAsync((InboundCall)call);

        async Task ServeAsync(InboundCall call)
        {
            var packet = new IprotoPacket(call.MethodCode, call.Id, call.RequestBody.ToArray());
            try
            {
                var serving = Handler(IprotoChannel.Of((Session)call.Peer), packet, call.CancellationToken);
                if (!serving.IsCompletedSuccessfully)
                    call.Suspend();
                await serving;
            }
            catch (Exception e)
            {
                call.Fail(e, executed: true);
                return;
            }

            call.Finish();
        }
    }
}

/// <summary>Untyped iproto beside typed services.</summary>
public static class IprotoServices
{
    /// <summary>Serves packets by Msg, on iproto connections, where no service has a method with that code.</summary>
    public static ServiceTable AddPackets(this ServiceTable services, IprotoMux mux)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(mux);
        services.Packets = mux.Handlers;
        return services;
    }
}
