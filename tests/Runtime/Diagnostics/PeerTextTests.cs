using System.Net.Sockets;
using System.Text;
using ButlerRpc.Calls;
using ButlerRpc.Client;
using ButlerRpc.Diagnostics;
using ButlerRpc.Runtime.Tests.Client;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Runtime.Tests.Diagnostics;

/// <summary>No peer can write lines of its own into a log, or fill it.</summary>
public class PeerTextTests
{
    const string Hostile = "a\n2026-11-25 [ERR] \u001b[31mforged\u202e";
    const byte Bind = 0x03;
    const byte Schema = 0x04;

    static readonly Method<int, int> Shaped = new()
    {
        Service = Methods.Service, Name = "ShapedAsync", Code = 2, Shape = MethodShape.Unary, ShapeHash = 77,
        ContractLines = ["method Tests.IProbe.ShapedAsync code 2 unary", "method Tests.IProbe.ShapedAsync request int32", "method Tests.IProbe.ShapedAsync result Tests.Node", "message Tests.Node array", "message Tests.Node field 0 Next Tests.Node?"],
        RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
    };

    [TestCase("plain", "plain")]
    [TestCase("zwölf Boxkämpfer 🥊", "zwölf Boxkämpfer 🥊")]
    [TestCase(Hostile, @"a\n2026-11-25 [ERR] \u001B[31mforged\u202E")]
    [TestCase("\r\t\0\u2028\u200b\U000E0001", @"\r\t\u0000\u2028\u200B\U000E0001")]
    public void Text_is_shown_on_one_line_as_it_reads(string text, string shown)
    {
        Assert.That(PeerText.Of(text), Is.EqualTo(shown));
        Assert.That($"{(LogReason)text}", Is.EqualTo(shown));
    }

    [Test]
    public void Long_text_is_cut_and_half_a_character_replaced()
    {
        Assert.That(PeerText.Of("half \ud83e"), Is.EqualTo("half \ufffd"));
        Assert.That(PeerText.Of(new string('x', 64)), Is.EqualTo(new string('x', 64)));
        Assert.That(PeerText.Of(new string('x', 65)), Is.EqualTo(new string('x', 63) + "…"));
        Assert.That(PeerText.Of(new string('\n', 1000)), Is.EqualTo(string.Concat(Enumerable.Repeat(@"\n", 31)) + "…"));
        Assert.That(PeerText.Reason(new string('x', 100_000)), Has.Length.EqualTo(PeerText.MostOfReason));
        Assert.That(PeerText.Of(new string('\n', 33)), Has.Length.LessThanOrEqualTo(PeerText.MostOfPeer));
    }

    [Test]
    public void Names_in_the_contract_of_a_peer_are_shown_cut_and_on_one_line()
    {
        Simulation.Run(1, async sim =>
        {
            var failure = await MismatchAsync(sim, "method Tests.IProbe.ShapedAsync code 2 unary", "method Tests.IProbe.ShapedAsync request string\u001b[31m\r" + new string('z', 2000));
            Assert.That(failure.Reason, Is.EqualTo(ButlerReason.ContractMismatch));
            Assert.That(failure.Message, Does.Contain(@"string\u001B[31m\rzzz").And.Length.LessThan(640));
        });
    }

    // A thread of a pool may have a stack of half a mebibyte, and one that overflows ends the process. What is read within what is read costs the square of its depth besides.
    [TestCase(false)]
    [TestCase(true)]
    public void Contract_of_a_peer_that_is_nested_as_deeply_as_a_frame_allows_is_judged_on_a_small_stack(bool ofMessages)
    {
        const string Method = "method T.I.ShapedAsync";
        string[] lines = ofMessages
            ? [$"{Method} code 2 unary", $"{Method} request int32", $"{Method} result N0", .. Enumerable.Range(0, 1100).SelectMany(n => new[] { $"message N{n} array", $"message N{n} field 0 Next N{n + 1}?" })]
            : [$"{Method} code 2 unary", $"{Method} request {string.Concat(Enumerable.Repeat("list<", 9000))}int32{new string('>', 9000)}"];
        var (obstacles, allocated) = (Array.Empty<string>(), 0L);
        var judge = new Thread(
            () =>
            {
                obstacles = [.. ButlerRpc.Contracts.MethodReading.Obstacles(Shaped.ContractLines, lines)];
                allocated = GC.GetAllocatedBytesForCurrentThread();
            },
            maxStackSize: 256 << 10);
        judge.Start();
        judge.Join();
        Assert.That(obstacles, Is.Not.Empty);
        Assert.That(allocated, Is.LessThan(16 << 20));
    }

