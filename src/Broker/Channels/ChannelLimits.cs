namespace ButlerRpc.Broker.Channels;

/// <summary>What a channel holds at most.</summary>
/// <param name="QueuedCalls">Calls that wait for a provider.</param>
/// <param name="QueuedBytes">What they take.</param>
/// <param name="PeerBytes">What waits to be sent to one peer; more ends its session.</param>
/// <param name="ProviderWait">The longest that calls wait for a provider when there is none, whatever their consumer asks for; in milliseconds.</param>
sealed record ChannelLimits(int QueuedCalls, long QueuedBytes, long PeerBytes, long ProviderWait);

/// <summary>What a channel has counted, under its gate.</summary>
sealed class BrokerCounters
{
    public long Started;
    public long Answered;
    public long Failed;
    public long Refused;
    public long NoProvider;
    public long Notifies;
    public long NotifiesDropped;
    public long LateFrames;
    public long SlowPeers;

    public void Add(BrokerCounters other)
    {
        Started += other.Started;
        Answered += other.Answered;
        Failed += other.Failed;
        Refused += other.Refused;
        NoProvider += other.NoProvider;
        Notifies += other.Notifies;
        NotifiesDropped += other.NotifiesDropped;
        LateFrames += other.LateFrames;
        SlowPeers += other.SlowPeers;
    }
}
