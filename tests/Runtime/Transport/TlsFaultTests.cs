using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Claims;
using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;
using ButlerRpc.Transport;
using ButlerRpc.Transport.Tls;

namespace ButlerRpc.Runtime.Tests.Transport;

[CancelAfter(60_000)]
public sealed class TlsFaultTests
{
    readonly Authority _authority = new();

    [OneTimeTearDown]
    public void Delete() => _authority.Dispose();

    [Test]
    public async Task A_certificate_for_another_name_is_refused() =>
        Assert.That(await RefusalAsync(_authority.Issue("elsewhere").Options), Does.Contain("not made out to localhost"));

    [Test]
    public async Task An_expired_certificate_is_refused() =>
        Assert.That(await RefusalAsync(_authority.Issue("localhost", validDays: -1).Options), Does.Contain("expired"));

    [Test]
    public async Task A_certificate_for_another_use_is_refused() =>
        Assert.That(await RefusalAsync(_authority.Issue("localhost", Authority.ClientUse).Options), Does.Contain("not meant for this use"));

    [Test]
    public async Task A_certificate_of_an_unknown_authority_is_refused()
    {
        using var other = new Authority();
        Assert.That(await RefusalAsync(other.Issue("localhost").Options), Does.Contain("authority is not known"));
    }

    [Test]
    public async Task A_server_that_speaks_no_TLS_is_told()
    {
        await using var server = await ButlerServer.StartAsync("tcp://127.0.0.1:0", _ => { });
        var failure = await Assert.CatchAsync<ButlerException>(async () => await ButlerClient.ConnectAsync($"tls://127.0.0.1:{server.Endpoints[0].Port}", Patient.Client));
        Assert.That(failure!.Message, Does.Contain("is not TLS; an endpoint without it is tcp://host:port"));
    }

    [Test]
    public async Task A_client_without_a_certificate_is_refused_and_the_server_says_so()
    {
        var log = new LogLines();
        await using var server = await StartAsync($"{_authority.Issue("localhost").Options}&clients={_authority.Path}", log);
        await Assert.CatchAsync<ButlerException>(async () => await ConnectAsync(server));
        await log.SaysAsync("the client sent no certificate");
    }

    [Test]
    public async Task A_client_with_a_certificate_is_the_principal_of_its_calls()
    {
        var principal = new TaskCompletionSource<ClaimsPrincipal?>();
        var probe = new Probe
        {
            Work = (value, context) =>
            {
                principal.TrySetResult(context.Principal);
                return new(value);
            },
        };
        await using var server = await StartAsync($"{_authority.Issue("localhost").Options}&clients={_authority.Path}", probe: probe);
        await using var client = await ConnectAsync(server, "&" + _authority.Issue("alice", Authority.ClientUse).Options);
        await client.CallAsync(Methods.Work, 1);
        Assert.That((await principal.Task)!.Identity, Has.Property("Name").EqualTo("alice").And.Property("IsAuthenticated").True);
    }

    [Test]
    public async Task A_client_with_a_certificate_for_servers_is_refused()
    {
        var log = new LogLines();
        await using var server = await StartAsync($"{_authority.Issue("localhost").Options}&clients={_authority.Path}", log);
        await Assert.CatchAsync<ButlerException>(async () => await ConnectAsync(server, "&" + _authority.Issue("alice").Options));
        await log.SaysAsync("not meant for this use");
    }

    [Test]
    public async Task TLS_1_1_and_a_client_without_ALPN_are_refused()
    {
        var log = new LogLines();
        await using var server = await StartAsync(_authority.Issue("localhost").Options, log);

        // By hand, as the system's own library may refuse to begin so.
        using (var old = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            await old.ConnectAsync("127.0.0.1", server.Endpoints[0].Port);
            byte[] hello = [3, 2, .. new byte[32], 0, 0, 4, 0xC0, 0x09, 0xC0, 0x0A, 1, 0];
            await old.SendAsync((byte[])[0x16, 3, 1, 0, (byte)(hello.Length + 4), 1, 0, 0, (byte)hello.Length, .. hello]);
            Assert.That(await EndsAsync(old));
        }

        await log.SaysAsync("no version of TLS that is spoken here (1.2 and 1.3)");
        await HandshakeAsync(server, SslProtocols.Tls12);
        await log.SaysAsync("does not speak butler/1");
        await using var client = await ConnectAsync(server);
        Assert.That(await client.CallAsync(Methods.Work, 1), Is.EqualTo(1));
    }

