using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Limits;

/// <summary>Floods over real sockets, as hard as this machine can, beside a second connection that must not feel them.</summary>
public sealed class RealFloodTests
{
    static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);
    static readonly byte[] One = [1];

    [Test]
    public async Task Flood_of_cancelled_calls_is_closed_on_a_real_socket()
    {
        await using var attacked = await Attacked.StartAsync();
        var most = 0;
        var running = 0;
        attacked.Probe.Run = async (_, context) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        };
        var flood = Enumerable.Range(0, 1024).SelectMany(slot => (byte[])[.. Wire.Frame(Wire.Request, 0, 4, Wire.CallId(slot), One), .. Wire.Frame(Wire.Cancel, 0, 0, Wire.CallId(slot))]);
        await AssertClosedAsync(attacked, [.. flood], ButlerReason.Abuse);
        Assert.That(most, Is.LessThanOrEqualTo(1024));
    }

    [Test]
    public async Task Flood_of_calls_that_can_only_fail_is_closed_on_a_real_socket()
    {
        await using var attacked = await Attacked.StartAsync();
        await AssertClosedAsync(attacked, [.. Enumerable.Range(0, 1024).SelectMany(slot => Wire.Frame(Wire.Request, 0, 0x7777, Wire.CallId(slot), One))], ButlerReason.Abuse);
    }

    [Test]
    public async Task Flood_of_pings_and_of_empty_parts_is_closed_on_a_real_socket()
    {
        await using var attacked = await Attacked.StartAsync();
        await AssertClosedAsync(attacked, [.. Enumerable.Range(0, 1000).SelectMany(_ => Wire.Frame(Wire.Ping, 0, 0, 0, new byte[8]))], ButlerReason.Abuse);
        await AssertClosedAsync(
            attacked, [.. Wire.Frame(Wire.Request, Wire.Total | Wire.More, 6, Wire.CallId(0), [100, 0, 0, 0, 1]), .. Enumerable.Range(0, 1000).SelectMany(_ => Wire.Frame(Wire.Request, Wire.More, 6, Wire.CallId(0)))],
            ButlerReason.ProtocolViolation);
    }

    [Test]
    public async Task Large_replies_that_nobody_reads_are_bounded_on_a_real_socket()
    {
        const int Mebibyte = 1 << 20;
        await using var attacked = await Attacked.StartAsync(new ButlerLimits { SendStallTimeout = TimeSpan.FromSeconds(1) });
        attacked.Probe.Bytes = (_, _) => new(new byte[Mebibyte]);
        await using var peer = await attacked.DialAsync();
        await peer.OpenAsync();
        var session = attacked.Server.Sessions.MaxBy(s => s.Statistics.BytesReceived is var bytes ? -bytes : 0)!;
        await peer.SendAsync([.. Enumerable.Range(0, 200).SelectMany(slot => Wire.Frame(Wire.Request, 0, 6, Wire.CallId(slot), 0xC4, 0))]);
        long most = 0;
        while (!session.Closed.IsCompleted)
        {
            most = Math.Max(most, session.QueuedBytes);
            await Task.Delay(1);
        }

        await session.Closed.WaitAsync(Guard);
        Assert.That(session.CloseReason!.Reason, Is.EqualTo(ButlerReason.SlowPeer));
        Assert.That(most, Is.InRange(Mebibyte, (2 * Mebibyte) + (256 * 1024)));
    }

    static async Task AssertClosedAsync(Attacked attacked, byte[] flood, ButlerReason reason)
    {
        var answer = WireFrame.ParseAll(await attacked.SendAsync([.. Wire.Preface, .. Wire.HelloFrame(), .. flood]));
        // Behind a reset the last words of the server may be lost.
        Assert.That(answer.Where(f => f.Kind == Wire.Goaway).Select(f => (ButlerReason)f.Code), Is.SubsetOf(new[] { reason }));
    }
}
