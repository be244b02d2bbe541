using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ButlerRpc.Runtime.Tests.Transport;

/// <summary>A certificate authority in a folder of its own.</summary>
sealed class Authority : IDisposable
{
    const string ServerUse = "1.3.6.1.5.5.7.3.1";
    public const string ClientUse = "1.3.6.1.5.5.7.3.2";
    readonly string _folder = Directory.CreateTempSubdirectory("butler-tls-").FullName;
    readonly X509Certificate2 _certificate;
    int _issued;

#pragma warning disable RS0030 // Certificates are judged by the system's clock, whatever a test's clock says.
    static DateTimeOffset Now => DateTimeOffset.UtcNow;
#pragma warning restore RS0030

    public Authority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _certificate = request.CreateSelfSigned(Now.AddDays(-30), Now.AddDays(30));
        Path = System.IO.Path.Combine(_folder, "authority.pem");
        File.WriteAllText(Path, _certificate.ExportCertificatePem());
    }

    /// <summary>The file with its own certificate.</summary>
    public string Path { get; }

    public Issued Issue(string name, string use = ServerUse, int validDays = 10)
    {
        var files = System.IO.Path.Combine(_folder, $"{++_issued}");
        var issued = new Issued($"{files}.pem", $"{files}.key");
        Write(issued, name, use, validDays);
        return issued;
    }

    public void Write(Issued files, string name, string use = ServerUse, int validDays = 10)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], critical: false));
        var until = Now.AddDays(validDays);
        var serial = RandomNumberGenerator.GetBytes(8);
        using var certificate = request.Create(_certificate, until.AddDays(-20), until, serial);
        File.WriteAllText(files.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(files.Key, key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose()
    {
        _certificate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    public sealed record Issued(string Certificate, string Key)
    {
        public string Options => $"certificate={Certificate}&key={Key}";
    }
}
