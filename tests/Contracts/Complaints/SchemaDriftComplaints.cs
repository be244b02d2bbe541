extern alias older;

using ButlerRpc.Testing;
using Older = older::ButlerRpc.Contracts.Tests.Complaints;

namespace ButlerRpc.Contracts.Tests.Complaints;

/// <summary>"The two ends were built from different contracts, and I found out by wrong values."</summary>
sealed class SchemaDriftComplaints
{
    const string Endpoint = "tcp://127.0.0.1:9000";

    [Test]
    public void Method_whose_shape_broke_is_refused_with_the_member_that_moved_and_the_others_go_on()
    {
        Simulation.RunMany(20, async sim =>
        {
            var served = new OlderStock();
            await ButlerServer.StartAsync(Endpoint, s => s.Add<Older.IStock>(served), new ButlerServerOptions { Platform = sim.Platform });
            var client = await ButlerClient.ConnectAsync(Endpoint, new ButlerClientOptions { Platform = sim.Platform });
            var stock = client.Create<IStock>();

            Assert.That(await stock.CountAsync("TEA"), Is.EqualTo(3), "the same shape on both ends");
            Assert.That(await stock.FindAsync("TEA"), Is.EqualTo(new Item("TEA", 3)), "a member that was appended has its default");

            var failure = await DeskWorld.FailureAsync<ButlerException>(async () => await stock.ShelfAsync(1));
            Assert.That(
                (failure.Status, failure.Reason, failure.Certainty),
                Is.EqualTo((ButlerStatus.FailedPrecondition, ButlerReason.ContractMismatch, ButlerCertainty.NotExecuted)), failure.Message);
            Assert.That(failure.Message, Does.Contain("Shelf").And.Contains("Height").And.Contains("int32").And.Contains("string"));
            Assert.That(served.Shelves, Is.Zero, "the handler ran");
            Assert.That(await stock.CountAsync("TEA"), Is.EqualTo(3), "the session goes on");
        });
    }

    sealed class OlderStock : Older.IStock
    {
        public int Shelves { get; private set; }

        public ValueTask<Older.Item> FindAsync(string sku, CancellationToken cancellationToken) => new(new Older.Item(sku, 3));

        public ValueTask<Older.Shelf> ShelfAsync(int number, CancellationToken cancellationToken)
        {
            Shelves++;
            return new(new Older.Shelf(number, 180));
        }

        public ValueTask<int> CountAsync(string sku, CancellationToken cancellationToken) => new(3);
    }
}
