using System.Net;
using System.Net.Sockets;
using System.Text;
using ButlerRpc.Contracts.External;
using ButlerRpc.Hosting;
using ButlerRpc.Platform;
using ButlerRpc.Testing;
using ButlerRpc.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.AspNetCore.Tests;

[CancelAfter(60_000)]
public sealed class KestrelTests
{
    static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    [OneTimeTearDown]
    public void Close() => Http.Dispose();

    [Test]
    public async Task Calls_and_HTTP_are_served_by_one_host()
    {
        await using var host = await WebHost.StartAsync(null, _ => { }, listen => listen.UseButler());
        await using var client = await ButlerClient.ConnectAsync($"tcp://127.0.0.1:{host.PortOf(1)}", Patient.Client);

        Assert.That((await client.Create<IEcho>().EchoAsync(new Text("a"))).Value, Is.EqualTo("a"));
        Assert.That(await Http.GetStringAsync($"http://127.0.0.1:{host.PortOf(0)}/from"), Is.EqualTo("HTTP/1.1 from 127.0.0.1"));
        Assert.That(host.Log.Lines.Select(l => l.Text), Has.Some.Contains("Serving").And.Contains("(Kestrel)"));
        Assert.That(host.Server.Sessions.Select(s => (s.ServingAs!.Address, s.ServingAs.Port)), Is.EqualTo(new[] { ("127.0.0.1", (object)host.PortOf(1)) }), "what measurements name");
    }

    [Test]
    public async Task Calls_and_HTTP_share_one_port()
    {
        await using var host = await WebHost.StartAsync(null, listen => listen.UseButler("native+http"));
        await using var client = await ButlerClient.ConnectAsync(host.Endpoint, Patient.Client);

        for (var i = 0; i < 3; i++)
        {
            Assert.That((await client.Create<IEcho>().EchoAsync(new Text(new string('a', 50_000)))).Value, Has.Length.EqualTo(50_000));
            Assert.That(await Http.GetStringAsync($"http://127.0.0.1:{host.Port}/from"), Is.EqualTo("HTTP/1.1 from 127.0.0.1"));
        }
    }

