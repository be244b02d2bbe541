using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Limits;

public sealed class AbuseTests
{
    static readonly byte[] One = [1];

    [Test]
    public void Calls_that_are_cancelled_at_once_end_the_session_as_abuse_within_a_second()
    {
        Canary.Guards(3, world => FloodAsync(world, i => [
            .. Wire.Frame(Wire.Request, 0, 4, Wire.CallId(i % 64, 1 + (i / 64)), One), .. Wire.Frame(Wire.Cancel, 0, 0, Wire.CallId(i % 64, 1 + (i / 64)))]));
    }

    [Test]
    public void Calls_that_can_only_fail_end_the_session_as_abuse_within_a_second()
    {
        Canary.Guards(3, world => FloodAsync(world, i => Wire.Frame(Wire.Request, 0, 0x7777, Wire.CallId(i % 64, 1 + (i / 64)), One)));
    }

    [Test]
    public void Calls_that_are_cancelled_among_as_many_that_end_are_no_abuse()
    {
        Canary.Guards(3, async world =>
        {
            var peer = await world.OpenRawAsync();
            for (var i = 0; i < 3000; i++)
            {
                await peer.OfferAsync([
                    .. Wire.Frame(Wire.Request, 0, 2, Wire.CallId(0, 1 + i), One),
                    .. Wire.Frame(Wire.Request, 0, 4, Wire.CallId(1, 1 + i), One), .. Wire.Frame(Wire.Cancel, 0, 0, Wire.CallId(1, 1 + i))]);
                for (var answers = 0; answers < 2; answers++)
                    Assert.That((await peer.ReadFrameAsync())?.Kind, Is.EqualTo(Wire.Reply).Or.EqualTo(Wire.Error), $"answer to pair {i}");
            }

            await peer.DisposeAsync();
        });
    }

    [Test]
    public void Pings_in_a_flood_end_the_session_as_abuse()
    {
        Canary.Guards(5, async world =>
        {
            var peer = await world.OpenRawAsync();
            for (var i = 0; i < 5; i++)
                await peer.OfferAsync(Wire.Frame(Wire.Ping, 0, 0, 0, new byte[8]));
            Assert.That(Reason(await peer.ReadToEndAsync()), Is.EqualTo(ButlerReason.Abuse));
        });
    }

    [Test]
    public void A_ping_a_second_is_no_abuse()
    {
        Canary.Guards(3, async world =>
        {
            var peer = await world.OpenRawAsync();
            for (var i = 0; i < 30; i++)
            {
                await peer.SendAsync(Wire.Frame(Wire.Ping, 0, 0, 0, new byte[8]));
                await peer.ExpectFrameAsync(Wire.Pong);
                await world.Sim.DelayAsync(TimeSpan.FromSeconds(1));
            }

            await peer.DisposeAsync();
        });
    }

    // Slots are used in turn, each answered before it is used again, as a peer that keeps to the protocol does.
    static async Task FloodAsync(World world, Func<int, byte[]> call)
    {
        var peer = await world.OpenRawAsync();
        var began = world.Sim.Time.Milliseconds;
        var frames = new List<WireFrame>();
        for (var i = 0; i < 2000 && !frames.Exists(f => f.Kind == Wire.Goaway); i++)
        {
            await peer.OfferAsync(call(i));
            try
            {
                if (await peer.ReadFrameAsync() is not { } frame)
                    break;
                frames.Add(frame);
            }
            catch (IOException)
            {
                break;
            }
        }

        var goaway = frames.Find(f => f.Kind == Wire.Goaway);
        Assert.That(goaway?.Code, Is.EqualTo((uint)ButlerReason.Abuse));
        Assert.That(frames, Has.Count.InRange(490, 620));
        Assert.That(world.Sim.Time.Milliseconds - began, Is.LessThan(1000));
        await peer.ReadToEndAsync();
    }

    static ButlerReason Reason(byte[] rest) => (ButlerReason)WireFrame.ParseAll(rest).Single(f => f.Kind == Wire.Goaway).Code;
}
