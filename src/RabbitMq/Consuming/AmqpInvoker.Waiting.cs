using ButlerRpc.Sessions;

namespace ButlerRpc.RabbitMq.Consuming;

// Calls that wait for a slot or a line, and the time that all of them have.
sealed partial class AmqpInvoker
{
    readonly LinkedList<PendingCall> _open = new();
    readonly Queue<PendingCall> _forSlot = new();
    readonly List<PendingCall> _forLine = [];
    readonly Queue<(ConsumerLine Line, PendingCall Call)> _inOrder = new();
    readonly Func<string> _why;
    ConsumerLine? _line;
    int _inFlight;
    bool _sendsInOrder;
    bool _disposed;
    bool _isCutOff; // and calls are not to wait
    TaskCompletionSource? _idle;

    /// <summary>Nothing can be reached at the moment: those who do not want to wait are told.</summary>
    public void OnUnreachable()
    {
        if (!_options.Client.FailOnCutoff)
            return;
        PendingCall[] calls;
        lock (_gate)
        {
            _isCutOff = true;
            calls = [.. _forLine];
            _forLine.Clear();
        }

        foreach (var call in calls)
            End(call, CutOff());
    }

    public void OnReady(ConsumerLine line)
    {
        PendingCall[] calls;
        lock (_gate)
        {
            _line = line;
            _isCutOff = false;
            calls = [.. _forLine];
            _forLine.Clear();
        }

        foreach (var call in calls)
            Send(line, call);
    }

