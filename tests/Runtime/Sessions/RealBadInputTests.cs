using System.Net.Sockets;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>Bad input over real sockets, where a reset is a reset. A second client calls all the while and sees no failure. <see cref="BadInputTests"/> has all cases.</summary>
[CancelAfter(120_000)]
public sealed class RealBadInputTests
{
    static readonly byte[] Opening = [.. Wire.Preface, .. Wire.HelloFrame()];

    [Test]
    public Task Who_says_nothing_or_half_of_it_is_closed_at_the_handshake_limit() => GuardAsync(async server =>
    {
        foreach (var said in new byte[][] { [], "BTLR"u8.ToArray(), Wire.Preface, Opening[..20] })
        {
            using var socket = await server.DialAsync();
            var (begun, answer) = (server.Time.Elapsed, AttackAsync(socket, said));
            await server.PassAsync(answer);
            Assert.That(await answer, Is.SubsetOf(new[] { Wire.Goaway }));
            Assert.That(server.Time.Elapsed - begun, Is.AtLeast(TimeSpan.FromSeconds(5)));
        }
    });

    [Test]
    public Task Other_protocols_and_random_bytes_are_closed_and_not_answered() => GuardAsync(async server =>
    {
        Assert.That(await AttackAsync(server, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray()), Is.SubsetOf(new[] { Wire.Goaway }));
        Assert.That(await AttackAsync(server, [0x16, 0x03, 0x01, 0x02, 0, 1, 0, 1, 0xFC, 3, 3, .. new byte[64]]), Is.SubsetOf(new[] { Wire.Goaway }));
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var bytes = new byte[1 + random.Next(1024)];
            random.NextBytes(bytes);
            Assert.That(await AttackAsync(server, bytes, end: true), Is.SubsetOf(new[] { Wire.Goaway }), $"seed {seed}");
        }
    });

    [TestCase(0xFFFF_FFFFu)]
    [TestCase(0x8000_0000u)]
    [TestCase(65_521u)]
    public Task Frame_above_the_limit_is_refused_on_its_header(uint length) => GuardAsync(async server => Assert.That(
        await AttackAsync(server, [.. Opening, .. Wire.Header(length, Wire.Request, 0, 2, Wire.CallId(0))]), Is.SubsetOf(new[] { Wire.Welcome, Wire.Goaway })));

    [Test]
    public Task Body_that_is_never_sent_is_closed_after_the_grace() => GuardAsync(async server =>
    {
        await using var peer = await server.OpenAsync();
        var (session, begun, before) = (server.Attacked, server.Time.Elapsed, server.Attacked.Statistics.BytesReceived);
        var answer = peer.ReadToEndAsync();
        await peer.SendAsync(Wire.Header(1000, Wire.Request, 0, Methods.Run.Code, Wire.CallId(0)));
        await server.UntilAsync(() => session.Statistics.BytesReceived > before);
        await server.PassAsync(answer);
        Assert.That(WireFrame.ParseAll(await answer).Select(f => f.Kind), Is.SubsetOf(new[] { Wire.Goaway }));
        Assert.That(server.Time.Elapsed - begun, Is.AtLeast(TimeSpan.FromSeconds(5)));
    });

    [Test]
    public Task Body_that_is_dribbled_is_closed_by_its_rate() => GuardAsync(async server =>
    {
        await using var peer = await server.OpenAsync();
        var (session, begun, end) = (server.Attacked, server.Time.Elapsed, peer.ReadToEndAsync());
        await peer.SendAsync(Wire.Header(60_000, Wire.Request, 0, Methods.Run.Code, Wire.CallId(0)));
        for (var before = session.Statistics.BytesReceived; session.State == SessionState.Open; before = session.Statistics.BytesReceived)
        {
            await peer.OfferAsync(new byte[100]);
            await server.UntilAsync(() => session.Statistics.BytesReceived > before || session.State != SessionState.Open);
            server.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.That(WireFrame.ParseAll(await end).Select(f => f.Kind), Is.SubsetOf(new[] { Wire.Goaway }));
        Assert.That(server.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20)), "240 B/s after five seconds of grace");
    });

    [Test]
    public Task Request_cut_at_any_byte_by_FIN_or_RST_starts_no_handler() => GuardAsync(async server =>
    {
        byte[] all = [.. Opening, .. Wire.Frame(Wire.Request, Wire.Deadline, 4, Wire.CallId(0), [0x88, 0x13, 0, 0, 42])];
        for (var cut = 0; cut < all.Length; cut++)
        {
            Assert.That(await AttackAsync(server, all[..cut], end: true), Is.SubsetOf(new[] { Wire.Welcome, Wire.Goaway }));
            using var reset = await server.DialAsync();
            await reset.SendAsync(all.AsMemory(0, cut));
            reset.LingerState = new LingerOption(true, 0);
        }
    });

    /// <summary>Nothing of these attacks reaches RunAsync, which the canary does not call.</summary>
    static Task GuardAsync(Func<RealServer, Task> attack) => RealServer.GuardAsync(new ButlerLimits(), async server =>
    {
        await attack(server);
        Assert.That(server.Probe.Ran, Is.Zero);
    });

    static async Task<byte[]> AttackAsync(RealServer server, byte[] bytes, bool end = false)
    {
        using var socket = await server.DialAsync();
        return await AttackAsync(socket, bytes, end);
    }

    /// <summary>Sends bytes and reads to the end: the kinds of the frames that came back.</summary>
    static async Task<byte[]> AttackAsync(Socket socket, byte[] bytes, bool end = false)
    {
        var answer = new MemoryStream();
        try
        {
            await socket.SendAsync(bytes);
            if (end)
                socket.Shutdown(SocketShutdown.Send);
            var buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer) is > 0 and var received)
                answer.Write(buffer, 0, received);
        }
        catch (SocketException)
        {
            // A reset is an end as well.
        }

        return WireFrame.ParseAll(answer.ToArray()).Select(f => f.Kind).ToArray();
    }
}
