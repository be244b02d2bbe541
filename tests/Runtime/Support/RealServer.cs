using System.Net;
using System.Net.Sockets;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;
using ButlerRpc.Transport;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Runtime.Tests.Support;

/// <summary>
/// A server on a socket of the loopback, for attacks: a canary calls it all the while, and nothing may be left of the attacker. Its clock is moved by the test, so
/// that the limits of time are the defaults. <see cref="Canary"/> is the same in virtual time.
/// </summary>
sealed class RealServer
{
    // The canary's session is silent for as long as the clock is moved; nothing of an attack is this far away.
    static readonly TimeSpan Reach = TimeSpan.FromMinutes(1);
    static readonly TimeSpan Never = TimeSpan.FromDays(1);

    readonly HandPlatform _platform;
    readonly ButlerServer _server;

    RealServer(HandPlatform platform, ButlerServer server, Probe probe, StreamProbe streams)
    {
        _platform = platform;
        _server = server;
        Probe = probe;
        Streams = streams;
    }

    public Probe Probe { get; }

    public StreamProbe Streams { get; }

    /// <summary>The clock of the server.</summary>
    public VirtualTime Time => _platform.Time;

    /// <summary>The server's end of what <see cref="OpenAsync"/> has opened last.</summary>
    public Session Attacked { get; private set; } = null!;

    /// <summary>Runs an attack beside a client that calls without a pause and may not see a failure.</summary>
    public static async Task GuardAsync(ButlerLimits limits, Func<RealServer, Task> attack)
    {
        var (platform, probe, streams, log) = (new HandPlatform(), new Probe(), new StreamProbe(), new LogLines());
        await using var server = await ButlerServer.StartAsync(
            "tcp://127.0.0.1:0", s => s.Add(probe).Add(streams), new ButlerServerOptions { Platform = platform, Limits = limits with { PingAfter = Never }, LoggerFactory = log });
        await using var canary = await ButlerClient.ConnectAsync(server.Endpoints[0].ToString(), Patient.Client);
        var over = false;
        var calls = Task.Run(async () =>
        {
            for (var i = 0; !Volatile.Read(ref over); i++)
                Assert.That(await canary.CallAsync(Methods.Work, i), Is.EqualTo(i));
        });
        // What an attack waits for may never come: then it is the test's [CancelAfter] that ends it.
        await attack(new RealServer(platform, server, probe, streams)).WaitAsync(TestContext.CurrentContext.CancellationToken);
        await platform.UntilAsync(() => server.SessionCount == 1).WaitAsync(TestContext.CurrentContext.CancellationToken);
        Volatile.Write(ref over, true);
        await calls;
        Assert.That(log.Lines.Where(l => l.Level >= LogLevel.Error).Select(l => l.Text), Is.Empty);
    }

    /// <summary>Waits for what no signal tells; it is looked at after each piece of the server's work, of which the canary makes some all the time.</summary>
    public Task UntilAsync(Func<bool> condition) => _platform.UntilAsync(condition);

    /// <summary>Lets the server's time pass until the task has ended.</summary>
    public Task PassAsync(Task until) => _platform.PassAsync(until, Reach);

    /// <summary>A connection with nothing said, which the server has accepted: its time runs.</summary>
    public async Task<Socket> DialAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _server.Endpoints[0].Port);
        var name = $"{socket.LocalEndPoint}";
        await UntilAsync(() => _server.Sessions.Any(s => s.RemoteAddress == name));
        return socket;
    }

    /// <summary>A peer that has introduced itself and was welcomed.</summary>
    public async Task<SimPeer> OpenAsync()
    {
        var peer = await SimPeer.DialAsync(StandardPlatform.Shared, _server.Endpoints[0].ToString());
        await peer.OpenAsync();
        Attacked = _server.Sessions.Single(s => s.RemoteAddress == peer.Connection.LocalAddress);
        return peer;
    }
}
