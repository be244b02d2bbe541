using System.Net.Sockets;
using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;
using ButlerRpc.Transport;
using ButlerRpc.Transport.Tls;

namespace ButlerRpc.Runtime.Tests.Transport;

/// <summary>Several protocols on one port, told apart by the first bytes.</summary>
[CancelAfter(60_000)]
public sealed class PortSharingTests
{
    readonly Authority _authority = new();

    [OneTimeTearDown]
    public void Delete() => _authority.Dispose();

    [Test]
    public async Task Native_TLS_and_iproto_share_one_port()
    {
        await using var server = await StartAsync($"tls://127.0.0.1:0?protocols=tls+native+iproto&{_authority.Issue("localhost").Options}");
        var port = server.Endpoints[0].Port;
        string[] ways =
        [
            $"tcp://127.0.0.1:{port}", $"iproto://127.0.0.1:{port}",
            $"tls://127.0.0.1:{port}?name=localhost&authorities={_authority.Path}", $"tls://127.0.0.1:{port}?framing=iproto&name=localhost&authorities={_authority.Path}",
        ];
        foreach (var way in ways)
        {
            await using var client = await ButlerClient.ConnectAsync(way, Patient.Client);
            Assert.That(await client.CallAsync(Methods.Bytes, new byte[100_000]), Has.Length.EqualTo(100_000), way);
        }
    }

    [Test]
    public async Task Without_TLS_only_what_is_named_is_served()
    {
        await using var server = await StartAsync($"tls://127.0.0.1:0?protocols=tls+iproto&{_authority.Issue("localhost").Options}");
        var port = server.Endpoints[0].Port;
        await using var secured = await ButlerClient.ConnectAsync($"tls://127.0.0.1:{port}?name=localhost&authorities={_authority.Path}", Patient.Client);
        await using var legacy = await ButlerClient.ConnectAsync($"iproto://127.0.0.1:{port}", Patient.Client);
        Assert.That(await secured.CallAsync(Methods.Work, 1), Is.EqualTo(1));
        Assert.That(await legacy.CallAsync(Methods.Work, 2), Is.EqualTo(2));
        Assert.That(
            async () => await ButlerClient.ConnectAsync($"tcp://127.0.0.1:{port}", Patient.OneAttempt),
            Throws.InstanceOf<ButlerException>());
    }

    [Test]
    public void A_port_for_both_serves_both_however_the_bytes_are_cut() => Simulation.RunMany(50, async sim =>
    {
        await using var server = await ButlerServer.StartAsync("tcp://127.0.0.1:9000?protocols=native+iproto", s => s.Add(new Probe()), new ButlerServerOptions { Platform = sim.Platform });
        var options = new ButlerClientOptions { Platform = sim.Platform };
        await using var native = await ButlerClient.ConnectAsync("tcp://127.0.0.1:9000", options);
        await using var legacy = await ButlerClient.ConnectAsync("iproto://127.0.0.1:9000", options);
        Assert.That(await native.CallAsync(Methods.Echo, "native"), Is.EqualTo("native"));
        Assert.That(await legacy.CallAsync(Methods.Echo, "iproto"), Is.EqualTo("iproto"));
        Assert.That(server.SessionCount, Is.EqualTo(2));
    });

    [Test]
    public void Who_says_nothing_on_a_shared_port_is_closed_at_the_handshake_limit() => Simulation.RunMany(10, async sim =>
    {
        await using var server = await ButlerServer.StartAsync("tcp://127.0.0.1:9000?protocols=native+iproto", s => s.Add(new Probe()), new ButlerServerOptions { Platform = sim.Platform });
        var peer = await SimPeer.DialAsync(sim.Platform, "tcp://127.0.0.1:9000");
        Assert.That(await peer.ReadToEndAsync(), Is.Empty);
        Assert.That(sim.Time.Elapsed.TotalSeconds, Is.InRange(5, 5.2));
    });

    [Test]
    public void What_is_nobodys_is_closed_at_once_without_an_answer() => Simulation.RunMany(10, async sim =>
    {
        var log = new LogLines();
        var options = new ButlerServerOptions { Platform = sim.Platform, LoggerFactory = log, Protocols = [new Greeter()] };
        await using var server = await ButlerServer.StartAsync("tcp://127.0.0.1:9000?protocols=native+greeter", s => s.Add(new Probe()), options);
        var peer = await SimPeer.DialAsync(sim.Platform, "tcp://127.0.0.1:9000");
        await peer.OfferAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
        Assert.That(await peer.ReadToEndAsync(), Is.Empty);
        Assert.That(sim.Time.Elapsed.TotalSeconds, Is.LessThan(1));
        Assert.That(log.Lines.Select(l => l.Text), Has.Some.Contains("its first bytes, 47").And.Contain("are of no protocol of the endpoint"));
    });

