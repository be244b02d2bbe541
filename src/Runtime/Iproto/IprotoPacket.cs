using System.Buffers;
using ButlerRpc.Calls;

namespace ButlerRpc.Iproto;

/// <summary>One iproto packet as it is on the wire.</summary>
/// <param name="Message">Its Msg: the code of what is asked for or answered.</param>
/// <param name="Sync">The number that ties a reply to its request; 0: a notice, which nobody awaits an answer to.</param>
/// <param name="Body">The bytes behind the header.</param>
public readonly record struct IprotoPacket(uint Message, uint Sync, ReadOnlyMemory<byte> Body)
{
    /// <summary>True when its sender awaits no answer.</summary>
    public bool IsNotice => Sync == 0;

    /// <summary>The reply to a packet: the same Msg and the same Sync.</summary>
    public static IprotoPacket ResponseTo(IprotoPacket request, ReadOnlyMemory<byte> body) => new(request.Message, request.Sync, body);
}

/// <summary>Serves packets. It may call back on the channel and await the answer; what it throws is counted, logged, and answered if there is an error encoder.</summary>
public delegate ValueTask IprotoHandler(IprotoChannel channel, IprotoPacket packet, CancellationToken cancellationToken);

/// <summary>Pooled byte arrays.</summary>
public static class IprotoBytes
{
    /// <summary>An array of at least this length. Its contents are arbitrary.</summary>
    public static byte[] Get(int length) => ArrayPool<byte>.Shared.Rent(length);

    /// <summary>Gives an array back; the caller must not touch it any more.</summary>
    public static void Put(byte[] bytes) => ArrayPool<byte>.Shared.Return(bytes);
}

/// <summary>Untyped calls on anything that carries iproto: a client of <c>iproto://</c> endpoints, a session's peer, a channel.</summary>
public static class IprotoCalls
{
    /// <summary>Sends a packet and awaits the body of its reply.</summary>
    /// <param name="invoker">What carries it.</param>
    /// <param name="message">The Msg; below 0xFF00.</param>
    /// <param name="body">The body, which must not change until the call has ended.</param>
    /// <param name="context">Options and token.</param>
    /// <exception cref="ButlerException">The call failed.</exception>
    public static ValueTask<byte[]> CallPacketAsync(this CallInvoker invoker, uint message, ReadOnlyMemory<byte> body, CallContext context = default)
    {
        ArgumentNullException.ThrowIfNull(invoker);
        return invoker.CallAsync(message, body, context);
    }

    /// <summary>Sends a notice: a packet with the Sync 0. The task ends when it is in the send queue.</summary>
    /// <inheritdoc cref="CallPacketAsync"/>
    public static ValueTask NotifyPacketAsync(this CallInvoker invoker, uint message, ReadOnlyMemory<byte> body, CallContext context = default)
    {
        ArgumentNullException.ThrowIfNull(invoker);
        return invoker.NotifyAsync(message, body, context);
    }
}
