using ButlerRpc.Sessions;

namespace ButlerRpc.Iproto;

/// <summary>What users of go-iproto ask a pool for, of a client of iproto endpoints.</summary>
public static class IprotoPool
{
    /// <summary>
    /// Options of a client with the defaults of go-iproto's pool and channel, so that a program that is moved behaves as before: attempts to connect begin 10 ms apart and
    /// are given up after an hour, and there is one session. Left as they are here: the pauses double, with jitter, and pings are on.
    /// </summary>
    public static ButlerClientOptions GoOptions { get; } = new()
    {
        CallTimeout = TimeSpan.FromSeconds(5),
        SessionTimeout = TimeSpan.FromSeconds(1),
        SessionsPerEndpoint = 1,
        MaxSessionsPerEndpoint = 1,
        ShortestBackoff = TimeSpan.FromMilliseconds(10),
        RedialTimeout = TimeSpan.FromHours(1),
        Routing = ButlerRouting.RoundRobin,
    };

    /// <summary>The next channel in turn; with none online it waits for one as a call does.</summary>
    /// <exception cref="ButlerException">Unavailable: there was none in time.</exception>
    /// <exception cref="ArgumentException">The client's endpoints do not speak iproto.</exception>
    public static async ValueTask<IprotoChannel> NextChannelAsync(this ButlerClient client, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return ChannelOf(await client.NextSessionAsync(cancellationToken));
    }

    /// <summary>The channels that are online.</summary>
    /// <exception cref="ArgumentException">The client's endpoints do not speak iproto.</exception>
    public static IReadOnlyList<IprotoChannel> Online(this ButlerClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return [.. client.OpenSessions.Select(ChannelOf)];
    }

    /// <summary>Sends a packet as it is on the next channel in turn; see <see cref="IprotoChannel.SendAsync"/>.</summary>
    public static async ValueTask SendPacketAsync(this ButlerClient client, IprotoPacket packet, CancellationToken cancellationToken = default) =>
        await (await client.NextChannelAsync(cancellationToken)).SendAsync(packet, cancellationToken);

    /// <summary>What the pool has counted so far.</summary>
    public static IprotoPoolStatistics PoolStatistics(this ButlerClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        var open = client.OpenSessions;
        return new IprotoPoolStatistics
        {
            Dials = Interlocked.Read(ref client.PoolStatistics.Dials),
            DialErrors = Interlocked.Read(ref client.PoolStatistics.DialFailures),
            WaitErrors = client.WaitFailures,
            Online = open.Length,
            Channels = IprotoStatistics.Of(client.Counted(), open.Sum(s => s.InFlight)),
        };
    }

    static IprotoChannel ChannelOf(Session session) => session.Payload == Calls.PayloadFormat.Iproto
        ? IprotoChannel.Of(session)
        : throw new ArgumentException($"the session with {session.RemoteAddress} does not speak iproto; its endpoint would be iproto:// or have ?framing=iproto");
}

/// <summary>What a pool of iproto channels has counted so far: a snapshot.</summary>
public sealed record IprotoPoolStatistics
{
    /// <summary>Attempts to connect.</summary>
    public long Dials { get; init; }

    /// <summary>Those that failed.</summary>
    public long DialErrors { get; init; }

    /// <summary>Calls that no channel was online for in time.</summary>
    public long WaitErrors { get; init; }

    /// <summary>The channels that are online.</summary>
    public int Online { get; init; }

    /// <summary>What all channels together have counted, those that have ended as well.</summary>
    public IprotoStatistics Channels { get; init; } = new();
}