    [Test]
    public void A_protocol_of_the_users_own_takes_its_connections_first() => Simulation.RunMany(20, async sim =>
    {
        var options = new ButlerServerOptions { Platform = sim.Platform, Protocols = [new Greeter()] };
        await using var server = await ButlerServer.StartAsync("tcp://127.0.0.1:9000?protocols=native+iproto+greeter", s => s.Add(new Probe()), options);
        var peer = await SimPeer.DialAsync(sim.Platform, "tcp://127.0.0.1:9000");
        await peer.SendAsync("BTLHELLO Ada."u8.ToArray());
        Assert.That(await peer.ReadToEndAsync(), Is.EqualTo("BTLHELLO Ada, welcome"u8.ToArray()));
        await using var native = await ButlerClient.ConnectAsync("tcp://127.0.0.1:9000", new ButlerClientOptions { Platform = sim.Platform });
        Assert.That(await native.CallAsync(Methods.Echo, "native"), Is.EqualTo("native"));
    });

    [Test]
    public void A_legacy_protocol_of_the_users_own_gets_what_nobody_takes() => Simulation.RunMany(20, async sim =>
    {
        var options = new ButlerServerOptions { Platform = sim.Platform, Protocols = [new Greeter(legacy: true)] };
        await using var server = await ButlerServer.StartAsync("tcp://127.0.0.1:9000?protocols=native+greeter", s => s.Add(new Probe()), options);
        var peer = await SimPeer.DialAsync(sim.Platform, "tcp://127.0.0.1:9000");
        await peer.SendAsync("\u0001\0\0\0 Ada."u8.ToArray());
        Assert.That(await peer.ReadToEndAsync(), Is.EqualTo("\u0001\0\0\0 Ada, welcome"u8.ToArray()));
    });

    [Test]
    public void Its_connections_count_among_those_of_the_server() => Simulation.RunMany(10, async sim =>
    {
        var options = new ButlerServerOptions { Platform = sim.Platform, Protocols = [new Greeter()], MaxConnections = 1 };
        await using var server = await ButlerServer.StartAsync("tcp://127.0.0.1:9000?protocols=native+greeter", s => s.Add(new Probe()), options);
        var first = await SimPeer.DialAsync(sim.Platform, "tcp://127.0.0.1:9000");
        await first.SendAsync("BTLHELLO"u8.ToArray());
        await sim.SettleAsync();
        var second = await SimPeer.DialAsync(sim.Platform, "tcp://127.0.0.1:9000");
        await second.OfferAsync("BTLHELLO Bob."u8.ToArray());
        Assert.That(await second.ReadToEndAsync(), Is.Empty, "there is one already");
        await first.SendAsync(" Ada."u8.ToArray());
        Assert.That(await first.ReadToEndAsync(), Is.EqualTo("BTLHELLO Ada, welcome"u8.ToArray()));
        await first.DisposeAsync();
        await sim.SettleAsync();
        var third = await SimPeer.DialAsync(sim.Platform, "tcp://127.0.0.1:9000");
        await third.SendAsync("BTLHELLO Eve."u8.ToArray());
        Assert.That(await third.ReadToEndAsync(), Is.EqualTo("BTLHELLO Eve, welcome"u8.ToArray()));
    });

    [Test]
    public void A_connection_that_cannot_be_disposed_of_gives_its_place_back_and_holds_no_stop_up() => Simulation.RunMany(5, async sim =>
    {
        var endpoint = ButlerEndpoint.Parse("tcp://127.0.0.1:9000?protocols=native+greeter");
        var log = new LogLines();
        var options = new ButlerServerOptions { Platform = sim.Platform, Protocols = [new Greeter()], LoggerFactory = log };
        var server = await ButlerServer.StartAsync(endpoint.ToString(), s => s.Add(new Probe()), options);
        server.Accept(new Undisposable(), PortProtocols.Of(endpoint, options.Protocols), endpoint);
        await sim.SettleAsync();
        Assert.That(server.Status.Connections, Is.Zero);
        Assert.That(log.Lines.Single(l => l.Id.Id == 42).Exception!.Message, Is.EqualTo("not now"));
        var begun = sim.Time.Elapsed;
        await server.DisposeAsync();
        Assert.That((sim.Time.Elapsed - begun).TotalSeconds, Is.LessThan(1));
    });

    [Test]
    public void Its_connections_are_told_that_the_server_stops_and_aborted_after_the_drain_time() => Simulation.RunMany(10, async sim =>
    {
        var greeter = new Greeter();
        var options = new ButlerServerOptions { Platform = sim.Platform, Protocols = [greeter], DrainTimeout = TimeSpan.FromSeconds(7) };
        var server = await ButlerServer.StartAsync("tcp://127.0.0.1:9000?protocols=native+greeter", s => s.Add(new Probe()), options);
        var peer = await SimPeer.DialAsync(sim.Platform, "tcp://127.0.0.1:9000");
        await peer.SendAsync("BTLHELLO"u8.ToArray());
        await sim.SettleAsync();
        var begun = sim.Time.Elapsed;
        await server.DisposeAsync();
        Assert.That(greeter.Stopped, Is.True);
        Assert.That((sim.Time.Elapsed - begun).TotalSeconds, Is.EqualTo(7).Within(0.01));
        await peer.ReadToEndAsync();
    });

