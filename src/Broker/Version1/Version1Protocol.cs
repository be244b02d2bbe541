using ButlerRpc.Platform;
using ButlerRpc.Sessions;
using ButlerRpc.Transport;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Broker.Version1;

/// <summary>Version 1 on the port of the native wire: its first byte is its version.</summary>
sealed class Version1Protocol(ButlerBroker broker, BrokerVersion1Options options, long peerBytes, ILogger logger) : ButlerProtocol(ProtocolName)
{
    public const string ProtocolName = "version1";

    public override ProtocolMatch Match(ReadOnlySpan<byte> first) => first.IsEmpty ? ProtocolMatch.Undecided : first[0] == 1 ? ProtocolMatch.Yes : ProtocolMatch.No;

    public override async Task ServeAsync(Connection connection, CancellationToken stopping)
    {
        var host = broker.Host;
        var outbox = new Version1Outbox(connection, host, options, peerBytes);
        try
        {
            await new Version1Peer(broker, connection, host, options).RunAsync(outbox, stopping);
        }
        finally
        {
            if (outbox.Failure is { } failure)
                BrokerLog.Version1Closed(logger, connection.RemoteAddress, failure);
        }
    }
}