    public void OnLost(ConsumerLine line, string why)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_line, line))
                _line = null;
        }

        foreach (var call in _pending.Values)
            LostOn(line, call, why);
    }

    /// <summary>Takes nothing new and waits until all calls have ended, or their time is over.</summary>
    public async Task DrainAsync(TimeSpan most)
    {
        var idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        PendingCall[] calls;
        lock (_gate)
        {
            _disposed = true;
            _idle = idle;
            if (_open.Count == 0)
                idle.TrySetResult();
            calls = [.. _open];
        }

        foreach (var call in calls)
        {
            // In this order: one that is just being handed over sees that it has ended, or is seen to be handed over.
            if (!call.IsHandedOver && call.TryEnd())
                Retire(call).Fail(Disposed(call.IsHandedOver));
        }

        using var over = new CancellationTokenSource(most, Time);
        using var registration = over.Token.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), idle);
        await idle.Task;
        foreach (var call in calls)
        {
            if (call.TryEnd())
            {
                Follow(call);
                Retire(call).Fail(Disposed(handedOver: true));
            }
        }

        _host.Clock.Remove(this);
    }

    static ButlerException Disposed(bool handedOver) => Errors.Dropped("the consumer was disposed", handedOver, ButlerReason.Stopped);

    // From here on its deadline is kept, and it ends with the consumer, whatever it waits for. False: it has ended.
    bool TryWatch(PendingCall call)
    {
        bool disposed;
        lock (_gate)
        {
            disposed = _disposed;
            if (!disposed && call.IsOpen)
                call.Waiting = _open.AddLast(call);
        }

        if (disposed)
            End(call, Disposed(handedOver: false));
        else if (!call.IsOpen)
            Retire(call); // ended in between by somebody who did not find it
        return call.IsOpen;
    }

    void TakeSlot(PendingCall call)
    {
        ButlerException? failure = null;
        var hasSlot = false; // decided here: one that waits may be given its slot, and be submitted, as soon as the gate is free
        lock (_gate)
        {
            if (_disposed)
            {
                failure = Disposed(handedOver: false);
            }
            else if (_inFlight < _host.Limits.CallsInFlight)
            {
                _inFlight++;
                hasSlot = call.HasSlot = true;
            }
            else if (_options.Client.WaitForSlot)
            {
                _forSlot.Enqueue(call);
            }
            else
            {
                failure = new ButlerException(
                    ButlerStatus.ResourceExhausted, $"{_inFlight} calls are in flight; {call.Method.FullName} was not sent", ButlerCertainty.NotExecuted, ButlerReason.PoolFull);
            }
        }

        if (failure is not null)
            End(call, failure);
        else if (!call.IsOpen)
            Retire(call); // ended in between by somebody who did not find its slot
        else if (hasSlot)
            Submit(call);
    }

    // Gives the call to the line, or lets it wait for one.
    void Submit(PendingCall call)
    {
        ConsumerLine? line;
        var waits = false;
        lock (_gate)
        {
            line = _line;
            waits = line is null && !_isCutOff;
            if (waits)
            {
                call.GiveUp = Now + (long)_options.Client.SessionTimeout.TotalMilliseconds;
                _forLine.Add(call);
            }
        }

        if (line is not null)
            Send(line, call);
        else if (waits)
            _host.Clock.Arm(call.GiveUp);
        else
            End(call, CutOff());
    }

    void Send(ConsumerLine line, PendingCall call)
    {
        if (!call.Method.Ordered)
        {
            Scheduler.Start(() => PublishAsync(line, call));
            return;
        }

        lock (_gate)
        {
            _inOrder.Enqueue((line, call));
            if (_sendsInOrder)
                return;
            _sendsInOrder = true;
        }

        Scheduler.Start(SendInOrderAsync);
    }

    // Each begins to be published before the next does; none waits until another is confirmed.
    Task SendInOrderAsync()
    {
        while (true)
        {
            (ConsumerLine Line, PendingCall Call) next;
            lock (_gate)
            {
                if (!_inOrder.TryDequeue(out next))
                {
                    _sendsInOrder = false;
                    return Task.CompletedTask;
                }
            }

            _ = PublishAsync(next.Line, next.Call); // fails the call, never itself
        }
    }

    // No attempt of it is under way.
    void Forget(PendingCall call)
    {
        if (call.Id.Length > 0)
            _pending.TryRemove(call.Id, out _);
    }

    // It has ended: its place is another's. Returns it.
    PendingCall Retire(PendingCall call)
    {
        Forget(call);
        call.StopWaiting(_host.Logger);
        List<PendingCall>? next = null;
        lock (_gate)
        {
            if (call.Waiting is { } node)
            {
                call.Waiting = null;
                _open.Remove(node);
            }

            if (call.HasSlot)
            {
                call.HasSlot = false;
                _inFlight--;
                while (_inFlight < _host.Limits.CallsInFlight && _forSlot.TryDequeue(out var waiting))
                {
                    if (!waiting.IsOpen)
                        continue;
                    _inFlight++;
                    waiting.HasSlot = true;
                    (next ??= []).Add(waiting);
                }
            }

            if (_open.Count == 0)
                _idle?.TrySetResult();
        }

        if (next is not null)
            next.ForEach(Submit);
        return call;
    }

    long ITimed.OnTime(long now)
    {
        var next = long.MaxValue;
        List<PendingCall> due = [], unreached = [];
        lock (_gate)
        {
            foreach (var call in _open)
            {
                if (call.Deadline <= now)
                    due.Add(call);
                else
                    next = Math.Min(next, call.Deadline);
            }

            for (var i = _forLine.Count - 1; i >= 0; i--)
            {
                var call = _forLine[i];
                if (call.GiveUp <= now || !call.IsOpen)
                {
                    _forLine.RemoveAt(i);
                    unreached.Add(call);
                }
                else
                {
                    next = Math.Min(next, call.GiveUp);
                }
            }
        }

        foreach (var call in due)
            OnOverdue(call);
        foreach (var call in unreached)
            End(call, Errors.Dropped($"RabbitMQ was not reached within {_options.Client.SessionTimeout.TotalSeconds:0.###} s: {_why()}", call.Retries > 0, ButlerReason.NoSession));
        return next;
    }

    ButlerException CutOff() => Errors.Dropped($"RabbitMQ cannot be reached: {_why()}", handedOver: false, ButlerReason.Cutoff);
}