    [Test]
    public async Task A_certificate_that_was_replaced_serves_the_next_connections_and_a_broken_file_does_not_hurt()
    {
        var files = _authority.Issue("before");
        await using var server = await StartAsync(files.Options);
        await using (var first = await ConnectAsync(server, name: "before"))
            await first.CallAsync(Methods.Work, 1);
        File.WriteAllText(files.Certificate, "-----BEGIN CERTIFICATE-----\nhalf");
        Touch(files.Certificate);
        await using (var meanwhile = await ConnectAsync(server, name: "before"))
            await meanwhile.CallAsync(Methods.Work, 1);
        _authority.Write(files, "after");
        Touch(files.Certificate);
        await using var next = await ConnectAsync(server, name: "after");
        Assert.That(await next.CallAsync(Methods.Work, 1), Is.EqualTo(1));
    }

    [Test]
    public async Task One_port_serves_with_and_without_TLS()
    {
        await using var server = await StartAsync(_authority.Issue("localhost").Options + "&protocols=tls+native");
        await using var secured = await ConnectAsync(server);
        await using var plain = await ButlerClient.ConnectAsync($"tcp://127.0.0.1:{server.Endpoints[0].Port}", Patient.Client);
        Assert.That(await secured.CallAsync(Methods.Work, 1), Is.EqualTo(1));
        Assert.That(await plain.CallAsync(Methods.Work, 2), Is.EqualTo(2));
    }

    [Test]
    public void An_endpoint_without_a_certificate_is_refused_at_start() => Assert.That(
        async () => await ButlerServer.StartAsync("tls://127.0.0.1:0", _ => { }), Throws.ArgumentException.With.Message.Contain("names no certificate"));

    [Test]
    public async Task Plain_bytes_to_a_TLS_port_are_closed_and_others_are_served()
    {
        await using var server = await StartAsync(_authority.Issue("localhost").Options);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", server.Endpoints[0].Port);
        await socket.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
        await using var client = await ConnectAsync(server);
        Assert.That(await client.CallAsync(Methods.Work, 1), Is.EqualTo(1));
        Assert.That(await EndsAsync(socket));
    }

    [Test]
    public async Task A_handshake_that_the_other_side_resets_is_a_failure_to_connect()
    {
        var (dial, accepted) = await BeginAsync();
        accepted.LingerState = new LingerOption(true, 0);
        accepted.Dispose();
        Assert.That((await Assert.ThrowsAsync<IOException>(() => dial))!.Message, Does.Contain("the TLS handshake with 127.0.0.1:"));
    }

    [Test]
    public async Task A_handshake_that_is_given_up_is_cancelled_whatever_it_was_doing()
    {
        for (var i = 0; i < 20; i++)
        {
            using var source = new CancellationTokenSource();
            var (dial, accepted) = await BeginAsync(source.Token);
            using (accepted)
            {
                source.Cancel();
                await Assert.CatchAsync<OperationCanceledException>(() => dial);
            }
        }
    }

    // A connection to a server that has heard the beginning of a handshake, and says nothing.
    static async Task<(Task Dial, Socket Accepted)> BeginAsync(CancellationToken cancellationToken = default)
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var dial = new TlsTransport().DialAsync(ButlerEndpoint.Parse($"tls://{listener.LocalEndpoint}"), StandardPlatform.Shared, cancellationToken).AsTask();
        var accepted = await listener.AcceptSocketAsync();
        Assert.That(await accepted.ReceiveAsync(new byte[1]), Is.EqualTo(1));
        return (dial, accepted);
    }

    async Task<string> RefusalAsync(string options)
    {
        await using var server = await StartAsync(options);
        var refused = (await Assert.CatchAsync<ButlerException>(async () => await ConnectAsync(server)))!;
        Assert.That(refused.Status, Is.EqualTo(ButlerStatus.Unavailable));
        return refused.Message;
    }

    static Task<ButlerServer> StartAsync(string options, LogLines? log = null, Probe? probe = null) =>
        ButlerServer.StartAsync($"tls://127.0.0.1:0?{options}", s => s.Add(probe ?? new Probe()), Patient.Server with { LoggerFactory = log });

    Task<ButlerClient> ConnectAsync(ButlerServer server, string options = "", string name = "localhost") =>
        ButlerClient.ConnectAsync(
            $"tls://127.0.0.1:{server.Endpoints[0].Port}?name={name}&authorities={_authority.Path}{options}",
            Patient.OneAttempt);

    static async Task HandshakeAsync(ButlerServer server, SslProtocols protocols)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", server.Endpoints[0].Port);
        await using var stream = new SslStream(socket.GetStream(), false, (_, _, _, _) => true);
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = protocols });
        }
        catch (IOException)
        {
            // Who is refused at the end of a handshake may see the reset before that end.
        }
    }

    // A file that was written twice within the resolution of its time looks unchanged.
    static void Touch(string file) => File.SetLastWriteTimeUtc(file, File.GetLastWriteTimeUtc(file).AddSeconds(10));

    static async Task<bool> EndsAsync(Socket socket)
    {
        try
        {
            while (await socket.ReceiveAsync(new byte[100]) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // A reset is an end as well.
        }

        return true;
    }
}
