namespace ButlerRpc.Contracts.Tests.Complaints;

/// <summary>"All that my caller gets is a string."</summary>
sealed class ErrorComplaints
{
    [Test]
    public void Declared_fault_arrives_with_its_values_and_is_caught_by_its_type()
    {
        DeskWorld.RunMany(async world =>
        {
            var failure = await DeskWorld.FailureAsync<ButlerFaultException<SoldOut>>(async () => await world.Proxy.BuyAsync("TEA", 8));

            Assert.That(failure.Fault, Is.EqualTo(new SoldOut("TEA", 7, new DateOnly(2031, 5, 6))));
            Assert.That(failure.Certainty, Is.EqualTo(ButlerCertainty.Executed));
        });
    }

    [Test]
    public void What_a_handler_states_arrives_and_what_it_did_not_mean_to_tell_does_not()
    {
        DeskWorld.RunMany(async world =>
        {
            world.Desk.Work = static (value, _) => value == 1
                ? throw new ButlerException(ButlerStatus.NotFound, "there is no 1")
                : throw new InvalidOperationException("the password of the database is swordfish");

            var stated = await DeskWorld.FailureAsync<ButlerException>(async () => await world.Proxy.WorkAsync(1));
            Assert.That((stated.Status, stated.Message), Is.EqualTo((ButlerStatus.NotFound, "there is no 1")));

            var unstated = await DeskWorld.FailureAsync<ButlerException>(async () => await world.Proxy.WorkAsync(2));
            Assert.That(unstated.Status, Is.EqualTo(ButlerStatus.Internal));
            Assert.That(unstated.Message, Does.Not.Contain("swordfish").And.Contains($"{unstated.ErrorId}"), "the log is found by the id");
        });
    }
}
