namespace ButlerRpc;

/// <summary>What one end of a session allows the other. Every limit has a finite default.</summary>
public sealed record ButlerLimits
{
    /// <summary>Calls the peer may have in flight on one session. Default 1024; 1 to 65 535.</summary>
    public int CallsInFlight { get; init; } = 1024;

    /// <summary>The largest message, in either direction. Default 4 MiB; 16 KiB to 1 GiB.</summary>
    public int MessageBytes { get; init; } = 4 << 20;

    /// <summary>The sum of the messages that the peer has begun and not finished. Default 8 MiB; at least <see cref="MessageBytes"/>.</summary>
    public int ReassemblyWindowBytes { get; init; } = 8 << 20;

    /// <summary>
    /// The memory of all unfinished messages of the whole process. A message for which it is not enough fails alone, its remaining parts are skipped. Default 256 MiB; at
    /// least <see cref="MessageBytes"/>.
    /// </summary>
    public int ReassemblyBudgetBytes { get; init; } = 256 << 20;

    /// <summary>One-way messages the peer may have in flight. Default 1024; 64 to 1 000 000.</summary>
    public int NotifiesInFlight { get; init; } = 1024;

    /// <summary>Items that may wait unread in one stream, for a reader that keeps up. Default 1024; at least 16.</summary>
    public int StreamItems { get; init; } = 1024;

    /// <summary>Bytes that may wait unread in one stream, for a reader that keeps up. Default 256 KiB; at least 16 KiB.</summary>
    public int StreamBytes { get; init; } = 256 << 10;

    /// <summary>Bytes that all streams of a session may be raised by, above the 16 items and 16 KiB that each has from the start. Default 8 MiB.</summary>
    public int StreamPoolBytes { get; init; } = 8 << 20;

    /// <summary>The time between connecting and the end of the handshake. Default 5 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A message is admitted to the send queue while it holds less than this. Default 1 MiB.</summary>
    public int QueuedBytes { get; init; } = 1 << 20;

    /// <summary>How long a send may make no progress. Default 10 s.</summary>
    public TimeSpan SendStallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How fast a frame must arrive once it has begun, after <see cref="FrameGrace"/>. Default 240 B/s.</summary>
    public int FrameBytesPerSecond { get; init; } = 240;

    /// <summary>See <see cref="FrameBytesPerSecond"/>. Default 5 s.</summary>
    public TimeSpan FrameGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A ping is sent after this much silence. Default 15 s.</summary>
    public TimeSpan PingAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The session is given up when a ping stays without any answer this long. Default 10 s.</summary>
    public TimeSpan DeadAfterPing { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A session with nothing but pings for this long is drained. A client does not dial it again until it has a call. Default zero: never.
    /// </summary>
    public TimeSpan IdleTimeout { get; init; }

    /// <summary>
    /// By how many a second, in the long run, the calls that the peer cancels before they have given anything, or that can only fail, may outnumber its others; what
    /// is more ends the session as abuse. Default 100.
    /// </summary>
    public int AbusePerSecond { get; init; } = 100;

    /// <summary>How many of them may come at once. Default 500.</summary>
    public int AbuseBurst { get; init; } = 500;

    /// <summary>
    /// How often a busy session asks its socket for the next bytes before it waits for them, at 0.2 to 0.4 µs each: waiting costs two wake-ups. Only a session whose
    /// peer has answered within that time goes on asking, and only while nothing else waits for a thread. Default 250; 0 (never) to 10 000.
    /// </summary>
    public int BusyPolls { get; init; } = 250;

    /// <summary>Throws when a limit is outside its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the limit, its value and its range.</exception>
    public void Validate()
    {
        const string Me = nameof(ButlerLimits);
        OptionRange.Check(Me, nameof(CallsInFlight), CallsInFlight, 1, 65_535);
        OptionRange.Check(Me, nameof(MessageBytes), MessageBytes, 16_384, 1 << 30);
        OptionRange.Check(Me, nameof(ReassemblyWindowBytes), ReassemblyWindowBytes, MessageBytes, int.MaxValue);
        OptionRange.Check(Me, nameof(ReassemblyBudgetBytes), ReassemblyBudgetBytes, MessageBytes, int.MaxValue);
        OptionRange.Check(Me, nameof(NotifiesInFlight), NotifiesInFlight, 64, 1_000_000);
        OptionRange.Check(Me, nameof(StreamItems), StreamItems, 16, 1 << 20);
        OptionRange.Check(Me, nameof(StreamBytes), StreamBytes, 16_384, 1 << 30);
        OptionRange.Check(Me, nameof(StreamPoolBytes), StreamPoolBytes, 0, int.MaxValue);
        OptionRange.Check(Me, nameof(QueuedBytes), QueuedBytes, 65_536, 1 << 30);
        OptionRange.Check(Me, nameof(AbusePerSecond), AbusePerSecond, 1, 100_000_000);
        OptionRange.Check(Me, nameof(AbuseBurst), AbuseBurst, 1, 1_000_000_000);
        OptionRange.Check(Me, nameof(BusyPolls), BusyPolls, 0, 10_000);
        OptionRange.Check(Me, nameof(FrameBytesPerSecond), FrameBytesPerSecond, 1, int.MaxValue);
        OptionRange.Positive(Me, nameof(HandshakeTimeout), HandshakeTimeout);
        OptionRange.Positive(Me, nameof(SendStallTimeout), SendStallTimeout);
        OptionRange.Positive(Me, nameof(FrameGrace), FrameGrace);
        OptionRange.Positive(Me, nameof(PingAfter), PingAfter);
        OptionRange.Positive(Me, nameof(DeadAfterPing), DeadAfterPing);
        OptionRange.NotNegative(Me, nameof(IdleTimeout), IdleTimeout);
    }
}
