using ButlerRpc.Calls;
using ButlerRpc.Client;
using ButlerRpc.Sessions;

namespace ButlerRpc;

// Calls that wait for a session.
public sealed partial class ButlerClient
{
    readonly LinkedList<WaitingCall> _waiting = new();

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

    // Under the gate.
    void Enqueue(ClientCall call)
    {
        var giveUp = _platform.Milliseconds + (long)_options.SessionTimeout.TotalMilliseconds;
        call.Tag = -1;
        call.Router = null;
        _waiting.AddLast(new WaitingCall(call, giveUp));
        _host.Clock.Arm(Math.Min(giveUp, call.Deadline));
        call.Adopt(this);
    }

    // The pool has other sessions than before, or an attempt of it has failed.
    void OnPoolChanged()
    {
        List<ClientCall> calls = [];
        TaskCompletionSource[] watchers;
        lock (_gate)
        {
            var ready = _disposed ? [] : _pool.Ready;
            _direct = _takesDirectWay && ready.Length == 1 ? ready[0] : null;
            if (ready.Length > 0)
            {
                foreach (var (call, _) in _waiting)
                    calls.Add(call);
                _waiting.Clear();
            }
            else if (_options.FailOnCutoff && _waiting.Count > 0 && _pool.HasFailed)
            {
                FailWaiting(CutOff());
            }

            watchers = TakeWatchers();
        }

        foreach (var watcher in watchers)
            watcher.TrySetResult();
        foreach (var call in calls)
            Route(call);
    }

    void ICallOwner.OnCancelled(ClientCall call)
    {
        lock (_gate)
        {
            for (var node = _waiting.First; node is not null; node = node.Next)
            {
                if (!ReferenceEquals(node.Value.Call, call))
                    continue;
                _waiting.Remove(node);
                call.CancelLater(_platform.Scheduler);
                return;
            }
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
                var (call, giveUp) = node.Value;
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
        foreach (var (call, _) in _waiting)
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

    sealed record WaitingCall(ClientCall Call, long GiveUp);

    string Targets => _pool.Endpoints is { Count: > 0 } endpoints ? string.Join(", ", endpoints) : $"any endpoint of {_resolver.GetType().Name}";

    string LastFailure => _pool.LastFailure is { } failure ? $"; the last attempt said: {failure}" : "";
}