    [TestCase("tcp://127.0.0.1:0?protocols=native+greeter+iproto", "two legacy protocols, greeter and iproto")]
    [TestCase("tcp://127.0.0.1:0?protocols=native+morse", "protocols=morse of the endpoint")]
    [TestCase("tcp://127.0.0.1:0?protocols=native+http", "UseButler of ButlerRpc.AspNetCore")]
    [TestCase("tcp://127.0.0.1:0?protocols=native+tls", "that takes tls://")]
    [TestCase("tls://127.0.0.1:0?protocols=native&certificate=a.pem", "does not name tls")]
    [TestCase("tcp://127.0.0.1:0?protocols=native&framing=iproto", "both framing and protocols")]
    public void What_cannot_be_served_is_an_error_at_start(string endpoint, string reason) => Assert.That(
        async () => await ButlerServer.StartAsync(endpoint, _ => { }, new ButlerServerOptions { Protocols = [new Greeter(legacy: true)] }),
        Throws.ArgumentException.With.Message.Contains(reason));

    [TestCase("native")]
    [TestCase("Morse")]
    [TestCase("")]
    public void A_protocol_of_a_name_that_is_taken_or_malformed_is_an_error_at_start(string name) => Assert.That(
        async () => await ButlerServer.StartAsync("tcp://127.0.0.1:0?protocols=native", _ => { }, new ButlerServerOptions { Protocols = [new Greeter(name: name)] }),
        Throws.ArgumentException.With.Message.Contains($"'{name}'"));

    [Test]
    public void Bytes_are_judged_as_the_wire_says()
    {
        Assert.That(OwnProtocol.Native.Match("BTL"u8), Is.EqualTo(ProtocolMatch.Undecided));
        Assert.That(OwnProtocol.Native.Match("BTLR"u8), Is.EqualTo(ProtocolMatch.Yes));
        Assert.That(OwnProtocol.Native.Match("BX"u8), Is.EqualTo(ProtocolMatch.No));
        Assert.That(OwnProtocol.Http.Match("PRI "u8), Is.EqualTo(ProtocolMatch.Yes));
        Assert.That(OwnProtocol.Http.Match("GET /"u8), Is.EqualTo(ProtocolMatch.Yes));
        Assert.That(OwnProtocol.Http.Match("OPT"u8), Is.EqualTo(ProtocolMatch.Undecided));
        Assert.That(OwnProtocol.Http.Match("get "u8), Is.EqualTo(ProtocolMatch.No));
    }

    static Task<ButlerServer> StartAsync(string endpoint) => ButlerServer.StartAsync(endpoint, s => s.Add(new Probe()), Patient.Server);

    /// <summary>Takes "BTLHELLO name." and gives it back with a welcome. Its beginning is nearly the native one's.</summary>
    /// <summary>Introduces itself and ends, but does not let itself be disposed of.</summary>
    sealed class Undisposable : Connection
    {
        byte[] _unread = "BTLHELLO Ada."u8.ToArray();

        public override string LocalAddress => "here";

        public override string RemoteAddress => "there";

        public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
        {
            var count = Math.Min(buffer.Length, _unread.Length);
            _unread.AsSpan(0, count).CopyTo(buffer.Span);
            _unread = _unread[count..];
            return new(count);
        }

        public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => default;

        public override void CloseWrite()
        {
        }

        public override void Abort()
        {
        }

        public override ValueTask DisposeAsync() => throw new InvalidOperationException("not now");
    }

    sealed class Greeter(bool legacy = false, string name = "greeter") : ButlerProtocol(name)
    {
        public override bool IsLegacy => legacy;

        public bool Stopped { get; private set; }

        public override ProtocolMatch Match(ReadOnlySpan<byte> first)
        {
            var magic = "BTLHELLO"u8;
            var common = Math.Min(first.Length, magic.Length);
            return !first[..common].SequenceEqual(magic[..common]) ? ProtocolMatch.No : common < magic.Length ? ProtocolMatch.Undecided : ProtocolMatch.Yes;
        }

        public override async Task ServeAsync(Connection connection, CancellationToken stopping)
        {
            using var registration = stopping.Register(() => Stopped = true);
            var bytes = new byte[100];
            var have = 0;
            while (have == 0 || bytes[have - 1] != '.')
                have += await connection.ReceiveAsync(bytes.AsMemory(have)) is > 0 and var received ? received : throw new IOException("cut");
            await connection.SendAsync(bytes.AsMemory(0, have - 1));
            await connection.SendAsync(", welcome"u8.ToArray());
        }
    }
}
