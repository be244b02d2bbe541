using ButlerRpc.Testing;

namespace ButlerRpc.Broker.Tests;

static class Waiting
{
    /// <summary>For consumers and providers over real sockets, which wait for each other however long the machine takes.</summary>
    public static BrokerConnectionOptions Long { get; } = new() { Client = Patient.Of(new BrokerConnectionOptions().Client), ProviderWait = TimeSpan.FromHours(1) };
}
