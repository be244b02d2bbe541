using System.Security.Claims;
using ButlerRpc.Broker.Channels;
using ButlerRpc.Framing;
using ButlerRpc.Sessions;

namespace ButlerRpc.Broker.Native;

/// <summary>Attaches native sessions to channels, as far as they are permitted.</summary>
sealed class NativeRelay(ButlerBroker broker) : SessionRelay
{
    public override async ValueTask<RelayPort?> AttachAsync(Session session, Hello hello, ClaimsPrincipal? principal, CancellationToken cancellationToken)
    {
        var isConsumer = hello.Role == SessionRole.Consumer;
        var permitted = await broker.MayAttachAsync(isConsumer ? BrokerRole.Consumer : BrokerRole.Provider, hello.Channel, principal, session.RemoteAddress, cancellationToken);
        if (!permitted && !isConsumer)
            return null;

        // A consumer that may not call a channel finds it as it would find one that nobody serves.
        var channel = permitted ? broker.Channels.Join(hello.Channel, session.Host) : broker.Channels.JoinPhantom(hello.Channel, session.Host);
        return isConsumer ? new ConsumerPort(broker.Channels, channel, session, hello.Attachment.ProviderWait) : new ProviderPort(broker.Channels, channel, session);
    }
}
