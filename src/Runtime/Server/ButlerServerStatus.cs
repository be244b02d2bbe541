using ButlerRpc.Platform;

namespace ButlerRpc;

/// <summary>Whether a server takes calls.</summary>
public enum ButlerServerState
{
    /// <summary>It takes connections and calls.</summary>
    Serving = 0,

    /// <summary>It takes no new connections and calls; those in flight may end.</summary>
    Draining = 1,

    /// <summary>It has stopped.</summary>
    Stopped = 2,
}

/// <summary>A server at one moment: a snapshot, which changes no more. Numbers of different things may be apart by what happened while it was taken.</summary>
public sealed record ButlerServerStatus
{
    internal ButlerServerStatus()
    {
    }

    /// <summary>Whether it takes calls.</summary>
    public ButlerServerState State { get; internal init; }

    /// <summary>Where it listens, with the ports it was given.</summary>
    public IReadOnlyList<ButlerEndpoint> Endpoints { get; internal init; } = [];

    /// <summary>Connections that count against <see cref="ButlerServerOptions.MaxConnections"/>: sessions, those of other protocols, and those not open yet.</summary>
    public int Connections { get; internal init; }

    /// <summary>Sessions that have not ended.</summary>
    public int Sessions { get; internal init; }

    /// <summary>Sessions that have ended since it started, for whatever reason.</summary>
    public long EndedSessions { get; internal init; }

    /// <summary>Calls of clients that are being served.</summary>
    public long CallsInFlight { get; internal init; }

    /// <summary>Callbacks, that is calls to clients, without their final answer.</summary>
    public long CallbacksInFlight { get; internal init; }

    /// <summary>Bytes that wait to be sent, over all sessions.</summary>
    public long QueuedBytes { get; internal init; }

    /// <summary>Bytes sent since it started, over all sessions.</summary>
    public long BytesSent { get; internal init; }

    /// <summary>Bytes received since it started, over all sessions.</summary>
    public long BytesReceived { get; internal init; }

    /// <summary>Connections not let in since it started: over a limit, or the TLS handshake or the proxy's header failed, or it was stopping.</summary>
    public long RefusedConnections { get; internal init; }
}
