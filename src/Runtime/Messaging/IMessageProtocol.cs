using System.Buffers;

namespace ButlerRpc.Messaging;

/// <summary>
/// A protocol that the user brings: how messages are read and written, and what ties a reply to its request. One instance serves all sessions, from several
/// threads at once. It runs on the loops that read and write, so it must not block.
/// </summary>
/// <typeparam name="TMessage">A message, in either direction.</typeparam>
/// <typeparam name="TKey">What ties a reply to its request.</typeparam>
public interface IMessageProtocol<TMessage, TKey>
    where TMessage : class
    where TKey : notnull
{
    /// <summary>
    /// Reads the message at the start of <paramref name="bytes"/>, and moves their start behind it. False: more bytes are needed; the same ones come again then,
    /// with more behind them. What it throws ends the session. The message must not keep hold of the bytes: they are used again.
    /// </summary>
    bool TryRead(ref ReadOnlySequence<byte> bytes, out TMessage message);

    /// <summary>Writes a message.</summary>
    void Write(TMessage message, IBufferWriter<byte> output);

    /// <summary>What ties a reply to its request: the same for both.</summary>
    TKey GetCorrelationId(TMessage message);

    /// <summary>
    /// Whether a received message is a reply. Null, as by default, where the protocol does not tell them apart: it is one if a request with its correlation id is in
    /// flight on its session. A protocol that can tell is safe against late replies and against a peer whose own requests have the same ids.
    /// </summary>
    bool? IsReply(TMessage message) => null;

    /// <summary>What the peer is sent when the handler of its request has failed. Null, as by default: nothing, so that it times out.</summary>
    TMessage? ReplyToFailed(TMessage request, Exception failure) => null;
}

/// <summary>
/// Takes the messages that are no reply to a request of this end, several at a time. It may send on the session and wait for the answer.
/// </summary>
/// <returns>The reply, which goes back on the same session; null: nothing is sent.</returns>
/// <param name="session">Where the message came from.</param>
/// <param name="message">The message.</param>
/// <param name="cancellationToken">Fires when the session has ended, or after <see cref="ButlerMessengerOptions.RequestTimeout"/>: nobody waits any more.</param>
public delegate ValueTask<TMessage?> MessengerHandler<TMessage>(MessengerSession<TMessage> session, TMessage message, CancellationToken cancellationToken)
    where TMessage : class;
