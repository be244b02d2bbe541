namespace ButlerRpc.Broker.Channels;

// One-way messages. Nobody is told what becomes of them, so nothing is dropped while a provider may still take it: a consumer gets its credit back only when a message
// has been passed on, and waits meanwhile.
sealed partial class Channel
{
    readonly Queue<(IConsumerEnd Consumer, HeldParcel Parcel)> _notices = new();
    long _noticeBytes;

    /// <summary>One-way messages that wait for a provider.</summary>
    public int QueuedNotices => _notices.Count;

    /// <summary>A one-way message.</summary>
    public void Notify(IConsumerEnd consumer, in Parcel parcel)
    {
        if (_notices.Count == 0 && ChooseForNotice() is { } provider)
        {
            Counters.Notifies++;
            provider.Notify(in parcel);
            consumer.OnNotified();
            return;
        }

        if (!_providers.Exists(p => !p.RawOnly))
            Drop(consumer, in parcel, NobodyServes);
        else if (_notices.Count >= Limits.QueuedCalls || _noticeBytes + parcel.Size > Limits.QueuedBytes)
            Drop(consumer, in parcel, "its providers have as many as they take, and the queue is full");
        else
        {
            var held = parcel.Hold();
            _noticeBytes += held.Size;
            _notices.Enqueue((consumer, held));
            LookAgain();
        }
    }

    /// <summary>A provider takes one-way messages again, or has gone.</summary>
    public void PumpNotices()
    {
        while (_notices.Count > 0)
        {
            var provider = ChooseForNotice();
            if (provider is null && _providers.Exists(p => !p.RawOnly))
                return;
            var (consumer, held) = _notices.Dequeue();
            _noticeBytes -= held.Size;
            if (provider is null)
            {
                Drop(consumer, held.Open(), NobodyServes);
            }
            else
            {
                Counters.Notifies++;
                provider.Notify(held.Open());
                consumer.OnNotified();
            }

            held.Passed();
        }
    }

    void Drop(IConsumerEnd consumer, in Parcel parcel, string reason)
    {
        parcel.Large?.Release();
        Counters.NotifiesDropped++;
        BrokerLog.NotifyDropped(Logger, Id, reason);
        consumer.OnNotified();
    }

    IProviderEnd? ChooseForNotice()
    {
        IProviderEnd? least = null;
        var first = (int)((uint)_turn++ % (uint)Math.Max(1, _providers.Count));
        for (var i = 0; i < _providers.Count; i++)
        {
            var candidate = _providers[(first + i) % _providers.Count];
            if (candidate is { RawOnly: false, HasNotifyRoom: true } && (least is null || candidate.InFlight < least.InFlight))
                least = candidate;
        }

        return least;
    }
}
