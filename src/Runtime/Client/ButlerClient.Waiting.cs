using ButlerRpc.Calls;
using ButlerRpc.Client;
using ButlerRpc.Sessions;

namespace ButlerRpc;

// Calls that wait for a session.
public sealed partial class ButlerClient
{
    readonly LinkedList<ClientCall> _waiting = new();

    // A session that has become ready meanwhile; null: the call waits, or has ended.
    RoutedSession? WaitUnlessReady(ClientCall call, RoutedSession? notThis)
    {
        Exception? failure = null;
        lock (_gate)
        {
            if (Pick(_pool.Ready, notThis) is { } ready)
                return ready;
            if (_disposed)
                failure = Disposed();
            else if (_options.FailOnCutoff && _pool.HasFailed)
                failure = CutOff();
            else
                Enqueue(call);
        }

        if (failure is not null)
            call.FailLater(failure, _platform.Scheduler);
        EnsureStarted();
        return null;
    }

    // Under the gate. One that waits again, because the session it got has gone, has only what is left of its time.
    void Enqueue(ClientCall call)
    {
        call.Tag = -1;
        call.Router = null;
        _waiting.Enter(call);
        call.Place!.GiveUp = _platform.Milliseconds + Math.Max(0, SessionTimeoutMilliseconds - call.Attempts.WaitedMilliseconds);
        _host.Clock.Arm(Math.Min(call.Place.GiveUp, call.Deadline));
        call.Adopt(this);
    }

    // Under the gate.
    List<ClientCall> TakeWaiting()
    {
        List<ClientCall> calls = [.. _waiting];
        _waiting.Clear();
        var now = _platform.Milliseconds;
        foreach (var call in calls)
            call.Attempts = call.Attempts with { WaitedMilliseconds = (int)(SessionTimeoutMilliseconds - Math.Max(0, call.Place!.GiveUp - now)) };
        return calls;
    }

    long SessionTimeoutMilliseconds => (long)_options.SessionTimeout.TotalMilliseconds;

    // The pool has other sessions than before, or an attempt of it has failed.
    void OnPoolChanged()
    {
        List<ClientCall> calls = [];
        lock (_gate)
        {
            var ready = _disposed ? [] : _pool.Ready;
            _direct = _takesDirectWay && ready.Length == 1 ? ready[0] : null;
            if (ready.Length > 0)
            {
                calls = TakeWaiting();
            }
            else if (_options.FailOnCutoff && _waiting.Count > 0 && _pool.HasFailed)
            {
                FailWaiting(CutOff());
            }
        }

        _changes.Happened();
        foreach (var call in calls)
            Route(call);
    }

    void ICallOwner.OnCancelled(ClientCall call)
    {
        lock (_gate)
        {
            if (_waiting.Leave(call))
                call.CancelLater(_platform.Scheduler);
        }
    }

    long ITimed.OnTime(long now)
    {
        var next = long.MaxValue;
        lock (_gate)
        {
            for (var node = _waiting.First; node is not null;)
            {
                var following = node.Next;
                var call = node.Value;
                var giveUp = call.Place!.GiveUp;
                if (call.Deadline <= now || giveUp <= now)
                {
                    _waiting.Remove(node);
                    call.FailLater(
                        call.Deadline <= now
                            ? Errors.DeadlineExceeded(call, _host, handedOver: false)
                            : NoSession(),
                        _platform.Scheduler);
                }
                else
                {
                    next = Math.Min(next, Math.Min(giveUp, call.Deadline));
                }

                node = following;
            }
        }

        return next;
    }

    // Under the gate.
    void FailWaiting(ButlerException failure)
    {
        foreach (var call in _waiting)
            call.FailLater(failure, _platform.Scheduler);
        _waiting.Clear();
    }

    ButlerException NoSession() =>
        WaitFailed($"no session with {Targets} was ready within {_options.SessionTimeout.TotalSeconds:0.###} s{LastFailure}", ButlerReason.NoSession);

    ButlerException CutOff() => WaitFailed($"no session with {Targets} is online{LastFailure}", ButlerReason.Cutoff);

    ButlerException WaitFailed(string why, ButlerReason reason)
    {
        Interlocked.Increment(ref _waitFailures);
        return Errors.Dropped(why, handedOver: false, reason);
    }

    string Targets => _pool.Endpoints is { Count: > 0 } endpoints ? string.Join(", ", endpoints) : $"any endpoint of {_resolver.GetType().Name}";

    string LastFailure => _pool.LastFailure is { } failure ? $"; the last attempt said: {failure}" : "";
}
