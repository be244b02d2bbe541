using ButlerRpc.Sessions;

namespace ButlerRpc;

/// <summary>What one session, or several together, have counted: a snapshot.</summary>
public sealed record ButlerSessionStatistics
{
    /// <summary>Frames sent, of every kind.</summary>
    public long FramesSent { get; init; }

    /// <summary>Frames received, of every kind.</summary>
    public long FramesReceived { get; init; }

    /// <summary>Bytes sent.</summary>
    public long BytesSent { get; init; }

    /// <summary>Bytes received.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Calls of this end that were sent.</summary>
    public long Calls { get; init; }

    /// <summary>Calls of this end that their callers gave up.</summary>
    public long CallsCancelled { get; init; }

    /// <summary>Calls of this end in flight.</summary>
    public long InFlight { get; init; }

    /// <summary>Calls of this end that wait for a slot or for room in the send queue.</summary>
    public long Waiting { get; init; }

    /// <summary>One-way messages of this end.</summary>
    public long Notices { get; init; }

    /// <summary>Calls and one-way messages of the peer that were taken.</summary>
    public long CallsServed { get; init; }

    /// <summary>Calls and one-way messages of the peer that are being served.</summary>
    public long Serving { get; init; }

    /// <summary>Frames of calls that had ended: answers whose callers had gone, cancellations that came too late.</summary>
    public long LateFrames { get; init; }

    /// <summary>Bytes that wait to be sent.</summary>
    public long QueuedBytes { get; init; }

    internal static ButlerSessionStatistics Of(Session session) => Of(session.Statistics, [session]);

    internal static ButlerSessionStatistics Of(SessionStatistics counted, IReadOnlyList<Session> alive) => new()
    {
        FramesSent = counted.FramesSent,
        FramesReceived = counted.FramesReceived,
        BytesSent = counted.BytesSent,
        BytesReceived = counted.BytesReceived,
        Calls = counted.CallsStarted - counted.NotifiesStarted,
        CallsCancelled = counted.CallsCancelled,
        InFlight = alive.Sum(s => s.InFlight),
        Waiting = alive.Sum(s => s.Waiting),
        Notices = counted.NotifiesStarted,
        CallsServed = counted.CallsServed,
        Serving = alive.Sum(s => s.Statistics.Serving),
        LateFrames = counted.LateFrames,
        QueuedBytes = alive.Sum(s => s.QueuedBytes),
    };
}
