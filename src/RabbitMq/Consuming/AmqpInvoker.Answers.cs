using ButlerRpc.Codec;
using ButlerRpc.RabbitMq.Wire;
using ButlerRpc.Sessions;
using RabbitMQ.Client.Events;

namespace ButlerRpc.RabbitMq.Consuming;

// What comes back. On the thread of RabbitMQ's client, whose buffers are used again afterwards.
sealed partial class AmqpInvoker
{
    public Task OnAnswerAsync(object sender, BasicDeliverEventArgs delivery)
    {
        if (!AnswerMessage.TryRead(delivery.BasicProperties, out var message) || !_pending.TryGetValue(message.Id, out var call))
            return Task.CompletedTask; // of a call that has ended, or no answer at all
        var body = delivery.Body.Span;
        if (message.Kind == AnswerKind.Held)
            call.IsHeld = true;
        else if (message.Kind == AnswerKind.Error)
            OnError(call, in message, body);
        else if (body.Length > _host.Limits.MessageBytes)
            End(call, Certain(Errors.TooLarge($"the reply of {call.Method.FullName}", body.Length, _host.Limits.MessageBytes), ButlerCertainty.Executed));
        else if (call.TryEnd())
            OnReply(call, in message, body);
        return Task.CompletedTask;
    }

    /// <summary>The queue had no room for the call, and has sent it back.</summary>
    public void OnFull(ConsumerLine line, string id)
    {
        if (_pending.TryGetValue(id, out var call) && call.TryTakeBack(line))
            End(call, Refusal.Full(call.Method));
    }

    void OnReply(PendingCall call, in AnswerMessage message, ReadOnlySpan<byte> body)
    {
        Retire(call);
        try
        {
            if (message.Metadata is { } metadata)
                call.ResponseMetadata?.Read(metadata);
        }
        catch (ButlerException e)
        {
            call.Fail(new ButlerException(
                ButlerStatus.Unknown, $"the metadata of a reply cannot be read: {e.Message}", ButlerCertainty.Executed, ButlerReason.BadMessage, e));
            return;
        }

        call.Complete(body.ToArray());
    }

    void OnError(PendingCall call, in AnswerMessage message, ReadOnlySpan<byte> body)
    {
        var error = Errors.Decode((uint)message.Status, body, call.Method);
        if (error is { Reason: ButlerReason.ContractMismatch, Certainty: ButlerCertainty.NotExecuted } && message is { Contract: { } contract, Shape: var shape })
            Scheduler.Start(() => JudgeAsync(call, shape, contract));
        else
            EndUnlessMoved(call, error);
    }

    // It is work, and not the thread's of RabbitMQ's client.
    Task JudgeAsync(PendingCall call, ulong shape, byte[] contract)
    {
        if (_shapes.Judge(call.Method, shape, contract) is { } verdict)
            End(call, Errors.Mismatch(call.Method.FullName, verdict));
        else if (call.Line is { } line && call.TryTakeBack(line))
            Submit(call);
        return Task.CompletedTask;
    }

    static ButlerException Certain(ButlerException failure, ButlerCertainty certainty) => new(failure.Status, failure.Message, certainty, failure.Reason);
}
