using System.Net.Sockets;
using System.Runtime.Versioning;
using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;
using ButlerRpc.Transport;
using ButlerRpc.Transport.Tls;

namespace ButlerRpc.Runtime.Tests.Transport;

public sealed class TcpSuiteTests : TransportSuite
{
    protected override ITransport Transport { get; } = new TcpTransport();

    protected override string ListenAt => "tcp://127.0.0.1:0?sendBuffer=65536&receiveBuffer=65536&noDelay=true";
}

public sealed class MemorySuiteTests : TransportSuite
{
    static int s_names;

    protected override ITransport Transport { get; } = new MemoryTransport();

    protected override string ListenAt => $"mem://suite{Interlocked.Increment(ref s_names)}";
}

public sealed class UnixSuiteTests : TransportSuite
{
    protected override ITransport Transport { get; } = new UnixTransport();

    protected override string ListenAt => $"unix://{FreePath.Next()}";

    [Test]
    [UnsupportedOSPlatform("windows")]
    [Platform(Exclude = "Win", Reason = "files have no such mode there")]
    public async Task The_file_has_the_mode_that_was_asked_for_and_goes_with_its_listener()
    {
        var path = FreePath.Next();
        var listener = await Transport.ListenAsync(ButlerEndpoint.Parse($"unix://{path}?mode=600"), StandardPlatform.Shared, default);
        Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        await listener.DisposeAsync();
        Assert.That(File.Exists(path), Is.False);
    }

    [Test]
    public async Task A_listener_leaves_the_file_alone_that_another_has_put_in_its_place()
    {
        var path = FreePath.Next();
        var endpoint = ButlerEndpoint.Parse($"unix://{path}");
        var first = await Transport.ListenAsync(endpoint, StandardPlatform.Shared, default);
        File.Delete(path);
        await using var second = await Transport.ListenAsync(endpoint, StandardPlatform.Shared, default);
        await first.DisposeAsync();
        await using var client = await Transport.DialAsync(endpoint, StandardPlatform.Shared, default);
        Assert.That(client.IsLocal);
    }

    [Test]
    public async Task A_listener_whose_folder_has_gone_is_closed_all_the_same()
    {
        var folder = Directory.CreateDirectory(FreePath.Next()).FullName;
        var listener = await Transport.ListenAsync(ButlerEndpoint.Parse($"unix://{folder}/socket"), StandardPlatform.Shared, default);
        Directory.Delete(folder, recursive: true);
        await listener.DisposeAsync();
        Assert.That(await listener.AcceptAsync(), Is.Null);
    }

    [Test]
    public async Task A_file_that_a_killed_server_has_left_is_replaced()
    {
        var path = FreePath.Next();
        using (var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            left.Bind(new UnixDomainSocketEndPoint(path + ".0"));
            File.Move(path + ".0", path); // else the socket would delete it, which a killed process does not
        }

        Assert.That(File.Exists(path));
        await using var listener = await Transport.ListenAsync(ButlerEndpoint.Parse($"unix://{path}"), StandardPlatform.Shared, default);
        await using var client = await Transport.DialAsync(listener.Endpoint, StandardPlatform.Shared, default);
        Assert.That(client.IsLocal);
    }

    [TestCase("")]
    [TestCase("what somebody needs")]
    public async Task A_file_that_is_no_socket_is_not_replaced(string content)
    {
        var path = FreePath.Next();
        await File.WriteAllTextAsync(path, content);
        Assert.That(
            async () => await Transport.ListenAsync(ButlerEndpoint.Parse($"unix://{path}"), StandardPlatform.Shared, default),
            Throws.InstanceOf<IOException>().With.Message.Contain(path).And.Message.Contain("no socket"));
        Assert.That(await File.ReadAllTextAsync(path), Is.EqualTo(content));
        File.Delete(path);
    }

    [Test]
    public void A_mode_that_is_none_is_refused_by_name() => Assert.That(
        () => Transport.ListenAsync(ButlerEndpoint.Parse($"unix://{FreePath.Next()}?mode=999"), StandardPlatform.Shared, default),
        Throws.ArgumentException.With.Message.Contain("mode=999"));
}

public sealed class TlsSuiteTests : TransportSuite
{
    readonly Authority _authority = new();

    protected override ITransport Transport { get; } = new TlsTransport();

    protected override string ListenAt => $"tls://127.0.0.1:0?{_authority.Issue("localhost").Options}";

    protected override string DialTo(ButlerEndpoint listening) => $"tls://127.0.0.1:{listening.Port}?name=localhost&authorities={_authority.Path}";

    [OneTimeTearDown]
    public void Delete() => _authority.Dispose();
}

public sealed class PipeSuiteTests : TransportSuite
{
    static int s_names;

    protected override ITransport Transport { get; } = new PipeTransport();

    protected override string ListenAt => $"pipe://suite{Interlocked.Increment(ref s_names)}";

    [Test]
    public void A_new_transport_is_a_class_of_less_than_150_lines() => Assert.That(
        File.ReadLines(Repository.Path("tests", "Runtime", "Transport", "PipeTransport.cs")).Count(), Is.LessThan(150));
}
