using ButlerRpc.RabbitMq.Tests.Support;

namespace ButlerRpc.RabbitMq.Tests;

/// <summary>The cluster ends with the last test. In the namespace of all of them, as the framework wants it.</summary>
[SetUpFixture]
sealed class ClusterEnd
{
    [OneTimeTearDown]
    public Task StopAsync() => Cluster.StopAsync();
}
