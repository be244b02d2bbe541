using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

public class ChangesTests
{
    [Test]
    public void Who_gives_up_waiting_is_forgotten_and_the_others_are_woken() => Simulation.RunMany(20, async sim =>
    {
        var changes = new Changes(sim.Platform.Scheduler);
        using var impatient = new CancellationTokenSource();
        var givenUp = Enumerable.Range(0, 100).Select(_ => changes.WaitAsync(changes.Next(), impatient.Token)).ToArray();
        var waiting = changes.WaitAsync(changes.Next(), default);
        Assert.That(changes.Waiting, Is.EqualTo(101));
        impatient.Cancel();
        await sim.SettleAsync();
        Assert.That((changes.Waiting, givenUp.Count(w => w.IsCanceled)), Is.EqualTo((1, 100)));
        changes.Happened();
        await waiting;
        Assert.That(changes.Waiting, Is.Zero);
    });

    [Test]
    public void Waits_for_a_client_to_be_ready_that_are_given_up_leave_nothing_behind() => Simulation.Run(1, async sim =>
    {
        await using var client = ButlerClient.Open(World.Endpoint, new ButlerClientOptions { Platform = sim.Platform });
        for (var i = 0; i < 100; i++)
        {
            using var impatient = new CancellationTokenSource();
            var wait = client.WaitUntilReadyAsync(impatient.Token);
            impatient.Cancel();
            await Thrown.OfAsync<OperationCanceledException>(() => wait);
        }

        Assert.That(client.Watching, Is.Zero);
    });
}