    [Test]
    public async Task Calls_and_HTTP_2_share_one_port()
    {
        await using var host = await WebHost.StartAsync(null, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseButler("http+native");
        });
        await using var client = await ButlerClient.ConnectAsync(host.Endpoint, Patient.Client);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{host.Port}/from")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var answer = await Http.SendAsync(request);

        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("HTTP/2 from 127.0.0.1"));
        Assert.That((await client.Create<IEcho>().EchoAsync(new Text("a"))).Value, Is.EqualTo("a"));
    }

    [Test]
    public async Task First_bytes_that_come_one_by_one_are_told_apart_too()
    {
        await using var host = await WebHost.StartAsync(null, listen => listen.UseButler("native+http"));
        using var socket = await DialAsync(host.Port);
        foreach (var letter in "GET /from HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8.ToArray())
            await socket.SendAsync(new[] { letter });

        Assert.That(await ReadToEndAsync(socket), Does.StartWith("HTTP/1.1 200 OK").And.EndWith("HTTP/1.1 from 127.0.0.1\r\n0\r\n\r\n").Or.EndWith("HTTP/1.1 from 127.0.0.1"));
    }

    [Test]
    public async Task HTTP_to_a_listener_that_does_not_name_it_is_closed_without_an_answer()
    {
        await using var host = await WebHost.StartAsync(null, listen => listen.UseButler());
        using var socket = await DialAsync(host.Port);
        await socket.SendAsync("GET /from HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());

        Assert.That(await ReadToEndAsync(socket), Does.Not.Contain("HTTP"));
    }

    [Test]
    public async Task What_is_nobodys_is_closed_without_an_answer()
    {
        await using var host = await WebHost.StartAsync(null, listen => listen.UseButler("native+http"));
        using var socket = await DialAsync(host.Port);
        await socket.SendAsync(new byte[] { 0x16, 0x03, 0x01, 0x00 });

        Assert.That(await ReadToEndAsync(socket), Is.Empty);
    }

    [Test]
    public async Task Who_says_nothing_is_left_to_the_web_servers_own_limits()
    {
        // Time in which every limit passes at once.
        var setup = new Action<ButlerServerSetup>(o => o.Options = o.Options with { Platform = new HastyPlatform() });
        await using var host = await WebHost.StartAsync(setup, listen => listen.UseButler("native+http"));

        Assert.That(await Http.GetStringAsync($"http://127.0.0.1:{host.Port}/from"), Is.EqualTo("HTTP/1.1 from 127.0.0.1"));
    }

    [Test]
    public async Task Iproto_and_a_protocol_of_the_users_own_share_the_port_with_HTTP()
    {
        var setup = new Action<ButlerServerSetup>(o => o.Options = o.Options with { Protocols = [new Shouter()] });
        await using var host = await WebHost.StartAsync(setup, listen => listen.UseButler("native+http+iproto+shouter"));
        await using var legacy = await ButlerClient.ConnectAsync($"iproto://127.0.0.1:{host.Port}", Patient.Client);
        using var socket = await DialAsync(host.Port);
        await socket.SendAsync("GETUP"u8.ToArray());

        Assert.That(await ReadToEndAsync(socket), Is.EqualTo("GETUP!"), "it comes before HTTP");
        Assert.That((await legacy.Create<IDouble>().DoubleAsync(new Number(21))).Value, Is.EqualTo(42));
        Assert.That(await Http.GetStringAsync($"http://127.0.0.1:{host.Port}/from"), Is.EqualTo("HTTP/1.1 from 127.0.0.1"));
    }

    [Test]
    public async Task The_servers_limits_hold_for_its_connections()
    {
        var setup = new Action<ButlerServerSetup>(o => o.Options = o.Options with { MaxConnectionsPerAddress = 1 });
        await using var host = await WebHost.StartAsync(setup, listen => listen.UseButler());
        await using var first = await ButlerClient.ConnectAsync(host.Endpoint, Patient.Client);

        Assert.That(await HeardByAsync(host.Port), Is.Empty);
        await host.Log.SaysAsync("127.0.0.1 has 1 connections already");
        Assert.That((await first.Create<IEcho>().EchoAsync(new Text("a"))).Value, Is.EqualTo("a"));
    }

    [Test]
    public async Task The_address_that_a_trusted_proxy_hands_on_counts_in_the_limits_and_for_HTTP()
    {
        var setup = new Action<ButlerServerSetup>(o => o.Options = o.Options with { MaxConnectionsPerAddress = 1 });
        await using var host = await WebHost.StartAsync(setup, listen => listen.UseProxyProtocol("127.0.0.1").UseButler("native+http"));
        using var http = await DialAsync(host.Port);
        await http.SendAsync("PROXY TCP4 203.0.113.7 10.0.0.1 5555 9000\r\nGET /from HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8.ToArray());
        Assert.That(await ReadToEndAsync(http), Does.Contain("HTTP/1.1 from 203.0.113.7"));

        using var first = await DialAsync(host.Port);
        await first.SendAsync("PROXY TCP4 203.0.113.7 10.0.0.1 5556 9000\r\nBTLR"u8.ToArray());
        await using var other = new PreludeTransport("PROXY TCP4 203.0.113.8 10.0.0.1 5557 9000\r\n").Client(host.Endpoint);
        Assert.That((await other.Create<IEcho>().EchoAsync(new Text("a"))).Value, Is.EqualTo("a"));
        using var second = await DialAsync(host.Port);
        await second.SendAsync("PROXY TCP4 203.0.113.7 10.0.0.1 5558 9000\r\nBTLR"u8.ToArray());
        await host.Log.SaysAsync("203.0.113.7 has 1 connections already");
        using var malformed = await DialAsync(host.Port);
        await malformed.SendAsync("BTLR\u0001\0\0\0"u8.ToArray());
        Assert.That(await ReadToEndAsync(malformed), Is.Empty);
        await host.Log.SaysAsync("the PROXY header of 127.0.0.1");
    }

    [Test]
    public async Task Calls_in_flight_end_when_the_host_stops_and_new_ones_are_not_taken()
    {
        await using var host = await WebHost.StartAsync(null, listen => listen.UseButler("native+http"));
        await using var client = await ButlerClient.ConnectAsync(host.Endpoint, Patient.OneAttempt);
        var inFlight = client.Create<IEcho>().EchoAsync(new Text("wait")).AsTask();
        await host.Echo.Waits.Task;
        var stopping = host.StopAsync();
        ButlerException? refused = null;
        while (refused is null)
        {
            try
            {
                await client.Create<IEcho>().EchoAsync(new Text("late")); // until the client has seen that the server drains
            }
            catch (ButlerException e)
            {
                refused = e;
            }
        }

        Assert.That(refused.Certainty, Is.EqualTo(ButlerCertainty.NotExecuted));
        Assert.That((inFlight.IsCompleted, stopping.IsCompleted), Is.EqualTo((false, false)));
        host.Echo.Go.SetResult();
        Assert.That((await inFlight).Value, Is.EqualTo("wait"));
        await stopping;
    }

    [Test]
    public async Task Nothing_is_left_of_connections_that_have_ended()
    {
        var platform = new HandPlatform();
        await using var host = await WebHost.StartAsync(o => o.Options = o.Options with { Platform = platform }, listen => listen.UseButler());
        for (var i = 0; i < 20; i++)
        {
            await using (var client = await ButlerClient.ConnectAsync(host.Endpoint, Patient.Client))
                await client.Create<IEcho>().EchoAsync(new Text("a"));
            using var reset = await DialAsync(host.Port);
            await reset.SendAsync((byte[])[.. Wire.Preface, .. Wire.HelloFrame()]);
            Assert.That(await reset.ReceiveAsync(new byte[1]), Is.EqualTo(1), "it was welcomed");
            reset.LingerState = new LingerOption(true, 0);
        }

        await platform.UntilAsync(() => host.Server.Status is { EndedSessions: 40, Sessions: 0, Connections: 0 } && host.Server.SessionCount == 0);
        Assert.That(host.Log.Lines.Where(l => l.Level >= LogLevel.Warning).Select(l => l.Text), Is.Empty);
    }

    [Test]
    public void A_host_that_serves_nothing_says_what_to_register() => Assert.That(
        async () =>
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseButler()));
            await using var app = builder.Build();
            await app.StartAsync();
        },
        Throws.InvalidOperationException.With.Message.Contains("AddButlerService"));

    [TestCase("native+morse", "protocols=morse of UseButler on")]
    [TestCase("native+tls", "TLS is there by UseHttps")]
    public void A_protocol_that_is_none_is_refused_at_start(string protocols, string reason) => Assert.That(
        async () => await FinishAsync(WebHost.StartAsync(null, listen => listen.UseButler(protocols))), Throws.ArgumentException.With.Message.Contains(reason));

    static async Task FinishAsync(Task<WebHost> host) => await (await host).DisposeAsync();

    static async Task<Socket> DialAsync(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }

    // Whoever is refused on arrival may see the reset before it has seen that it was connected.
    static async Task<string> HeardByAsync(int port)
    {
        try
        {
            using var socket = await DialAsync(port);
            return await ReadToEndAsync(socket);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return "";
        }
    }

    static async Task<string> ReadToEndAsync(Socket socket)
    {
        var text = new StringBuilder();
        var buffer = new byte[1000];
        try
        {
            while (await socket.ReceiveAsync(buffer) is > 0 and var received)
                text.Append(Encoding.ASCII.GetString(buffer, 0, received));
        }
        catch (SocketException)
        {
            // A reset is an end as well.
        }

        return text.ToString();
    }

    /// <summary>Says "!" to what begins with GETUP, which might be HTTP.</summary>
    sealed class Shouter() : ButlerProtocol("shouter")
    {
        public override ProtocolMatch Match(ReadOnlySpan<byte> first) =>
            !"GETUP"u8.StartsWith(first[..Math.Min(5, first.Length)]) ? ProtocolMatch.No : first.Length < 5 ? ProtocolMatch.Undecided : ProtocolMatch.Yes;

        public override async Task ServeAsync(Connection connection, CancellationToken stopping)
        {
            var bytes = new byte[5];
            for (var have = 0; have < bytes.Length;)
                have += await connection.ReceiveAsync(bytes.AsMemory(have));
            await connection.SendAsync(bytes);
            await connection.SendAsync("!"u8.ToArray());
        }
    }
}
