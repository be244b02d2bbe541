using ButlerRpc.Platform;
using RabbitMQ.Client;

namespace ButlerRpc.RabbitMq.Connecting;

/// <summary>Opens connections with RabbitMQ's client.</summary>
sealed class AmqpDialler(ButlerClientOptions client, RabbitMqOptions rabbit, string name)
{
    public async Task<IConnection> DialAsync(Uri node, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory
        {
            Uri = node,
            ClientProvidedName = name,
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedHeartbeat = rabbit.Heartbeat,
            RequestedConnectionTimeout = client.DialTimeout,
            HandshakeContinuationTimeout = client.Limits.HandshakeTimeout,
            ContinuationTimeout = client.Limits.SendStallTimeout,
            MaxInboundMessageBodySize = (uint)client.Limits.MessageBytes + 65_536, // an error may be larger than the largest reply
        };
        rabbit.Configure?.Invoke(factory);
        using var timeout = new CancellationTokenSource(client.DialTimeout + client.Limits.HandshakeTimeout, platform.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await factory.CreateConnectionAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"{AmqpEndpoints.Shown(node)} did not answer in time");
        }
    }
}
