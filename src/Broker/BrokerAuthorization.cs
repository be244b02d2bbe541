using System.Security.Claims;

namespace ButlerRpc;

/// <summary>Which side of a channel somebody is on.</summary>
public enum BrokerRole
{
    /// <summary>It calls.</summary>
    Consumer,

    /// <summary>It serves.</summary>
    Provider,
}

/// <summary>Who asks to be attached to a channel.</summary>
/// <param name="Role">As what.</param>
/// <param name="Channel">To which channel.</param>
/// <param name="Principal">Who it has proved to be; null: it has proved nothing, as peers of version 1 never do.</param>
/// <param name="RemoteAddress">Where it comes from.</param>
public sealed record BrokerAttachment(BrokerRole Role, Guid Channel, ClaimsPrincipal? Principal, string RemoteAddress);

/// <summary>
/// Decides who may serve and who may call a channel. A consumer that may not is not told so: it finds the channel as it would find one that nobody serves. A provider
/// that may not is not let in. An exception means no, and is logged.
/// </summary>
/// <param name="attachment">Who asks for what.</param>
/// <param name="cancellationToken">Fires when it has gone, or the handshake's time is over.</param>
public delegate ValueTask<bool> BrokerAuthorizer(BrokerAttachment attachment, CancellationToken cancellationToken);
