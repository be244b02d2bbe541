using ButlerRpc.Broker.Channels;

namespace ButlerRpc;

/// <summary>What a broker has done since it started, and what goes on in it. A snapshot; the parts may be a moment apart.</summary>
public sealed record BrokerStatistics
{
    /// <summary>Channels that somebody is attached to.</summary>
    public int Channels { get; init; }

    /// <summary>Consumers that are attached.</summary>
    public int Consumers { get; init; }

    /// <summary>Providers that are attached.</summary>
    public int Providers { get; init; }

    /// <summary>Calls that providers have.</summary>
    public int InFlight { get; init; }

    /// <summary>Calls that wait for a provider.</summary>
    public int QueuedCalls { get; init; }

    /// <summary>What they take.</summary>
    public long QueuedBytes { get; init; }

    /// <summary>Calls that consumers have made.</summary>
    public long Calls { get; init; }

    /// <summary>Calls that a provider has answered, with a result or an error.</summary>
    public long Answered { get; init; }

    /// <summary>Calls that the broker itself has failed, for whatever reason.</summary>
    public long Failed { get; init; }

    /// <summary>Of them: those for which the queue was full.</summary>
    public long Refused { get; init; }

    /// <summary>Of them: those that found no provider.</summary>
    public long NoProvider { get; init; }

    /// <summary>One-way messages passed on.</summary>
    public long Notifies { get; init; }

    /// <summary>One-way messages that nobody was there for.</summary>
    public long NotifiesDropped { get; init; }

    /// <summary>Frames of calls that were over, as happens when a call ends on both sides at once.</summary>
    public long LateFrames { get; init; }

    /// <summary>Peers closed because they did not read.</summary>
    public long SlowPeers { get; init; }

    internal static BrokerStatistics Of(ChannelTable table)
    {
        var channels = table.All;
        var sum = table.Sum();
        return new BrokerStatistics
        {
            Channels = channels.Length,
            Consumers = channels.Sum(c => c.Consumers),
            Providers = channels.Sum(c => c.ProviderCount),
            InFlight = channels.Sum(c => c.InFlight),
            QueuedCalls = channels.Sum(c => c.QueuedCalls),
            QueuedBytes = channels.Sum(c => c.QueuedBytes),
            Calls = sum.Started,
            Answered = sum.Answered,
            Failed = sum.Failed,
            Refused = sum.Refused,
            NoProvider = sum.NoProvider,
            Notifies = sum.Notifies,
            NotifiesDropped = sum.NotifiesDropped,
            LateFrames = sum.LateFrames,
            SlowPeers = sum.SlowPeers,
        };
    }
}
