using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using ButlerRpc.RabbitMq.Tests.Support;
using ButlerRpc.Runtime.Tests.Transport;

namespace ButlerRpc.RabbitMq.Tests;

/// <summary>Endpoints amqps://, against a node behind an end of TLS.</summary>
[Parallelizable(ParallelScope.All)]
public class TlsTests
{
    [Test]
    public async Task Call_goes_over_TLS_with_a_certificate_that_is_trusted()
    {
        using var authority = new Authority();
        await using var place = await Place.OpenAsync(new RabbitMqOptions { Configure = f => f.Ssl.CertificateValidationCallback = (_, presented, _, _) => IsOf(authority, presented) });
        await using var end = new TlsEnd(place.Cluster.Nodes[0], authority.Issue("rabbit.test"));
        await place.ProvideAsync(new Ledger(), end.Of(place.Channel));
        var ledger = await place.CallAsync(end.Of(place.Channel));
        Assert.That((await ledger.BookAsync(new Entry(1))).Number, Is.EqualTo(1));
    }

    [Test]
    public async Task Certificate_that_nobody_vouches_for_is_refused()
    {
        using var authority = new Authority();
        await using var place = await Place.OpenAsync();
        await using var end = new TlsEnd(place.Cluster.Nodes[0], authority.Issue("127.0.0.1"));
        var failure = await Assert.ThrowsAsync<ButlerException>(() => place.CallAsync(end.Of(place.Channel)));
        failure!.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoSession);
        Assert.That(failure!.Message, Does.Contain("certificate").And.Not.Contains("guest"));
    }

    static bool IsOf(Authority authority, X509Certificate? presented)
    {
        using var root = X509Certificate2.CreateFromPem(File.ReadAllText(authority.Path));
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.Add(root);
        return presented is not null && chain.Build(new X509Certificate2(presented));
    }

    /// <summary>Speaks TLS on one side, and to a node on the other.</summary>
    sealed class TlsEnd : IAsyncDisposable
    {
        readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        readonly X509Certificate2 _certificate;
        readonly Uri _node;

        public TlsEnd(string node, Authority.Issued files)
        {
            _node = new Uri(node);
            _certificate = X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
            _listener.Start();
            _ = AcceptAsync();
        }

        public string Of(Guid channel) => $"amqps://{_node.UserInfo}@127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/?channel={channel}";

        public ValueTask DisposeAsync()
        {
            _listener.Stop();
            _certificate.Dispose();
            return default;
        }

        async Task AcceptAsync()
        {
            try
            {
                while (true)
                    _ = CarryAsync(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // It was disposed.
            }
        }

        async Task CarryAsync(TcpClient client)
        {
            using (client)
            using (var node = new TcpClient())
            await using (var encrypted = new SslStream(client.GetStream()))
            {
                try
                {
                    await encrypted.AuthenticateAsServerAsync(_certificate);
                    await node.ConnectAsync(_node.Host, _node.Port);
                    await Task.WhenAny(encrypted.CopyToAsync(node.GetStream()), node.GetStream().CopyToAsync(encrypted));
                }
                catch (Exception e) when (e is IOException or SocketException or System.Security.Authentication.AuthenticationException)
                {
                    // The client does not like the certificate, or has gone.
                }
            }
        }
    }
}
