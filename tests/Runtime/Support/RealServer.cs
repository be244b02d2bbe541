using System.Net;
using System.Net.Sockets;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;
using ButlerRpc.Transport;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Runtime.Tests.Support;

/// <summary>A server on a socket of the loopback, for attacks: a canary calls it all the while, and nothing may be left of the attacker. <see cref="Canary"/> is the same in virtual time.</summary>
sealed class RealServer
{
    readonly ButlerServer _server;

    RealServer(ButlerServer server, Probe probe, StreamProbe streams)
    {
        _server = server;
        Probe = probe;
        Streams = streams;
    }

    public Probe Probe { get; }

    public StreamProbe Streams { get; }

    /// <summary>The server's end of what <see cref="OpenAsync"/> has opened last.</summary>
    public Session Attacked { get; set; } = null!;

    /// <summary>Runs an attack beside a client that calls without a pause and may not see a failure.</summary>
    public static async Task GuardAsync(ButlerLimits limits, Func<RealServer, Task> attack)
    {
        var (probe, streams, log) = (new Probe(), new StreamProbe(), new LogLines());
        await using var server = await ButlerServer.StartAsync(
            "tcp://127.0.0.1:0", s => s.Add(probe).Add(streams), new ButlerServerOptions { Limits = limits, LoggerFactory = log });
        await using var canary = await ButlerClient.ConnectAsync(server.Endpoints[0].ToString(), new ButlerClientOptions { CallTimeout = TimeSpan.FromSeconds(30) });
        var over = false;
        var calls = Task.Run(async () =>
        {
            for (var i = 0; !Volatile.Read(ref over); i++)
                Assert.That(await canary.CallAsync(Methods.Work, i), Is.EqualTo(i));
        });
        await attack(new RealServer(server, probe, streams));
        Volatile.Write(ref over, true);
        await calls;
        await UntilAsync(() => server.SessionCount == 1);
        Assert.That(log.Lines.Where(l => l.Level >= LogLevel.Error).Select(l => l.Text), Is.Empty);
    }

    /// <summary>Waits for what counters tell and no signal does.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(1);
    }

    /// <summary>A connection with nothing said.</summary>
    public async Task<Socket> DialAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _server.Endpoints[0].Port);
        return socket;
    }

    /// <summary>A peer that has introduced itself and was welcomed.</summary>
    public async Task<SimPeer> OpenAsync()
    {
        var peer = await SimPeer.DialAsync(StandardPlatform.Shared, _server.Endpoints[0].ToString());
        await peer.OpenAsync();
        Attacked = _server.Sessions[^1];
        return peer;
    }
}
