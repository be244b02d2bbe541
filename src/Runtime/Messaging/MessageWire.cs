using System.Buffers;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;

namespace ButlerRpc.Messaging;

/// <summary>A user's protocol without the type of its correlation ids, so that one messenger can speak several.</summary>
abstract class MessageWire<TMessage>
    where TMessage : class
{
    public abstract bool TryRead(ref ReadOnlySequence<byte> bytes, out TMessage message);

    public abstract void Write(TMessage message, IBufferWriter<byte> output);

    public abstract bool? IsReply(TMessage message);

    public abstract TMessage? ReplyToFailed(TMessage request, Exception failure);

    /// <summary>A correlation id, for people.</summary>
    public abstract string NameOf(TMessage message);

    /// <summary>The table of a session.</summary>
    public abstract RequestTable<TMessage> NewTable();
}

/// <inheritdoc/>
sealed class MessageWire<TMessage, TKey>(IMessageProtocol<TMessage, TKey> protocol) : MessageWire<TMessage>
    where TMessage : class
    where TKey : notnull
{
    public override bool TryRead(ref ReadOnlySequence<byte> bytes, out TMessage message) => protocol.TryRead(ref bytes, out message);

    public override void Write(TMessage message, IBufferWriter<byte> output) => protocol.Write(message, output);

    public override bool? IsReply(TMessage message) => protocol.IsReply(message);

    public override TMessage? ReplyToFailed(TMessage request, Exception failure) => protocol.ReplyToFailed(request, failure);

    public override string NameOf(TMessage message) => protocol.GetCorrelationId(message).ToString() ?? "";

    public override RequestTable<TMessage> NewTable() => new Table(protocol);

    sealed class Table(IMessageProtocol<TMessage, TKey> protocol) : RequestTable<TMessage>
    {
        readonly Dictionary<TKey, MessengerRequest<TMessage>> _requests = [];

        public override int Count => _requests.Count;

        public override bool TryAdd(TMessage message, MessengerRequest<TMessage> request)
        {
            var id = protocol.GetCorrelationId(message);
            request.Id = id;
            return _requests.TryAdd(id, request);
        }

        public override MessengerRequest<TMessage>? Take(TMessage message) =>
            _requests.Remove(protocol.GetCorrelationId(message), out var request) ? request : null;

        public override void Remove(MessengerRequest<TMessage> request)
        {
            if (request.Id is TKey id && _requests.TryGetValue(id, out var found) && found == request)
                _requests.Remove(id);
        }

        public override MessengerRequest<TMessage>[] TakeAll()
        {
            MessengerRequest<TMessage>[] all = [.. _requests.Values];
            _requests.Clear();
            return all;
        }
    }
}

/// <summary>The requests of one session that wait for their replies: only the session that got a request may answer it. Not thread-safe.</summary>
abstract class RequestTable<TMessage>
    where TMessage : class
{
    public abstract int Count { get; }

    /// <summary>False: one with the same id is in flight.</summary>
    public abstract bool TryAdd(TMessage message, MessengerRequest<TMessage> request);

    /// <summary>The request that a message answers; it waits no more.</summary>
    public abstract MessengerRequest<TMessage>? Take(TMessage message);

    public abstract void Remove(MessengerRequest<TMessage> request);

    public abstract MessengerRequest<TMessage>[] TakeAll();
}

/// <summary>A request in flight.</summary>
sealed class MessengerRequest<TMessage>(ButlerScheduler scheduler)
    where TMessage : class
{
    public Signal Ended { get; } = new(scheduler);

    public TMessage? Reply { get; set; }

    /// <summary>The correlation id with which it was sent, whatever has become of the message since; null: it was not.</summary>
    public object? Id { get; set; }

    /// <summary>Its bytes; null: still waiting for room in the queue.</summary>
    public OutgoingBytes? Bytes { get; set; }

    public bool HandedOver => Bytes is { HandedOver: true };
}
