using System.Net.Sockets;
using ButlerRpc.Testing;
using ButlerRpc.Transport;

namespace ButlerRpc.Runtime.Tests.Support;

/// <summary>A server on a real socket, a canary on it, and the attacker's side.</summary>
sealed class Attacked : IAsyncDisposable
{
    static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);

    readonly CancellationTokenSource _stop = new();
    readonly ButlerServer _server;
    readonly ButlerClient _client;
    readonly Task _canary;

    Attacked(ButlerServer server, ButlerClient client, Probe probe)
    {
        _server = server;
        _client = client;
        Probe = probe;
        Server = server;
        _canary = Task.Run(CallAsync);
    }

    public Probe Probe { get; }

    public ButlerServer Server { get; }

    public static async Task<Attacked> StartAsync(ButlerLimits? limits = null)
    {
        var probe = new Probe();
        var server = await ButlerServer.StartAsync("tcp://127.0.0.1:0", s => s.Add(probe), new ButlerServerOptions { Limits = limits ?? new ButlerLimits() });
        return new Attacked(server, await ButlerClient.ConnectAsync(server.Endpoints[0].ToString()), probe);
    }

    public Task<SimPeer> DialAsync() => SimPeer.DialAsync(StandardPlatform.Shared, _server.Endpoints[0].ToString());

    /// <summary>Sends bytes and reads to the end, which must come.</summary>
    public async Task<byte[]> SendAsync(byte[] bytes, bool closeWrite = false)
    {
        await using var peer = await DialAsync();
        try
        {
            if (bytes.Length > 0)
                await peer.SendAsync(bytes);
            if (closeWrite)
                peer.Connection.CloseWrite();
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Closed before all was sent.
        }

        return await peer.ReadToEndAsync().WaitAsync(Guard);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _canary.WaitAsync(Guard);
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    async Task CallAsync()
    {
        for (var i = 0; !_stop.IsCancellationRequested; i++)
            Assert.That(await _client.CallAsync(Methods.Work, i), Is.EqualTo(i));
    }
}
