using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Transport;

/// <summary>One server on listeners of every kind, and several servers in one process.</summary>
[CancelAfter(60_000)]
public sealed class SeveralServersTests
{
    readonly Authority _authority = new();

    [OneTimeTearDown]
    public void Delete() => _authority.Dispose();

    [Test]
    public async Task One_server_listens_on_endpoints_of_every_kind_and_stops_all_of_them()
    {
        var path = FreePath.Next();
        var probe = new Probe();
        var server = await ButlerServer.StartAsync(
            $"tcp://127.0.0.1:0, tcp://127.0.0.1:0?protocols=native+iproto, tls://127.0.0.1:0?{_authority.Issue("localhost").Options}, unix://{path}, mem://{path}, iproto://127.0.0.1:0",
            s => s.Add(probe), Patient.Server);
        var ports = server.Endpoints.Select(e => e.Port).ToArray();
        string[] ways =
        [
            $"tcp://127.0.0.1:{ports[0]}", $"iproto://127.0.0.1:{ports[1]}", $"tls://127.0.0.1:{ports[2]}?name=localhost&authorities={_authority.Path}",
            $"unix://{path}", $"mem://{path}", $"iproto://127.0.0.1:{ports[5]}",
        ];
        foreach (var (way, number) in ways.Select((w, i) => (w, i)))
        {
            await using var client = await ButlerClient.ConnectAsync(way, Patient.Client);
            Assert.That(await client.CallAsync(Methods.Work, number), Is.EqualTo(number), way);
        }

        Assert.That(probe.Started, Is.EqualTo(ways.Length));
        await server.DisposeAsync();
        foreach (var way in ways)
        {
            Assert.That(
                async () => await ButlerClient.ConnectAsync(way, Patient.OneAttempt),
                Throws.InstanceOf<ButlerException>(), way);
        }
    }

    [Test]
    public async Task An_endpoint_that_is_taken_leaves_none_of_the_others_open()
    {
        await using var first = await ButlerServer.StartAsync("tcp://127.0.0.1:0", s => s.Add(new Probe()));
        var path = FreePath.Next();
        Assert.That(
            async () => await ButlerServer.StartAsync($"unix://{path},{first.Endpoints[0]}", s => s.Add(new Probe())),
            Throws.InstanceOf<IOException>().With.Message.Contains($"{first.Endpoints[0]}"));
        Assert.That(File.Exists(path), Is.False);
    }

    [Test]
    public async Task Servers_in_one_process_share_neither_services_nor_limits_nor_their_end()
    {
        var (one, two) = (new Probe { Work = (value, _) => new(value + 1) }, new Probe { Work = (value, _) => new(value + 2) });
        var first = await ButlerServer.StartAsync("tcp://127.0.0.1:0", s => s.Add(one), new ButlerServerOptions { MaxConnections = 1 });
        await using var second = await ButlerServer.StartAsync("tcp://127.0.0.1:0", s => s.Add(two), new ButlerServerOptions { MaxConnections = 1 });
        await using var toFirst = await ButlerClient.ConnectAsync(first.Endpoints[0].ToString(), Patient.Client);
        await using var toSecond = await ButlerClient.ConnectAsync(second.Endpoints[0].ToString(), Patient.Client);
        Assert.That(await toFirst.CallAsync(Methods.Work, 0), Is.EqualTo(1));
        Assert.That(await toSecond.CallAsync(Methods.Work, 0), Is.EqualTo(2));
        Assert.That((first.SessionCount, second.SessionCount), Is.EqualTo((1, 1)));
        await first.DisposeAsync();
        Assert.That(await toSecond.CallAsync(Methods.Work, 0), Is.EqualTo(2));
    }
}
