using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ButlerRpc.Transport.Tls;

/// <summary>
/// A certificate with its key, in PEM files that may be replaced at any time: each handshake looks whether they have changed. While what is there cannot be
/// read (half written, say), the one before goes on to be used.
/// </summary>
sealed class CertificateFile
{
    readonly Lock _gate = new();
    readonly string _certificate;
    readonly string _key;
    (DateTime Certificate, DateTime Key) _written;
    X509Certificate2 _current;
    X509Certificate2Collection _chain = [];

    /// <exception cref="IOException">The files cannot be read.</exception>
    public CertificateFile(string certificate, string key)
    {
        (_certificate, _key) = (certificate, key);
        _written = Written();
        _current = Load(out _chain);
    }

    /// <summary>The certificate to use now, and the others of its file, which lead to its authority.</summary>
    public X509Certificate2 Get(out X509Certificate2Collection chain)
    {
        lock (_gate)
        {
            var written = Written();
            if (written != _written)
            {
                try
                {
                    _current = Load(out _chain);
                    _written = written;
                }
                catch (IOException)
                {
                    // Looked at again at the next handshake; the old one is good until then.
                }
            }

            chain = _chain;
            return _current;
        }
    }

    (DateTime Certificate, DateTime Key) Written() => (File.GetLastWriteTimeUtc(_certificate), File.GetLastWriteTimeUtc(_key));

    X509Certificate2 Load(out X509Certificate2Collection chain)
    {
        try
        {
            var certificate = X509Certificate2.CreateFromPemFile(_certificate, _key);
            chain = [];
            chain.ImportFromPemFile(_certificate);
            if (chain.Count > 0)
                chain.RemoveAt(0);
            return certificate;
        }
        catch (Exception e) when (e is CryptographicException or UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"the certificate {_certificate} with the key {_key} cannot be read: {e.Message}", e);
        }
    }
}
