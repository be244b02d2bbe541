using ButlerRpc.Platform;
using ButlerRpc.Transport;

namespace ButlerRpc.Runtime.Tests.Transport;

/// <summary>What systemd says of the sockets it hands over. That they work is tested with a real process in tests/Samples.</summary>
public sealed class PassedSocketsTests
{
    const int Me = 77;

    [TestCase("systemd://a", null, "77", "a", "was given no sockets")]
    [TestCase("systemd://a", "1", "78", "a", "meant for the process 78")]
    [TestCase("systemd://a", "1", null, "a", "meant for the process ")]
    [TestCase("systemd://a", "many", "77", "a", "LISTEN_FDS=many")]
    [TestCase("systemd://c", "2", "77", "a:b", "there are: a, b")]
    [TestCase("systemd://a", "2", "77", null, "there are: unknown, unknown")]
    [TestCase("systemd://a", "2", "77", "a:a", "choose one by ?index=0 to 1")]
    [TestCase("systemd://a?index=2", "2", "77", "a:a", "beyond the last one, 1")]
    public void A_socket_that_is_not_there_is_refused_with_the_reason(string endpoint, string? count, string? process, string? names, string reason)
    {
        var variables = new Dictionary<string, string?> { ["LISTEN_FDS"] = count, ["LISTEN_PID"] = process, ["LISTEN_FDNAMES"] = names };
        var transport = new SystemdTransport(new PassedSockets(variables.GetValueOrDefault, Me));
        Assert.That(
            async () => await transport.ListenAsync(ButlerEndpoint.Parse(endpoint), StandardPlatform.Shared, default),
            Throws.InstanceOf<IOException>().With.Message.Contains(reason).And.Message.Contains($"cannot listen on {endpoint}"));
    }

    [Test]
    public void A_malformed_index_is_refused_by_name() => Assert.That(
        async () => await new SystemdTransport().ListenAsync(ButlerEndpoint.Parse("systemd://a?index=first"), StandardPlatform.Shared, default),
        Throws.ArgumentException.With.Message.Contains("index=first"));

    [Test]
    public void It_cannot_be_dialled() => Assert.That(
        async () => await new SystemdTransport().DialAsync(ButlerEndpoint.Parse("systemd://a"), StandardPlatform.Shared, default),
        Throws.InstanceOf<IOException>().With.Message.Contains("is for listening"));

    [Test]
    public void An_endpoint_without_a_name_is_malformed() => Assert.That(() => ButlerEndpoint.Parse("systemd://"), Throws.ArgumentException.With.Message.Contains("FileDescriptorName"));
}