    [Test]
    public void Words_of_a_failed_one_way_call_are_logged_on_one_line()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Note = (_, _) => throw new ButlerException(ButlerStatus.NotFound, Hostile);
            await using var client = await world.ConnectAsync();
            await client.SendAsync(Methods.Note, 1);
            await sim.DelayAsync(TimeSpan.FromMilliseconds(50));
            Assert.That(world.Log.Lines.Single(l => l.Id.Id == 9).Text, Is.EqualTo(@"A one-way call of Tests.IProbe.Note failed: a\n2026-11-25 [ERR] \u001B[31mforged\u202E"));
        });
    }

    [Test]
    public void Words_of_a_resolver_and_of_a_transport_are_told_on_one_line()
    {
        Simulation.Run(1, async sim =>
        {
            var log = new LogLines();
            await using var client = ButlerClient.Open(
                new BrokenResolver(), new ButlerClientOptions { Platform = sim.Platform, LoggerFactory = log, SessionTimeout = TimeSpan.FromMilliseconds(10) });
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            Assert.That(failure.Message, Does.EndWith(@"the last attempt said: a\n2026-11-25 [ERR] \u001B[31mforged\u202E"));
            Assert.That(log.Lines.Select(l => l.Text), Is.Not.Empty.And.All.Matches<string?>(IsOneLine));
        });
    }

    [Test]
    public async Task Path_that_a_client_has_bound_its_socket_to_is_logged_cut_and_on_one_line()
    {
        var folder = Directory.CreateDirectory(Path.Combine(FreePath.Folder, $"butler-{Guid.NewGuid():N}"[..16]));
        try
        {
            var log = new LogLines();
            await using var server = await ButlerServer.StartAsync(
                $"unix://{folder.FullName}/server", s => s.Add(new Probe()), new ButlerServerOptions { LoggerFactory = log });
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint($"{folder.FullName}/\u001b[31m\nforged{new string('x', 40)}"));
            await socket.ConnectAsync(new UnixDomainSocketEndPoint($"{folder.FullName}/server"));
            await socket.SendAsync("HTTP/1.1 is not spoken here"u8.ToArray());
            await log.SaysAsync("has ended");
            Assert.That(log.Lines.Single(l => l.Id.Id == 3).Text, Does.Contain("unix://").And.Contains(@"\u001B[31m\n").And.Contains("…"));
            Assert.That(log.Lines.Select(l => l.Text), Is.All.Matches<string?>(IsOneLine));
            Assert.That(log.Lines.Single(l => l.Id.Id == 2).Level, Is.EqualTo(LogLevel.Debug), "a stranger's");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public void Peer_that_was_let_in_and_breaks_the_protocol_is_a_warning()
    {
        Simulation.Run(1, async sim =>
        {
            var raw = await RawSession.AcceptsAsync(sim);
            await raw.Peer.SendAsync(Wire.HelloFrame());
            await raw.Session.Closed;
            Assert.That(raw.Log.Lines.Single(l => l.Id.Id == 2).Level, Is.EqualTo(LogLevel.Warning));
        });
    }

    [Test]
    public void Flood_of_one_way_messages_that_nobody_serves_ends_the_session_before_it_fills_the_log()
    {
        Simulation.Run(1, async sim =>
        {
            var raw = await RawSession.AcceptsAsync(sim);
            var flood = Enumerable.Range(0, 1000).SelectMany(_ => Wire.Frame(Wire.Notify, 0, 0x7777, 0, 1)).ToArray();
            for (var i = 0; i < 10 && raw.Session.State == SessionState.Open; i++)
            {
                await raw.Peer.SendAsync(flood);
                await sim.SettleAsync();
            }

            Assert.That(raw.Session.CloseReason!.Reason, Is.EqualTo(ButlerReason.Abuse));
            Assert.That(raw.Log.Lines.Count(l => l.Id.Id == 9), Is.InRange(500, 2000));
        });
    }

    static async Task<ButlerException> MismatchAsync(Simulation sim, params string[] theirs)
    {
        var raw = await RawSession.DialsAsync(sim);
        raw.Session.Announce(Shaped.Service, [Shaped]);
        var call = raw.Session.CallAsync(Shaped, 1);
        await raw.Peer.ExpectFrameAsync(Bind);
        var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
        await raw.Peer.SendAsync(Wire.Frame(
            Schema, 0, 0, 0, [.. Wire.Blob(Encoding.UTF8.GetBytes(Shaped.Service)), .. Wire.U32(2), .. Wire.U16((ushort)theirs.Length), .. theirs.SelectMany(l => Wire.Blob(Encoding.UTF8.GetBytes(l)))]));
        await raw.Peer.SendAsync(Wire.ErrorFrame(request.Call, 9, 1, 13, "another shape"));
        return await Failing.OfAsync(call);
    }

    static bool IsOneLine(string? text) => !text!.Any(c => char.IsControl(c) || c == '\u202e');

    sealed class BrokenResolver : IEndpointResolver
    {
        public async IAsyncEnumerable<IReadOnlyList<Platform.ButlerEndpoint>> WatchAsync(
            Platform.ButlerPlatform platform, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            if (platform is not null)
                throw new InvalidOperationException(Hostile);
            yield break;
        }
    }
}
