using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.RateLimiting;
using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Platform;
using ButlerRpc.RabbitMq.Wire;
using ButlerRpc.Sessions;
using RabbitMQ.Client.Exceptions;

namespace ButlerRpc.RabbitMq.Consuming;

/// <summary>
/// Carries calls to a channel's queues. A call waits for a slot, then for a line, is published, and ends by its answer, its deadline, its caller, or its line. The parts:
/// <c>.Answers</c> (what comes back), <c>.Failures</c> (what does not, and what is sent again), <c>.Waiting</c> (slots, lines and time).
/// </summary>
sealed partial class AmqpInvoker : CallInvoker, ITimed
{
    static readonly byte[] s_nothing = [0xC0]; // what an empty reply is

    readonly Lock _gate = new();
    readonly ConcurrentDictionary<string, PendingCall> _pending = new(StringComparer.Ordinal);
    readonly SessionHost _host;
    readonly BrokerConnectionOptions _options;
    readonly ShapeVerdicts _shapes = new();
    readonly int _mostQueued;
    readonly string _name;
    long _lastId;
    long _callsStarted;

    /// <param name="host">What all its calls share.</param>
    /// <param name="options">The consumer's.</param>
    /// <param name="mostQueued">Calls that each queue of the channel takes.</param>
    /// <param name="why">What is not reached, and why.</param>
    public AmqpInvoker(SessionHost host, BrokerConnectionOptions options, int mostQueued, Func<string> why)
    {
        (_host, _options, _mostQueued, _why) = (host, options, mostQueued, why);
        _name = host.Platform.Random.NextGuid().ToString("N"); // a number that nobody guesses: whoever knows it can cancel the call
        _budget = new Client.RetryBudget(options.Client.Retry.Budget, options.Client.Retry.BudgetBurst);
        host.Clock.Add(this);
    }

    public ButlerScheduler Scheduler => _host.Platform.Scheduler;

    internal override TimeProvider Time => _host.Platform.Time;

    long Now => _host.Platform.Milliseconds;

    protected internal override void Admit(string service, IReadOnlyList<Method> methods, Type? callback) => Carriage.Admit(service, methods, callback);

    protected internal override void Start(ClientCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        CallDeadline.Set(call, _host);
        if (!TryEncode(call, out var body, out var metadata))
            return;
        Interlocked.Increment(ref _callsStarted);
        var pending = new PendingCall(this, call, body, metadata) { Patience = CallDeadline.Of(call, _host) };
        pending.Adopt();
        if (!TryWatch(pending))
            return;
        _host.Clock.Arm(pending.Deadline);
        if (_options.Client.RateLimiter is { } limiter)
            Scheduler.Start(() => LimitAsync(pending, limiter));
        else
            TakeSlot(pending);
    }

    // On the caller's thread: it may change its request once it has been given its task.
    bool TryEncode(ClientCall call, out byte[] body, out byte[]? metadata)
    {
        (body, metadata) = ([], null);
        var buffer = Scratch.Rent(_host.Limits.MessageBytes);
        try
        {
            if (call.Method.HasStreams)
                Carriage.Admit(call.Method.Service, [call.Method], callback: null); // a method without a contract
            metadata = MetadataBytes.Of(call.Options?.Metadata);
            call.EncodeRequest(buffer);
            body = buffer.WrittenSpan.ToArray();
            return true;
        }
        catch (Exception e)
        {
            call.Fail(e);
            return false;
        }
        finally
        {
            Scratch.Return(buffer);
        }
    }

    async Task LimitAsync(PendingCall call, RateLimiter limiter)
    {
        var wait = _options.Client.RateMode == ButlerRateMode.Shape;
        bool acquired;
        try
        {
            using var lease = wait ? await limiter.AcquireAsync(1, call.UntilEnded()) : limiter.AttemptAcquire();
            acquired = lease.IsAcquired;
        }
        catch (Exception e)
        {
            End(call, Errors.RateLimited(call.Method, e)); // told to nobody where the call has ended, and therefore waits no more
            return;
        }

        if (acquired)
            TakeSlot(call);
        else
            End(call, Errors.RateLimited(call.Method));
    }

    async Task PublishAsync(ConsumerLine line, PendingCall call)
    {
        try
        {
            await TryPublishAsync(line, call);
        }
        catch (Exception e)
        {
            RabbitMqLog.Failed(_host.Logger, e, line.Node);
            if (call.TryEnd())
                Retire(call).Fail(new ButlerException(ButlerStatus.Internal, e.Message, call.IsHandedOver ? ButlerCertainty.Unknown : ButlerCertainty.NotExecuted, ButlerReason.None, e));
        }
    }

    async Task TryPublishAsync(ConsumerLine line, PendingCall call)
    {
        if (line.Blocked is { } reason)
        {
            End(call, new ButlerException(
                ButlerStatus.ResourceExhausted, $"{line.Node} takes no messages at the moment: {reason}", ButlerCertainty.NotExecuted, ButlerReason.QueueFull));
            return;
        }

        // The lasting queue takes calls for a provider that has yet to come; whoever does not want to wait is told now.
        if (call.Method is { Idempotent: true, Shape: MethodShape.Unary } && !await line.Providers.IsReliableServedAsync())
        {
            await WaitForProviderAsync(line, call);
            return;
        }

        var now = Now;
        if (!call.IsOpen || now >= call.Deadline)
        {
            End(call, Overdue(call));
            return;
        }

        if (line.IsLost)
        {
            Lost(call, handedOver: false, "the connection had ended");
            return;
        }

        Forget(call);
        call.Id = _name + Interlocked.Increment(ref _lastId).ToString("x", CultureInfo.InvariantCulture);
        var properties = call.Message(now, _shapes.Accepted(call.Method)).Write(call.Method, call.Method.Idempotent ? null : line.RefusedKey);
        call.HandOver(line);
        _pending[call.Id] = call;
        if (!call.IsOpen)
        {
            // Ended in between by somebody who did not find it.
            _pending.TryRemove(call.Id, out _);
            return;
        }

        try
        {
            await line.PublishAsync(call.Method.Idempotent, properties, call.Body);
            Confirmed(call);
        }
        catch (PublishException e) when (e.IsReturn)
        {
            if (call.TryTakeBack(line))
                await WaitForProviderAsync(line, call);
        }
        catch (PublishException)
        {
            await RefusedAsync(line, call);
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            LostOn(line, call, Connecting.Reasons.Of(e));
        }
    }

    void Confirmed(PendingCall call)
    {
        call.IsConfirmed = true;
        if (call.IsOneWay && call.TryEnd())
            Retire(call).Complete(s_nothing);
    }
}
