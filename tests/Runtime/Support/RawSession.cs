using ButlerRpc.Calls;
using ButlerRpc.Framing;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Support;

/// <summary>One session of the library against a raw peer.</summary>
sealed class RawSession
{
    RawSession(Simulation sim, Session session, SimPeer peer, Probe probe, LogLines log)
    {
        Sim = sim;
        Session = session;
        Peer = peer;
        Probe = probe;
        Log = log;
    }

    public Simulation Sim { get; }

    public Session Session { get; }

    public SimPeer Peer { get; }

    public Probe Probe { get; }

    public LogLines Log { get; }

    public SimLink Link => Sim.Network.Links[^1];

    /// <summary>The session dials; the peer has read its introduction and welcomed it.</summary>
    public static async Task<RawSession> DialsAsync(Simulation sim, ButlerLimits? limits = null, byte[]? welcome = null, TimeSpan? timeout = null)
    {
        var raw = await StartAsync(sim, limits, isAcceptor: false, timeout);
        await raw.Peer.WelcomeAsync(welcome);
        await raw.Session.Opened;
        return raw;
    }

    /// <summary>The session accepts; the peer has introduced itself and was welcomed.</summary>
    public static async Task<RawSession> AcceptsAsync(Simulation sim, ButlerLimits? limits = null)
    {
        var raw = await StartAsync(sim, limits, isAcceptor: true, null);
        await raw.Peer.OpenAsync();
        return raw;
    }

    /// <summary>The connection is there, the introduction is left to the test.</summary>
    public static async Task<RawSession> StartAsync(Simulation sim, ButlerLimits? limits, bool isAcceptor, TimeSpan? timeout)
    {
        sim.Network.AbortLoses = 0;
        const string Endpoint = "tcp://127.0.0.1:7000";
        var endpoint = ButlerEndpoint.Parse(Endpoint);
        var transport = sim.Platform.TransportOf(endpoint);
        await using var listener = await transport.ListenAsync(endpoint, sim.Platform, default);
        var dialled = await transport.DialAsync(endpoint, sim.Platform, default);
        var accepted = (await listener.AcceptAsync())!;
        var log = new LogLines();
        var host = new SessionHost(sim.Platform, limits ?? new ButlerLimits(), log) { DefaultTimeout = timeout ?? TimeSpan.FromSeconds(5) };
        var probe = new Probe();
        var session = new Session(host, isAcceptor ? accepted : dialled, NativeFraming.Instance, new ServiceTable().Add(probe), isAcceptor);
        session.Run();
        return new RawSession(sim, session, new SimPeer(isAcceptor ? dialled : accepted), probe, log);
    }

    public ValueTask<int> CallAsync(int value, CancellationToken cancellationToken = default) => Session.CallAsync(Methods.Work, value, cancellationToken);

    public ValueTask<int> CallAsync(int value, TimeSpan timeout) => Session.CallAsync(Methods.Work, value, new CallContext(new CallOptions { Timeout = timeout }));

    /// <summary>Answers a request of WorkAsync with a small number.</summary>
    public Task ReplyAsync(WireFrame request, byte value) => Peer.SendAsync(Wire.Frame(Wire.Reply, 0, 0, request.Call, value));
}
