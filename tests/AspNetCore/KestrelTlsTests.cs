using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using ButlerRpc.Contracts.External;
using ButlerRpc.Runtime.Tests.Transport;
using ButlerRpc.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace ButlerRpc.AspNetCore.Tests;

[CancelAfter(60_000)]
public sealed class KestrelTlsTests
{
    readonly Authority _authority = new();

    [OneTimeTearDown]
    public void Delete() => _authority.Dispose();

    [Test]
    public async Task Calls_and_HTTPS_share_one_port_and_a_clients_certificate_is_its_principal()
    {
        bool? encrypted = null;
        await using var host = await WebHost.StartAsync(
            o => o.Options = o.Options with
            {
                Authenticator = (credentials, _) =>
                {
                    encrypted = credentials.IsEncrypted;
                    return new(new System.Security.Claims.ClaimsPrincipal(new System.Security.Claims.ClaimsIdentity("token")));
                },
            },
            listen => Secure(listen).UseButler("native+http"));
        await using (var client = await ConnectAsync(host, "&" + _authority.Issue("alice", Authority.ClientUse).Options))
            await client.Create<IEcho>().EchoAsync(new Text("a"));
        using var http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false, SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        });

        Assert.That(encrypted, Is.True);
        Assert.That(await http.GetStringAsync($"https://localhost:{host.Port}/from"), Does.EndWith("from 127.0.0.1"));
    }

    [Test]
    public async Task A_clients_certificate_is_its_principal()
    {
        await using var host = await WebHost.StartAsync(null, listen => Secure(listen).UseButler());
        await using var alice = await ConnectAsync(host, "&" + _authority.Issue("alice", Authority.ClientUse).Options);
        await using var nobody = await ConnectAsync(host);

        Assert.That((await alice.Create<IWho>().WhoAsync(new Text(""))).Value, Is.EqualTo("alice"));
        Assert.That((await nobody.Create<IWho>().WhoAsync(new Text(""))).Value, Is.EqualTo("nobody"));
    }

    [Test]
    public async Task Calls_in_flight_end_when_the_host_stops()
    {
        await using var host = await WebHost.StartAsync(null, listen => Secure(listen).UseButler());
        await using var client = await ConnectAsync(host);
        var inFlight = client.Create<IEcho>().EchoAsync(new Text("wait")).AsTask();
        await host.Echo.Waits.Task;
        var stopping = host.StopAsync();
        host.Echo.Go.SetResult();

        Assert.That((await inFlight).Value, Is.EqualTo("wait"));
        await stopping;
    }

    ListenOptions Secure(ListenOptions listen)
    {
        var files = _authority.Issue("localhost");
        using var pem = X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
        return listen.UseHttps(X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null), https =>
        {
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            https.ClientCertificateValidation = (certificate, _, _) => certificate.Issuer == "CN=Test authority";
            https.AllowButler();
        });
    }

    Task<ButlerClient> ConnectAsync(WebHost host, string options = "") => ButlerClient.ConnectAsync(
        $"tls://127.0.0.1:{host.Port}?name=localhost&authorities={_authority.Path}{options}", Patient.Client);
}
