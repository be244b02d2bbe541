using ButlerRpc.Platform;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Streams;

/// <summary>How length-prefixed streams behave. Immutable.</summary>
public sealed record ButlerStreamsOptions
{
    /// <summary>The header before each body. Default: <see cref="LengthPrefix.BuffStreams"/> with a maximum of 4096 bytes.</summary>
    public LengthPrefix Prefix { get; init; } = LengthPrefix.BuffStreams();

    /// <summary>The largest body, in either direction, where the prefix does not allow less. Default 4 MiB; 1 byte to 1 GiB.</summary>
    public int MaxMessage { get; init; } = 4 << 20;

    /// <summary>How long one attempt to connect may take. Default 1 s.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a write may take, waiting for others and for the peer included. Default 10 s.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a body may take once its first byte has come. Default 30 s.</summary>
    public TimeSpan FrameTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long callbacks that run may go on when it is disposed, and how long a connection that is not kept waits for its peer to close the other side. Default 10 s.
    /// </summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Accepted connections in all; more are refused at once. Default 10 000.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>Accepted connections of one remote address. Not applied to Unix sockets and memory. Default 256.</summary>
    public int MaxConnectionsPerAddress { get; init; } = 256;

    /// <summary>How long a TLS handshake may take, or a proxy to say for whom it connects. Default 5 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where it logs. Default: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Time, scheduling and the network. Default: the real ones.</summary>
    public ButlerPlatform? Platform { get; init; }

    internal int Most => Math.Min(MaxMessage, Prefix.MostBody);

    /// <summary>Throws when an option is outside its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the option, its value and its range.</exception>
    public void Validate()
    {
        const string Me = nameof(ButlerStreamsOptions);
        OptionRange.Present(Me, nameof(Prefix), Prefix);
        OptionRange.Check(Me, nameof(MaxMessage), MaxMessage, 1, 1 << 30);
        OptionRange.Check(Me, nameof(MaxConnections), MaxConnections, 1, 1_000_000);
        OptionRange.Check(Me, nameof(MaxConnectionsPerAddress), MaxConnectionsPerAddress, 1, 1_000_000);
        OptionRange.Positive(Me, nameof(HandshakeTimeout), HandshakeTimeout);
        OptionRange.Positive(Me, nameof(DialTimeout), DialTimeout);
        OptionRange.Positive(Me, nameof(WriteTimeout), WriteTimeout);
        OptionRange.Positive(Me, nameof(FrameTimeout), FrameTimeout);
        OptionRange.Positive(Me, nameof(DrainTimeout), DrainTimeout);
    }
}
