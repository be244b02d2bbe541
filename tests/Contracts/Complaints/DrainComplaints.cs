namespace ButlerRpc.Contracts.Tests.Complaints;

/// <summary>"When I stop the server, its endless streams keep it from stopping, and then everything is cut off."</summary>
sealed class DrainComplaints
{
    [Test]
    public void Stopping_server_tells_its_streams_first_lets_calls_end_and_cuts_nothing_off()
    {
        DeskWorld.RunMany(async world =>
        {
            world.Desk.Count = (_, context) => EventsAsync(context);
            world.Desk.Work = async (value, _) =>
            {
                await world.Sim.DelayAsync(TimeSpan.FromSeconds(2));
                return value;
            };
            var events = ReadAsync(world.Proxy.CountAsync(0));
            var call = world.Proxy.WorkAsync(5).AsTask();
            await world.Sim.SettleAsync();

            var begun = world.Sim.Time.Elapsed;
            await world.Server.StopAsync();
            Assert.That(await events, Is.EqualTo(new[] { 1, 99 }), "its own last item, and an end");
            Assert.That(await call, Is.EqualTo(5));
            Assert.That(world.Sim.Time.Elapsed - begun, Is.LessThan(TimeSpan.FromSeconds(5)), "the drain time is 30 s");

            var refused = await DeskWorld.FailureAsync<ButlerException>(async () => await world.Proxy.WorkAsync(6));
            Assert.That((refused.Status, refused.Certainty), Is.EqualTo((ButlerStatus.Unavailable, ButlerCertainty.NotExecuted)));
        });
    }

    static async IAsyncEnumerable<int> EventsAsync(CallContext context)
    {
        yield return 1;
        await DeskWorld.UntilFiresAsync(context.Draining);
        yield return 99;
    }

    static async Task<List<int>> ReadAsync(IAsyncEnumerable<int> items)
    {
        var read = new List<int>();
        await foreach (var item in items)
            read.Add(item);
        return read;
    }
}
