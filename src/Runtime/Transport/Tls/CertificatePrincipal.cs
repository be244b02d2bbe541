using System.Security.Claims;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ButlerRpc.Transport.Tls;

/// <summary>Who has shown a certificate: named by the subject, with its DNS names and SHA-256 thumbprint as claims.</summary>
static class CertificatePrincipal
{
    public static ClaimsPrincipal Of(X509Certificate2 certificate)
    {
        var claims = new List<Claim>
        {
            new(ClaimTypes.Name, certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)),
            new(ClaimTypes.X500DistinguishedName, certificate.Subject),
            new(ClaimTypes.Thumbprint, certificate.GetCertHashString(HashAlgorithmName.SHA256)),
        };
        foreach (var extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
            claims.AddRange(extension.EnumerateDnsNames().Select(n => new Claim(ClaimTypes.Dns, n)));
        return new ClaimsPrincipal(new ClaimsIdentity(claims, "TLS"));
    }
}
