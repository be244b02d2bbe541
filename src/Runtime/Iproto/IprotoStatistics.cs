using ButlerRpc.Sessions;

namespace ButlerRpc.Iproto;

/// <summary>What one channel, or several together, have counted: a snapshot.</summary>
public sealed record IprotoStatistics
{
    /// <summary>Packets sent: calls, notices, replies, pings.</summary>
    public long PacketsSent { get; init; }

    /// <summary>Packets received.</summary>
    public long PacketsReceived { get; init; }

    /// <summary>Packets received that nobody got: late replies, unknown ones without a handler, calls beyond the limit.</summary>
    public long PacketsDropped { get; init; }

    /// <summary>Of those: replies whose callers had gone.</summary>
    public long LateReplies { get; init; }

    /// <summary>Of those: packets whose Msg has no handler.</summary>
    public long UnknownPackets { get; init; }

    /// <summary>Bytes sent.</summary>
    public long BytesSent { get; init; }

    /// <summary>Bytes received.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Calls of this end.</summary>
    public long Calls { get; init; }

    /// <summary>Calls of this end that their callers gave up.</summary>
    public long CallsCancelled { get; init; }

    /// <summary>Calls of this end in flight.</summary>
    public int Pending { get; init; }

    /// <summary>Notices of this end.</summary>
    public long Notices { get; init; }

    /// <summary>Calls of the peer that were taken.</summary>
    public long CallsServed { get; init; }

    /// <summary>Calls of the peer that failed and were not answered.</summary>
    public long CallsUnanswered { get; init; }

    internal static IprotoStatistics Of(Session session) => Of(session.Statistics, session.InFlight);

    internal static IprotoStatistics Of(SessionStatistics counted, int pending) => new()
    {
        PacketsSent = counted.FramesSent,
        PacketsReceived = counted.FramesReceived,
        PacketsDropped = counted.LateFrames + counted.UnknownFrames + counted.RefusedCalls,
        LateReplies = counted.LateFrames,
        UnknownPackets = counted.UnknownFrames,
        BytesSent = counted.BytesSent,
        BytesReceived = counted.BytesReceived,
        Calls = counted.CallsStarted - counted.NotifiesStarted,
        CallsCancelled = counted.CallsCancelled,
        Pending = pending,
        Notices = counted.NotifiesStarted,
        CallsServed = counted.CallsServed,
        CallsUnanswered = counted.UnansweredCalls,
    };
}
