using System.Reflection;
using ButlerRpc.Snapshots;

namespace ButlerRpc.PublicApi.Tests;

/// <summary>A change of the public API shows as a change of a file that is reviewed.</summary>
sealed class PublicApiTests
{
    [Test]
    public void The_public_api_of_ButlerRpc_is_the_accepted_one() => Snapshot.Match(ApiListing.Of(typeof(ButlerServer).Assembly));

    [Test]
    public void The_public_api_of_ButlerRpc_AspNetCore_is_the_accepted_one() => Snapshot.Match(ApiListing.Of(typeof(ButlerKestrelExtensions).Assembly));

    [Test]
    public void The_public_api_of_ButlerRpc_Broker_is_the_accepted_one() => Snapshot.Match(ApiListing.Of(typeof(ButlerBroker).Assembly));

    [Test]
    public void The_public_api_of_ButlerRpc_RabbitMq_is_the_accepted_one() => Snapshot.Match(ApiListing.Of(typeof(RabbitMqCarrier).Assembly));

    [Test]
    public void Every_public_type_lies_in_a_namespace_of_its_floor()
    {
        var strays = typeof(ButlerServer).Assembly.GetExportedTypes().Where(t => t.Namespace is not { } space || (space != "ButlerRpc" && !space.StartsWith("ButlerRpc.", StringComparison.Ordinal)));

        Assert.That(strays, Is.Empty);
    }
}
