using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Simulated;

public class VirtualTimeTests
{
    [Test]
    public void Timers_run_when_the_clock_passes_them_in_the_order_of_their_due_times()
    {
        var time = new VirtualTime();
        var ran = new List<int>();
        foreach (var due in new[] { 30, 10, 20 })
            time.CreateTimer(_ => ran.Add(due), null, TimeSpan.FromMilliseconds(due), Timeout.InfiniteTimeSpan);
        time.Advance(TimeSpan.FromMilliseconds(20));
        Assert.That(ran, Is.EqualTo(new[] { 10, 20 }));
        time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.That(ran, Is.EqualTo(new[] { 10, 20, 30 }));
    }

    [Test]
    public void Period_repeats()
    {
        var time = new VirtualTime();
        var ran = 0;
        using var timer = time.CreateTimer(_ => ran++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        time.Advance(TimeSpan.FromSeconds(7));
        Assert.That(ran, Is.EqualTo(4));
        timer.Dispose();
        time.Advance(TimeSpan.FromSeconds(7));
        Assert.That(ran, Is.EqualTo(4));
        Assert.That(time.ArmedTimers, Is.Zero);
    }

    [Test]
    public void Changed_timer_keeps_only_its_new_time()
    {
        var time = new VirtualTime();
        var ranAt = new List<long>();
        var start = time.Milliseconds;
        using var timer = time.CreateTimer(_ => ranAt.Add(time.Milliseconds - start), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        timer.Change(TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(ranAt, Is.EqualTo(new long[] { 3000 }));
    }

    [Test]
    public void Wall_clock_jumps_without_the_monotonic_one()
    {
        var time = new VirtualTime();
        var wall = time.GetUtcNow();
        var stamp = time.GetTimestamp();
        time.WallOffset = TimeSpan.FromDays(-1);
        Assert.That(time.GetUtcNow(), Is.EqualTo(wall - TimeSpan.FromDays(1)));
        Assert.That(time.GetElapsedTime(stamp), Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public async Task Delay_and_token_sources_of_the_BCL_obey_it()
    {
        var time = new VirtualTime();
        var delay = Task.Delay(TimeSpan.FromMinutes(1), time);
        using var source = new CancellationTokenSource(TimeSpan.FromMinutes(2), time);
        time.Advance(TimeSpan.FromMinutes(1));
        await delay;
        Assert.That(source.IsCancellationRequested, Is.False);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.That(source.IsCancellationRequested);
    }
}
