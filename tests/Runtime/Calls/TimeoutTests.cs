using ButlerRpc.Calls;
using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Calls;

/// <summary>The time of calls at its edges.</summary>
public class TimeoutTests
{
    static CallContext For(TimeSpan timeout) => new(new CallOptions { Timeout = timeout });

    [Test]
    public void Longest_timeout_there_is_does_not_end_the_call()
    {
        Simulation.RunMany(5, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            Assert.That(await client.CallAsync(Methods.Work, 1, For(TimeSpan.MaxValue)), Is.EqualTo(1));
            await client.DisposeAsync();
            await world.Server.DisposeAsync();
        });
    }

    [Test]
    public async Task Real_timer_takes_a_deadline_of_any_length()
    {
        using var clock = new SessionClock(ButlerRpc.Transport.StandardPlatform.Shared);
        clock.Arm(long.MaxValue - 1);
        await using var server = await ButlerServer.StartAsync("mem://longest", s => s.Add(new Probe()));
        await using var client = await ButlerClient.ConnectAsync("mem://longest");
        Assert.That(await client.CallAsync(Methods.Work, 1, For(TimeSpan.FromDays(60))), Is.EqualTo(1));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Nested_call_that_asks_for_no_deadline_has_what_is_left_of_its_callers(bool byOptions)
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            var left = new List<TimeSpan?>();
            var method = byOptions ? Methods.Work : new Method<int, int>
            {
                Service = Methods.Service, Name = "WorkAsync", Code = 2, Shape = MethodShape.Unary, Timeout = Timeout.InfiniteTimeSpan,
                RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
            };
            world.Probe.Work = async (value, context) => await context.Peer.CallAsync(method, value, byOptions ? context.With(Timeout.InfiniteTimeSpan) : context);
            await using var client = await world.ConnectAsync();
            client.Add(new Probe
            {
                Work = (value, context) =>
                {
                    left.Add(context.RemainingTime);
                    return new(value);
                },
            });
            await client.CallAsync(Methods.Work, 1, For(TimeSpan.FromSeconds(3)));
            Assert.That(left, Is.EqualTo(new TimeSpan?[] { TimeSpan.FromSeconds(3) }));
            await client.DisposeAsync();
            await world.Server.DisposeAsync();
        });
    }

    [Test]
    public void Options_of_a_proxy_that_the_next_ones_leave_open_stay()
    {
        Simulation.RunMany(5, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            (TimeSpan? Left, string? Tenant) seen = default;
            world.Probe.Work = (value, context) =>
            {
                seen = (context.RemainingTime, context.Metadata?["tenant"]);
                return new(value);
            };
            var first = new OptionsInvoker(client, new CallOptions { Timeout = TimeSpan.FromSeconds(2) });
            var second = new OptionsInvoker(first, new CallOptions { Metadata = new Metadata { { "tenant", "a" } } });
            await second.CallAsync(Methods.Work, 1);
            Assert.That(seen, Is.EqualTo((TimeSpan.FromSeconds(2), "a")));
            await client.DisposeAsync();
            await world.Server.DisposeAsync();
        });
    }
}
