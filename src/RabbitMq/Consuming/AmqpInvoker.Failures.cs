using ButlerRpc.Calls;
using ButlerRpc.Client;
using ButlerRpc.RabbitMq.Connecting;
using ButlerRpc.Sessions;

namespace ButlerRpc.RabbitMq.Consuming;

// Calls that failed, and those that are made again.
sealed partial class AmqpInvoker
{
    static readonly TimeSpan s_providerPause = TimeSpan.FromMilliseconds(50);

    readonly RetryBudget _budget;

    public void Cancel(PendingCall call)
    {
        if (!call.TryEnd())
            return;
        Follow(call);
        Retire(call).Cancel();
    }

    void End(PendingCall call, Exception failure)
    {
        if (call.TryEnd())
            Retire(call).Fail(failure);
    }

    // Its provider may have it, and nobody awaits it any more.
    static void Follow(PendingCall call)
    {
        if (!call.IsOneWay && call.Line is { IsLost: false } line)
            _ = line.CancelAsync(call.Id);
    }

    static ButlerException Overdue(PendingCall call) => Errors.DeadlineExceeded(call.Method, call.Patience, call.IsHandedOver || call.Retries > 0);

    void OnOverdue(PendingCall call)
    {
        if (!call.TryEnd())
            return;
        Follow(call);
        Retire(call).Fail(Overdue(call));
    }

    // The attempt ended with its line.
    void LostOn(ConsumerLine line, PendingCall call, string why)
    {
        if (call.TryTakeBack(line))
            Lost(call, handedOver: true, why);
    }

    void Lost(PendingCall call, bool handedOver, string why) => EndUnlessMoved(call, Errors.Dropped($"the connection to RabbitMQ ended: {why}", handedOver));

    // As a client does with its sessions: what certainly did not run moves, what may have run is made again if that does no harm.
    void EndUnlessMoved(PendingCall call, ButlerException failure)
    {
        if (!call.IsOpen)
            return;
        if (!call.IsCancelled && Now < call.Deadline && (MayMove(call, failure) || MayRetry(call, failure)))
        {
            if (call.Line is { } line)
                call.TryTakeBack(line);
            Submit(call);
        }
        else
        {
            End(call, failure);
        }
    }

    bool MayMove(PendingCall call, ButlerException failure)
    {
        if (failure is not { Status: ButlerStatus.Unavailable, Certainty: ButlerCertainty.NotExecuted, Reason: ButlerReason.ConnectionDropped or ButlerReason.Stopped }
            || call.Moves >= _options.Client.Retry.NotExecutedMoves)
        {
            return false;
        }

        call.Moves++;
        return true;
    }

    bool MayRetry(PendingCall call, ButlerException failure)
    {
        if (failure is not { Status: ButlerStatus.Unavailable, Certainty: ButlerCertainty.Unknown, Reason: ButlerReason.ConnectionDropped } || !call.Method.Idempotent
            || call.Retries >= _options.Client.Retry.IdempotentRetries || !_budget.TrySpend(Volatile.Read(ref _callsStarted)))
        {
            return false;
        }

        call.Retries++;
        return true;
    }

    // Nobody serves the channel: a call that may wait for a provider tries again and again.
    async Task WaitForProviderAsync(ConsumerLine line, PendingCall call)
    {
        Forget(call);
        var now = Now;
        call.ProviderGiveUp ??= now + (long)_options.ProviderWait.TotalMilliseconds;
        if (now >= call.ProviderGiveUp)
        {
            End(call, new ButlerException(
                ButlerStatus.Unavailable, $"nobody serves the channel, so {call.Method.FullName} was not sent", ButlerCertainty.NotExecuted, ButlerReason.NoProvider));
            return;
        }

        await Task.Delay(s_providerPause, Time);
        if (line.IsLost)
            Lost(call, handedOver: false, "while the call waited for a provider");
        else if (call.IsOpen)
            await TryPublishAsync(line, call);
    }

    // The broker did not take the call. A full queue of those that run at most once sends it back: OnFull.
    async Task RefusedAsync(ConsumerLine line, PendingCall call)
    {
        ButlerException refusal;
        if (call.Method.Idempotent)
        {
            refusal = Refusal.Of(call.Method, await line.Providers.LookAsync(idempotent: true), _mostQueued);
            if (refusal.Certainty == ButlerCertainty.Unknown)
                await Task.Delay(s_providerPause, Time); // a cluster may be electing, and the call may be made again
        }
        else if (call.IsOn(line))
        {
            await line.MarkAsync();
            refusal = Refusal.Lost(call.Method);
        }
        else
        {
            return; // sent back already
        }

        if (call.TryTakeBack(line))
            EndUnlessMoved(call, refusal);
    }

    /// <summary>Looks whether the queue of calls that run at most once has gone: without a provider nobody says so.</summary>
    public async Task WatchProvidersAsync(ConsumerLine line, TimeSpan interval)
    {
        while (!line.IsLost)
        {
            await Task.Delay(interval, Time);
            var calls = InQueueOrWithProvider(line);
            if (calls.Length == 0 || (await line.Providers.LookAsync(idempotent: false)).State != QueueState.Gone)
                continue;
            await line.MarkAsync(); // answers may be on their way
            EndAsGone(line, calls);
        }
    }

    /// <summary>A provider says that the queue of calls that run at most once has gone.</summary>
    public void OnGone(ConsumerLine line) => EndAsGone(line, InQueueOrWithProvider(line));

    PendingCall[] InQueueOrWithProvider(ConsumerLine line) =>
        [.. _pending.Values.Where(c => c is { IsConfirmed: true, Method: { Idempotent: false, Shape: MethodShape.Unary } } && c.IsOn(line))];

    // The queue has gone, and with it what was in it. Those that a provider still has are known to be held.
    void EndAsGone(ConsumerLine line, PendingCall[] calls)
    {
        foreach (var call in calls)
        {
            if (!call.IsHeld && call.TryTakeBack(line))
                End(call, Errors.Dropped($"the provider that had {call.Method.FullName} has gone, and there is no other", handedOver: true));
        }
    }
}
