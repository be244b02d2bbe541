using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;
using ButlerRpc.Runtime.Tests.Transport;

namespace ButlerRpc.Samples.Tests;

/// <summary>What sslscan, which speaks every version and suite there is, can agree on with a server.</summary>
[CancelAfter(120_000)]
sealed partial class TlsScanTests
{
    [Test]
    public async Task A_server_agrees_on_TLS_1_3_and_on_1_2_with_authenticated_encryption_only()
    {
        using var authority = new Authority();
        using var server = SampleProcess.Start("Orders.Server", "--stop-with-input", "true", "--listen", $"tls://127.0.0.1:0?{authority.Issue("localhost").Options}");
        var port = Port().Match(await server.LineAsync("ready on")).Groups[1].Value;

        var report = await ScanAsync($"127.0.0.1:{port}");

        var agreed = Suite().Matches(report).Select(m => (Version: m.Groups[1].Value, Name: m.Groups[2].Value)).ToArray();
        Assert.That(agreed.Select(s => s.Version).Distinct(), Is.EquivalentTo(new[] { "TLSv1.2", "TLSv1.3" }), report);
        Assert.That(
            agreed.Where(s => s.Version == "TLSv1.2").Select(s => s.Name),
            Has.All.StartsWith("ECDHE-").And.All.Match("-GCM-|CHACHA20-POLY1305"), "forward secrecy and authenticated encryption");
        Assert.That(agreed.Where(s => s.Version == "TLSv1.3").Select(s => s.Name), Is.SubsetOf(new[] { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256" }));
        foreach (var old in new[] { "SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1" })
            Assert.That(report, Does.Match($@"(?m)^{Regex.Escape(old)}\s+disabled"));
        server.CloseInput();
        Assert.That((await server.ResultAsync()).ExitCode, Is.Zero);
    }

    static async Task<string> ScanAsync(string address)
    {
        try
        {
            using var scan = Process.Start(new ProcessStartInfo("sslscan", ["--no-colour", address]) { RedirectStandardOutput = true })!;
            var report = await scan.StandardOutput.ReadToEndAsync();
            await scan.WaitForExitAsync();
            return report;
        }
        catch (Win32Exception e)
        {
            if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
                Assert.Fail($"sslscan is missing: {e.Message}");
            Assert.Ignore($"sslscan is missing: {e.Message}");
            throw;
        }
    }

    [GeneratedRegex(@"tls://127\.0\.0\.1:(\d+)")]
    private static partial Regex Port();

    [GeneratedRegex(@"(?m)^(?:Preferred|Accepted)\s+(\S+)\s+\d+ bits\s+(\S+)")]
    private static partial Regex Suite();
}
