using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>Methods that hold their thread are found by their time, and their calls then run apart from those that came with them. The clock is moved by the test alone.</summary>
[CancelAfter(60_000)]
public sealed class ApartTests
{
    [Test]
    public Task Calls_of_a_method_that_holds_its_thread_do_not_hold_up_those_that_came_with_them() => RealServer.GuardAsync(new ButlerLimits(), async server =>
    {
        using var release = new ManualResetEventSlim();
        server.Probe.Run = (value, _) =>
        {
            if (value == 0)
                server.Time.Advance(TimeSpan.FromMilliseconds(5));
            else
                release.Wait();
            return default;
        };
        await using var peer = await server.OpenAsync();
        var generation = 1;
        for (; generation < 600; generation++)
        {
            await peer.SendAsync(Wire.Frame(Wire.Request, 0, Methods.Run.Code, Wire.CallId(0, generation), 0));
            await peer.ExpectFrameAsync(Wire.Reply);
        }

        await peer.SendAsync([
            .. Wire.Frame(Wire.Request, 0, Methods.Run.Code, Wire.CallId(0, generation), 1), .. Wire.Frame(Wire.Request, 0, Methods.Work.Code, Wire.CallId(1), 7)]);
        Assert.That((await peer.ExpectFrameAsync(Wire.Reply)).Call, Is.EqualTo(Wire.CallId(1)));
        release.Set();
        Assert.That((await peer.ExpectFrameAsync(Wire.Reply)).Call, Is.EqualTo(Wire.CallId(0, generation)));
    });

    [Test]
    public void Method_runs_apart_from_a_millisecond_on_average_and_comes_back_below_a_fifth_of_it()
    {
        var handler = new SilentHandler(Methods.Work);
        Feed(handler, microseconds: 900, times: 100);
        Assert.That(handler.RunsApart, Is.False);
        Feed(handler, microseconds: 1100, times: 100);
        Assert.That(handler.RunsApart, Is.True);
        Feed(handler, microseconds: 300, times: 100);
        Assert.That(handler.RunsApart, Is.True, "between the two it stays what it is");
        Feed(handler, microseconds: 100, times: 100);
        Assert.That(handler.RunsApart, Is.False);
    }

    [Test]
    public void Method_that_is_found_holding_its_thread_for_several_looks_runs_apart_and_one_look_makes_no_difference()
    {
        var handler = new SilentHandler(Methods.Work);
        handler.ObserveHolding();
        Assert.That(handler.RunsApart, Is.False, "a thread that was not running for a moment is no reason");
        for (var looks = 1; looks < 8; looks++)
            handler.ObserveHolding();
        Assert.That(handler.RunsApart, Is.True);
        Feed(handler, microseconds: 1, times: 20);
        Assert.That(handler.RunsApart, Is.False, "it comes back as those do that were timed");
    }

    static void Feed(MethodHandler handler, int microseconds, int times)
    {
        for (var i = 0; i < times; i++)
            handler.Observe(TimeSpan.FromMicroseconds(microseconds));
    }

    sealed class SilentHandler(Method method) : MethodHandler(method)
    {
        public override void Invoke(ServerCall call) => throw new NotSupportedException();
    }
}
