using ButlerRpc.Framing;

namespace ButlerRpc.Broker.Channels;

// Calls that wait: because every provider has as much as it takes, or because there is none and their consumer has asked for patience.
sealed partial class Channel
{
    const string NobodyServes = "no provider serves the channel";

    readonly LinkedList<RelayedCall> _queue = new();
    long _queuedBytes;
    long _nextDue = long.MaxValue;
    bool _isSaidFull;

    /// <summary>Calls that wait for a provider.</summary>
    public int QueuedCalls => _queue.Count;

    /// <summary>What they take.</summary>
    public long QueuedBytes => _queuedBytes;

    /// <summary>Providers have got room, or there is one more.</summary>
    public void Pump()
    {
        var isMixed = IsMixed;
        for (var node = _queue.First; node is not null;)
        {
            var next = node.Next;
            var call = node.Value;
            var choice = Choose(call, out var provider);
            if (choice == Choice.Full && (!isMixed || !_providers.Exists(p => p.HasRoom)))
                return;
            if (choice == Choice.Found)
            {
                Unqueue(call);
                Place(call, provider!);
                Unblock(call, call.Version, forth: true);
            }
            else if (choice == Choice.Differs)
            {
                FailForShape(call, provider!);
            }

            if (next is { List: null })
                return; // a call that ended at once has brought the rest of them forward
            node = next;
        }
    }

    /// <summary>The queue's deadlines.</summary>
    public long OnTime(long now)
    {
        if (Volatile.Read(ref _nextDue) > now)
            return Volatile.Read(ref _nextDue);
        var next = long.MaxValue;
        Enter();
        try
        {
            for (var node = _queue.First; node is not null;)
            {
                var following = node.Next;
                var call = node.Value;
                if (call.Deadline <= now)
                    Fail(call, ButlerStatus.DeadlineExceeded, ButlerReason.Timeout, "the deadline passed before a provider took the call");
                else if (call.GiveUp <= now)
                    FailForLack(call);
                else
                    next = Math.Min(next, Math.Min(call.Deadline, call.GiveUp));
                node = following;
            }

            Volatile.Write(ref _nextDue, next);
        }
        finally
        {
            Exit();
        }

        return next;
    }

    /// <summary>The broker stops: nothing waits any longer.</summary>
    public void FailQueued(ButlerReason reason, string message)
    {
        while (_queue.First is { } first)
            Fail(first.Value, ButlerStatus.Unavailable, reason, message);
    }

    // A provider has gone. What waited for room, and has nobody to wait for now, is told; or waits on, as its consumer has asked.
    void OnProviderLeft()
    {
        for (var node = _queue.First; node is not null;)
        {
            var following = node.Next;
            var call = node.Value;
            if (call.GiveUp == long.MaxValue && Choose(call, out _) == Choice.NoProvider)
            {
                var wait = WaitOf(call);
                if (wait == 0)
                    FailForLack(call);
                else
                    GiveUpAt(call, Now + wait);
            }

            node = following;
        }
    }

    long WaitOf(RelayedCall call) => Math.Min(call.Consumer!.ProviderWait, Limits.ProviderWait);

    void GiveUpAt(RelayedCall call, long time)
    {
        call.GiveUp = time;
        var due = Math.Min(call.GiveUp, call.Deadline);
        if (due < _nextDue)
            Volatile.Write(ref _nextDue, due);
        Host.Clock.Arm(due);
    }

    // It has no provider: it waits if there is room and patience, or is refused.
    void Enqueue(RelayedCall call, in Parcel request)
    {
        var lacks = Choose(call, out _) == Choice.NoProvider;
        var wait = lacks ? WaitOf(call) : long.MaxValue;
        if (wait == 0)
        {
            request.Large?.Release();
            FailForLack(call);
        }
        else if (_queue.Count >= Limits.QueuedCalls || _queuedBytes + request.Size > Limits.QueuedBytes)
        {
            request.Large?.Release();
            Counters.Refused++;
            SayFull();
            Fail(
                call, ButlerStatus.ResourceExhausted, ButlerReason.QueueFull,
                $"the channel has {_queue.Count} calls of {_queuedBytes} bytes waiting; its limits are {Limits.QueuedCalls} and {Limits.QueuedBytes}");
        }
        else
        {
            call.State = RelayState.Queued;
            call.Forth.Hold(in request);
            call.Forth.IsBlocked = true;
            _queuedBytes += request.Size;
            call.QueuedBytes = request.Size;
            call.Place = _queue.AddLast(call);
            GiveUpAt(call, lacks ? Now + wait : long.MaxValue);
            LookAgain();
        }
    }

    // Something was queued because no provider had room; one may have made room since, and have found nothing that waits: see ProviderPort.WantsRoom.
    void LookAgain()
    {
        Interlocked.MemoryBarrier();
        Pump();
        PumpNotices();
    }

    // Once, until it has been empty: it is for whoever runs the broker, not a line per call.
    void SayFull()
    {
        if (!_isSaidFull)
            BrokerLog.QueueFull(Logger, Id, _queue.Count, _queuedBytes);
        _isSaidFull = true;
    }

    // Items that follow a request which waits.
    void EnqueueMore(RelayedCall call, in Parcel parcel)
    {
        if (_queuedBytes + parcel.Size > Limits.QueuedBytes)
        {
            parcel.Large?.Release();
            Counters.Refused++;
            Fail(call, ButlerStatus.ResourceExhausted, ButlerReason.QueueFull, $"the channel has {_queuedBytes} bytes waiting; its limit is {Limits.QueuedBytes}");
            return;
        }

        call.Forth.Hold(in parcel);
        _queuedBytes += parcel.Size;
        call.QueuedBytes += parcel.Size;
    }

    void Unqueue(RelayedCall call)
    {
        _queue.Remove(call.Place!);
        call.Place = null;
        _queuedBytes -= call.QueuedBytes;
        call.QueuedBytes = 0;
        _isSaidFull &= _queue.Count > 0;
    }

    void FailForLack(RelayedCall call)
    {
        Counters.NoProvider++;
        Fail(call, ButlerStatus.Unavailable, ButlerReason.NoProvider, NobodyServes);
    }
}
