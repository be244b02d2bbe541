using System.Threading.RateLimiting;
using ButlerRpc.Calls;
using ButlerRpc.Client;
using ButlerRpc.Sessions;

namespace ButlerRpc;

// Which session gets a call. With one session and no option that has a say in it, the way is as short as it can be: no lock, no choice.
public sealed partial class ButlerClient
{
    readonly bool _takesDirectWay;
    volatile RoutedSession? _direct;
    int _turn;

    /// <inheritdoc/>
    protected internal override void Start(ClientCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var now = CallDeadline.Set(call, _host);
        if (_direct is { State: < SessionState.Draining } direct)
        {
            call.Router = direct;
            direct.Session.Submit(call, now);
        }
        else if (_options.RateLimiter is { } limiter)
        {
            Limit(call, limiter);
        }
        else
        {
            RouteOrHedge(call);
        }
    }

    void RouteOrHedge(ClientCall call)
    {
        if (_options.Retry.HedgeAfter is { } after && call.Method is { Idempotent: true, Shape: MethodShape.Unary })
            Hedge(call, after);
        else
            Route(call);
    }

    // Gives the call to a session, or lets it wait for one.
    void Route(ClientCall call, RoutedSession? notThis = null)
    {
        var session = Pick(_pool.Ready, notThis);
        if (session is null)
        {
            session = WaitUnlessReady(call, notThis);
            if (session is null)
                return;
        }

        if (!_options.WaitForSlot && session.IsFull && !TryFindRoom(ref session))
        {
            call.Router = null;
            call.FailUnlessMoved(new ButlerException(
                ButlerStatus.ResourceExhausted, $"every session has as many calls in flight as its peer takes; {call.Method.FullName} was not sent",
                ButlerCertainty.NotExecuted, ButlerReason.PoolFull));
            return;
        }

        call.Router = session;
        session.Session.Submit(call, _platform.Milliseconds);
    }

    bool TryFindRoom(ref RoutedSession session)
    {
        if (Array.Find(_pool.Ready, s => s.State < SessionState.Draining && !s.IsFull) is not { } other)
            return false;
        session = other;
        return true;
    }

    RoutedSession? Pick(RoutedSession[] sessions, RoutedSession? notThis)
    {
        if (sessions.Length == 0)
            return null;
        if (sessions.Length == 1)
            return sessions[0].State < SessionState.Draining ? sessions[0] : null;
        var picked = _options.Routing switch
        {
            ButlerRouting.RoundRobin => sessions[(uint)Interlocked.Increment(ref _turn) % (uint)sessions.Length],
            ButlerRouting.LeastInFlight => LeastBusy(sessions),
            _ => LessBusyOfTwo(sessions),
        };
        return picked.State < SessionState.Draining && picked != notThis ? picked : Another(sessions, notThis);
    }

    // The one picked is about to go, or has just failed the call: any other, if there is one. Apart, since a lambda that captures a parameter allocates where the method begins.
    static RoutedSession? Another(RoutedSession[] sessions, RoutedSession? notThis) =>
        Array.Find(sessions, s => s.State < SessionState.Draining && s != notThis) ?? Array.Find(sessions, s => s.State < SessionState.Draining);

    RoutedSession LessBusyOfTwo(RoutedSession[] sessions)
    {
        var first = (int)(_platform.Random.NextDouble() * sessions.Length);
        var second = (first + 1 + (int)(_platform.Random.NextDouble() * (sessions.Length - 1))) % sessions.Length;
        return Load(sessions[first]) <= Load(sessions[second]) ? sessions[first] : sessions[second];
    }

    RoutedSession LeastBusy(RoutedSession[] sessions)
    {
        var start = (uint)Interlocked.Increment(ref _turn); // among equals they take turns
        var best = sessions[start % (uint)sessions.Length];
        for (var i = 1u; i < sessions.Length; i++)
        {
            var other = sessions[(start + i) % (uint)sessions.Length];
            if (Load(other) < Load(best))
                best = other;
        }

        return best;
    }

    // Calls, and 4 KiB of queued bytes count as one more.
    static long Load(RoutedSession session) => session.State >= SessionState.Draining ? long.MaxValue : session.InFlight + (session.QueuedBytes >> 12);

    void Limit(ClientCall call, RateLimiter limiter)
    {
        RateLimitLease lease;
        try
        {
            lease = limiter.AttemptAcquire();
        }
        catch (Exception e)
        {
            call.Fail(Errors.RateLimited(call.Method, e)); // one that was disposed, or is broken: a user's own
            return;
        }

        using (lease)
        {
            if (lease.IsAcquired)
            {
                RouteOrHedge(call);
                return;
            }
        }

        if (_options.RateMode == ButlerRateMode.Police)
            call.Fail(Errors.RateLimited(call.Method));
        else
            new RateWait(this, call).Start(limiter);
    }

    /// <summary>A call that waits for its permit.</summary>
    sealed class RateWait(ButlerClient client, ClientCall call) : ICallOwner
    {
        readonly CancellationTokenSource _cancelled = new();

        public void Start(RateLimiter limiter)
        {
            // Found before it is adopted: a cancellation in between cancels the source that the wait looks at.
            call.Adopt(this);
            client._platform.Scheduler.Start(() => WaitAsync(limiter));
        }

        public void OnCancelled(ClientCall cancelled) => _cancelled.Cancel();

        async Task WaitAsync(RateLimiter limiter)
        {
            var left = call.Deadline - client._platform.Milliseconds;
            using var deadline = call.Deadline == long.MaxValue
                ? new CancellationTokenSource()
                : new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Max(left, 0)), client._platform.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_cancelled.Token, deadline.Token, client._stopped.Token);
            bool acquired;
            try
            {
                using var lease = await limiter.AcquireAsync(1, either.Token);
                acquired = lease.IsAcquired;
            }
            catch (OperationCanceledException) when (either.IsCancellationRequested)
            {
                if (_cancelled.IsCancellationRequested)
                    call.CancelLater(client._platform.Scheduler);
                else
                    call.Fail(client._stopped.IsCancellationRequested ? Disposed() : Errors.DeadlineExceeded(call, client._host, handedOver: false));
                return;
            }
            catch (Exception e)
            {
                call.Fail(Errors.RateLimited(call.Method, e));
                return;
            }

            if (acquired)
                client.RouteOrHedge(call);
            else
                call.Fail(Errors.RateLimited(call.Method));
        }
    }
}
