using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace ButlerRpc.Transport.Tls;

/// <summary>Says what is wrong with a certificate, in the words of whoever has to mend it.</summary>
static class TlsFault
{
    /// <summary>Null: nothing is wrong.</summary>
    public static string? Of(SslPolicyErrors errors, X509Chain? chain, string who, string? expectedName)
    {
        if (errors == SslPolicyErrors.None)
            return null;
        if ((errors & SslPolicyErrors.RemoteCertificateNotAvailable) != 0)
            return $"{who} sent no certificate";
        var faults = new List<string>();
        var states = chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, s) => all | s.Status) ?? X509ChainStatusFlags.NoError;
        if ((states & X509ChainStatusFlags.NotTimeValid) != 0)
            faults.Add("it has expired or is not valid yet");
        if ((states & X509ChainStatusFlags.NotValidForUsage) != 0)
            faults.Add("it is not meant for this use (extended key usage)");
        if ((states & (X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid)) != 0)
            faults.Add($"its authority is not known here; the option {(expectedName is null ? "clients" : "authorities")} of the endpoint names those that are to be trusted");
        if ((states & X509ChainStatusFlags.Revoked) != 0)
            faults.Add("it was revoked");
        if ((errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0)
            faults.Add($"it is not made out to {expectedName}");
        if (faults.Count == 0)
            faults.Add(string.Join("; ", chain?.ChainStatus.Select(s => s.StatusInformation.Trim()) ?? []));
        return $"the certificate of {who} is refused: {string.Join(", ", faults)}";
    }
}
