namespace ButlerRpc.Contracts.Tests.Complaints;

/// <summary>"A slow reader fills the server's memory"; "one stream that is not read stops the whole connection"; "I cannot say what to drop".</summary>
sealed class FlowControlComplaints
{
    [Test]
    public void Writer_waits_for_a_reader_that_stops_and_everybody_else_goes_on()
    {
        DeskWorld.RunMany(async world =>
        {
            var given = 0;
            world.Desk.Count = (count, _) => CountedAsync(count, () => given++);
            await using var stopped = world.Proxy.CountAsync(1_000_000).GetAsyncEnumerator();
            Assert.That(await stopped.MoveNextAsync(), Is.True);
            await world.Sim.DelayAsync(TimeSpan.FromMinutes(10));
            Assert.That(given, Is.LessThanOrEqualTo(17), "items were made that nobody reads");

            var begun = world.Sim.Time.Elapsed;
            Assert.That(await world.Proxy.SumAsync(CountedAsync(500, () => { })), Is.EqualTo(124_750));
            Assert.That(world.Sim.Time.Elapsed, Is.EqualTo(begun), "another stream waited");
            for (var i = 1; i < 200; i++)
                Assert.That((await stopped.MoveNextAsync(), stopped.Current), Is.EqualTo((true, i)), "nothing is lost");
        });
    }

    [Test]
    public void Writer_that_must_not_wait_drops_what_its_contract_says()
    {
        DeskWorld.RunMany(async world =>
        {
            var given = 0;
            world.Desk.Newest = _ => TickingAsync();
            var read = new List<int>();
            await foreach (var item in world.Proxy.NewestAsync())
            {
                read.Add(item);
                await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(50));
            }

            Assert.That(given, Is.EqualTo(1000), "the writer waited");
            Assert.That(read, Is.Ordered.And.Unique);
            Assert.That((read.Count < 100, read[^1]), Is.EqualTo((true, 999)), "the newest arrive");

            async IAsyncEnumerable<int> TickingAsync()
            {
                while (given < 1000)
                {
                    await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(1));
                    yield return given++;
                }
            }
        });
    }

    static async IAsyncEnumerable<int> CountedAsync(int count, Action give)
    {
        for (var i = 0; i < count; i++)
        {
            give();
            yield return i;
        }

        await Task.CompletedTask;
    }
}
