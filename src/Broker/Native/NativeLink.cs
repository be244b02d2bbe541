using ButlerRpc.Calls;
using ButlerRpc.Framing;

namespace ButlerRpc.Broker.Native;

/// <summary>A consumer's or provider's client of this library's own broker: an ordinary client whose sessions ask for a role.</summary>
sealed class NativeLink : BrokerLink
{
    readonly ButlerClient _client;

    NativeLink(ButlerClient client) => _client = client;

    public override CallInvoker Invoker => _client;

    public static async Task<NativeLink> ConnectAsync(
        string endpoints, SessionRole role, ServiceTable services, BrokerConnectionOptions options, CancellationToken cancellationToken)
    {
        var (dialled, channel) = BrokerEndpoint.Parse(endpoints);
        var client = ButlerClient.Open(dialled, options.Client with
        {
            Attachment = new Attachment(role, channel, role == SessionRole.Consumer ? (uint)options.ProviderWait.TotalMilliseconds : 0),
            Serves = services,
        });
        foreach (var service in services.Methods.GroupBy(m => m.Service))
            client.Announce(service.Key, [.. service]);
        try
        {
            await client.ConnectAsync(cancellationToken);
            return new NativeLink(client);
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    public override Task WaitUntilReadyAsync(CancellationToken cancellationToken) => _client.WaitUntilReadyAsync(cancellationToken);

    public override void Announce(string service, IReadOnlyList<Method> methods) => _client.Announce(service, methods);

    public override ValueTask DisposeAsync() => _client.DisposeAsync();
}
