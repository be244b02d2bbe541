using ButlerRpc.Platform;

namespace ButlerRpc.Messaging;

/// <summary>An endpoint that a messenger dials, with the protocol that is spoken there. Made by <see cref="ButlerMessenger.Endpoint"/>.</summary>
public sealed record MessengerEndpoint<TMessage>
    where TMessage : class
{
    internal MessengerEndpoint(ButlerEndpoint address, MessageWire<TMessage> wire)
    {
        Address = address;
        Wire = wire;
    }

    /// <summary>Where it is; with a <see cref="Dial"/> of its own, what it is called.</summary>
    public ButlerEndpoint Address { get; }

    /// <summary>The sessions that are kept with it. Default 1; 1 to 64.</summary>
    public int Sessions { get; init; } = 1;

    /// <summary>
    /// Connects in a way of its own, such as through a proxy: gives a stream that the session owns from then on. What it throws, other than an
    /// <see cref="OperationCanceledException"/>, is an attempt that failed. Default null: the transport of the address does.
    /// </summary>
    public Func<CancellationToken, ValueTask<Stream>>? Dial { get; init; }

    internal MessageWire<TMessage> Wire { get; }

    internal void Validate() => OptionRange.Check(nameof(MessengerEndpoint<TMessage>), nameof(Sessions), Sessions, 1, 64);
}
