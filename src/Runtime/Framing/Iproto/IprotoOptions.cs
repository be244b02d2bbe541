using System.Buffers;

namespace ButlerRpc;

/// <summary>How one end of an iproto connection behaves: the profile of go-iproto, with its defaults. Immutable; a variant is made by <c>with</c>.</summary>
public sealed record IprotoOptions
{
    /// <summary>The time of a call, queueing and reply together. Default 5 s; <see cref="Timeout.InfiniteTimeSpan"/>: none.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a one-way message or a raw packet may wait for room in the queue. Default 1 s.</summary>
    public TimeSpan NoticeTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A ping is sent after this much silence. Default one minute; zero: never.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The connection is given up when a ping stays without any answer this long. Default 10 s.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The connection is shut down when nothing but pings has passed for this long. Default zero: never.</summary>
    public TimeSpan IdleTimeout { get; init; }

    /// <summary>How long a shutdown waits for calls in flight, and then for the peer's shutdown. Default 5 s.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The largest body, in either direction; a packet that announces more closes the connection. Default 100 000 000; 1 to 1 GiB.</summary>
    public int SizeLimit { get; init; } = 100_000_000;

    /// <summary>The packets that may wait behind a send that the peer does not take; whoever has one more waits. Default 50.</summary>
    public int WriteQueueSize { get; init; } = 50;

    /// <summary>The peer's calls that may run at once on one connection; those beyond are dropped, counted and logged. Default 16 384; 1 to 65 535.</summary>
    public int CallsInFlight { get; init; } = 16_384;

    /// <summary>
    /// How long the number of a call that timed out or was cancelled is not used again: iproto guarantees no final packet, so a reply may still come. Default 30 s.
    /// </summary>
    public TimeSpan Quarantine { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Run with each new connection of a client or a server: to introduce itself, to judge the peer, or to be told of its end (<c>OnClose</c>, <c>OnShutdown</c>). A client
    /// gives the connection no calls before it has ended; a server serves meanwhile. If it fails, or takes longer than <see cref="RequestTimeout"/>, the connection is closed;
    /// for a client that is an attempt to connect that failed. Default null: nothing.
    /// </summary>
    public Func<Iproto.IprotoChannel, CancellationToken, ValueTask>? Init { get; init; }

    /// <summary>What callers are sent when a handler fails, as iproto has no form for errors. Default null: nothing, the caller times out.</summary>
    public IprotoErrorEncoder? ErrorEncoder { get; init; }

    /// <summary>Throws when an option is outside its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the option, its value and its range.</exception>
    public void Validate()
    {
        const string Me = nameof(IprotoOptions);
        OptionRange.PositiveOrInfinite(Me, nameof(RequestTimeout), RequestTimeout);
        OptionRange.Positive(Me, nameof(NoticeTimeout), NoticeTimeout);
        OptionRange.NotNegative(Me, nameof(PingInterval), PingInterval);
        OptionRange.Positive(Me, nameof(PingTimeout), PingTimeout);
        OptionRange.NotNegative(Me, nameof(IdleTimeout), IdleTimeout);
        OptionRange.Positive(Me, nameof(ShutdownTimeout), ShutdownTimeout);
        OptionRange.Positive(Me, nameof(Quarantine), Quarantine);
        OptionRange.Check(Me, nameof(SizeLimit), SizeLimit, 1, 1 << 30);
        OptionRange.Check(Me, nameof(WriteQueueSize), WriteQueueSize, 1, 1_000_000);
        OptionRange.Check(Me, nameof(CallsInFlight), CallsInFlight, 1, 65_535);
    }
}

/// <summary>Gives failures a form on an iproto connection. The peers must know it.</summary>
public abstract class IprotoErrorEncoder
{
    /// <summary>Writes the body of the reply to a call that failed. False: the caller is sent nothing.</summary>
    /// <param name="message">The Msg of the call.</param>
    /// <param name="error">The failure. A handler's unexpected exception has become an Internal one, with an error id and no detail.</param>
    /// <param name="body">Where the body goes.</param>
    public abstract bool TryEncode(uint message, ButlerException error, IBufferWriter<byte> body);
}
