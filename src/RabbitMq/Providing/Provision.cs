using System.Collections.Concurrent;
using System.Text;
using ButlerRpc.Calls;
using ButlerRpc.Platform;
using ButlerRpc.RabbitMq.Wire;
using ButlerRpc.Sessions;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client.Events;

namespace ButlerRpc.RabbitMq.Providing;

/// <summary>The calls that a provider has: from the messages that bring them to their handlers.</summary>
sealed class Provision(ServiceTable services, SessionHost host, Topology topology)
{
    readonly ConcurrentDictionary<string, ProvidedCall> _running = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<uint, ProvisionLane> _lanes = new();
    readonly ProvisionLane _ordered = new(1, host.Platform.Scheduler);
    readonly EarlyCancels _early = new();
    readonly CancellationTokenSource _draining = new();
    readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int _count;
    volatile bool _stops;

    public ButlerPlatform Platform => host.Platform;

    public TimeProvider Time => host.Platform.Time;

    public ILogger Logger => host.Logger;

    public long Now => host.Platform.Milliseconds;

    public int MostBytes => host.Limits.MessageBytes;

    /// <summary>Fires when it stops and waits for its calls to end.</summary>
    public CancellationToken Draining => _draining.Token;

    public ButlerStatus? MappedStatus(Exception failure) => services.MappedStatus(failure);

    /// <summary>A message in one of the channel's queues. On the thread of RabbitMQ's client, whose buffers are used again afterwards.</summary>
    public void OnDelivery(ProviderLine line, BasicDeliverEventArgs delivery, bool reliable)
    {
        if (!RequestMessage.TryRead(delivery.BasicProperties, out var message))
        {
            RabbitMqLog.NoCall(Logger, topology.Channel);
            line.Send(new Outgoing(delivery.DeliveryTag, Ending.Refuse));
        }
        else if (_early.Contains(message.Id))
        {
            line.Send(new Outgoing(delivery.DeliveryTag, Ending.Done)); // nobody awaits it any more
        }
        else if (_stops && reliable)
        {
            line.KeepBack(delivery.DeliveryTag);
        }
        else if (Refusal(message, delivery, reliable, out var handler) is { } refusal)
        {
            Refuse(line, delivery.DeliveryTag, message, refusal, handler?.Method);
        }
        else
        {
            Begin(new ProvidedCall(this, line, delivery.DeliveryTag, message, handler!, delivery.Body.ToArray()));
        }
    }

    /// <summary>A caller does not await its call any more.</summary>
    public void OnCancel(BasicDeliverEventArgs delivery)
    {
        if (delivery.BasicProperties.CorrelationId is not { Length: > 0 } id)
            return;
        if (_running.TryGetValue(id, out var call))
            Platform.Scheduler.Queue(new Cancellation(call));
        else
            _early.Add(id);
    }

    /// <summary>The answers of what runs would take a line that is no more, and other providers are given the calls, or their callers told.</summary>
    public void OnLost(ProviderLine line)
    {
        foreach (var call in _running.Values.Where(c => c.IsOneOf(line)))
            Platform.Scheduler.Queue(new Cancellation(call));
    }

    /// <summary>A call has ended.</summary>
    public void OnEnded(ProvidedCall call)
    {
        _running.TryRemove(new KeyValuePair<string, ProvidedCall>(call.Id, call));
        call.Lane?.Leave();
        if (Interlocked.Decrement(ref _count) == 0 && _stops)
            _idle.TrySetResult();
    }

    /// <summary>Takes nothing more; calls that come all the same are refused or kept back, and those it has are said to be held.</summary>
    public void Stop()
    {
        _stops = true;
        foreach (var call in _running.Values)
            call.Hold();
    }

    /// <summary>Waits for the calls that it has, as long as they may take.</summary>
    public async Task DrainAsync(TimeSpan most)
    {
        Platform.Scheduler.Queue(new TokenFired(_draining, Logger, $"the channel {topology.Channel}", Diagnostics.Log.DrainCallbackFailed));
        if (Volatile.Read(ref _count) == 0)
            return;
        using var over = new CancellationTokenSource(most, Time);
        using var registration = over.Token.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), _idle);
        await _idle.Task;
        foreach (var call in _running.Values)
            call.Abandon();
    }

    // Why a call is not run; null: it is.
    ButlerException? Refusal(in RequestMessage message, BasicDeliverEventArgs delivery, bool reliable, out MethodHandler? handler)
    {
        handler = services.Find(message.MethodCode) ?? services.FindUntyped(message.MethodCode, isOneWay: message.ReplyTo is null);
        if (!reliable && delivery.Redelivered)
            return Errors.Dropped("the provider that had the call has gone", handedOver: true);
        if (_stops)
            return Errors.Dropped("the provider stops", handedOver: false, ButlerReason.Stopped);
        if (delivery.Body.Length > MostBytes)
            return Errors.TooLarge("the request", delivery.Body.Length, MostBytes);
        if (handler is null || handler.Method.HasStreams)
            return new ButlerException(ButlerStatus.Unimplemented, "the provider has no such method", ButlerCertainty.NotExecuted, ButlerReason.UnknownMethod);
        return message.Accepts(handler.Method.ShapeHash) ? null : Errors.Mismatch(handler.Method.FullName, "the caller has not accepted the difference");
    }

    void Refuse(ProviderLine line, ulong delivery, in RequestMessage message, ButlerException refusal, Method? method)
    {
        if (message.ReplyTo is null)
            Diagnostics.Log.NotifyFailed(Logger, method?.FullName ?? $"0x{message.MethodCode:X}", refusal.Message);
        var differs = refusal.Reason == ButlerReason.ContractMismatch;
        var answer = new AnswerMessage(
            message.Id, AnswerKind.Error, refusal.Status, Contract: differs ? Encoding.UTF8.GetBytes(string.Join('\n', method!.ContractLines)) : null, Shape: differs ? method!.ShapeHash : 0);
        line.Send(new Outgoing(delivery, Ending.Done, message.ReplyTo, answer, ErrorBytes.Of(refusal, refusal.Certainty, [], Logger)));
    }

    void Begin(ProvidedCall call)
    {
        Interlocked.Increment(ref _count);
        _running[call.Id] = call;
        call.Lane = LaneOf(call.Method);
        if (call.Lane is { } lane)
            lane.Enter(call);
        else
            Platform.Scheduler.Queue(call);
    }

    ProvisionLane? LaneOf(Method method)
    {
        if (method.Ordered)
            return _ordered;
        return method.MaxInFlight == 0 ? null : _lanes.GetOrAdd(method.Code, _ => new ProvisionLane(method.MaxInFlight, Platform.Scheduler));
    }

    // Cancelling runs callbacks of the user, which have no place on a thread of RabbitMQ's client.
    sealed class Cancellation(ProvidedCall call) : IThreadPoolWorkItem
    {
        public void Execute() => call.Cancel();
    }
}
