using ButlerRpc.Platform;
using ButlerRpc.Transport;

namespace ButlerRpc.Messaging;

/// <summary>Makes messengers: the messages and their form are the user's, the sessions, correlation, pool and reconnecting are ours.</summary>
public static class ButlerMessenger
{
    /// <summary>Connects, and returns when a session is ready.</summary>
    /// <param name="endpoints">One or more endpoints, separated by commas: <c>tcp://host:port</c>.</param>
    /// <param name="protocol">How messages are read and written.</param>
    /// <param name="options">Default: see <see cref="ButlerMessengerOptions"/>.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <exception cref="ArgumentException">An endpoint or an option is malformed.</exception>
    /// <exception cref="ButlerException">Unavailable: no endpoint could be reached.</exception>
    public static async Task<ButlerMessenger<TMessage>> ConnectAsync<TMessage, TKey>(
        string endpoints, IMessageProtocol<TMessage, TKey> protocol, ButlerMessengerOptions? options = null, CancellationToken cancellationToken = default)
        where TMessage : class
        where TKey : notnull
    {
        var messenger = Open(endpoints, protocol, options);
        await messenger.Scheduler.SwitchTo();
        try
        {
            await messenger.BecomeReadyAsync(orFail: true, cancellationToken);
            return messenger;
        }
        catch
        {
            await messenger.DisposeAsync();
            throw;
        }
    }

    /// <summary>Begins to connect, and keeps its sessions from then on.</summary>
    /// <inheritdoc cref="ConnectAsync"/>
    public static ButlerMessenger<TMessage> Open<TMessage, TKey>(
        string endpoints, IMessageProtocol<TMessage, TKey> protocol, ButlerMessengerOptions? options = null)
        where TMessage : class
        where TKey : notnull
    {
        var wire = WireOf(protocol);
        return Open([.. ButlerEndpoint.ParseList(endpoints).Select(e => new MessengerEndpoint<TMessage>(e.ForOtherWire(), wire))], options);
    }

    /// <summary>Begins to connect to endpoints that differ in their protocol, in their number of sessions or in how they are dialled.</summary>
    /// <inheritdoc cref="ConnectAsync"/>
    public static ButlerMessenger<TMessage> Open<TMessage>(IReadOnlyList<MessengerEndpoint<TMessage>> endpoints, ButlerMessengerOptions? options = null)
        where TMessage : class
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        if (endpoints.Count == 0)
            throw new ArgumentException("a messenger that dials needs at least one endpoint", nameof(endpoints));
        return new ButlerMessenger<TMessage>(endpoints, options);
    }

    /// <summary>An endpoint for <see cref="Open{TMessage}"/>; <c>with { Sessions = 4 }</c> and the like change it.</summary>
    /// <exception cref="ArgumentException">It is malformed.</exception>
    public static MessengerEndpoint<TMessage> Endpoint<TMessage, TKey>(string endpoint, IMessageProtocol<TMessage, TKey> protocol)
        where TMessage : class
        where TKey : notnull => new(ButlerEndpoint.Parse(endpoint).ForOtherWire(), WireOf(protocol));

    /// <summary>Listens. Further listeners can be added to the same messenger.</summary>
    /// <param name="endpoints">One or more endpoints, separated by commas; port 0 for a free one.</param>
    /// <param name="protocol">How messages are read and written.</param>
    /// <param name="handler">Takes the messages; can be set later, too.</param>
    /// <param name="options">Default: see <see cref="ButlerMessengerOptions"/>.</param>
    /// <param name="cancellationToken">Gives the start up.</param>
    /// <exception cref="ArgumentException">An endpoint or an option is malformed.</exception>
    /// <exception cref="IOException">An endpoint cannot be listened on.</exception>
    public static async Task<ButlerMessenger<TMessage>> ListenAsync<TMessage, TKey>(
        string endpoints, IMessageProtocol<TMessage, TKey> protocol, MessengerHandler<TMessage>? handler = null, ButlerMessengerOptions? options = null,
        CancellationToken cancellationToken = default)
        where TMessage : class
        where TKey : notnull
    {
        var messenger = new ButlerMessenger<TMessage>([], options);
        messenger.SetInboundHandler(handler);
        await messenger.Scheduler.SwitchTo();
        try
        {
            await messenger.ListenAsync(endpoints, protocol, cancellationToken);
            return messenger;
        }
        catch
        {
            await messenger.DisposeAsync();
            throw;
        }
    }

    /// <summary>Listens and serves until the token fires; then it closes gracefully and returns.</summary>
    /// <inheritdoc cref="ListenAsync"/>
    public static async Task ListenAndServeAsync<TMessage, TKey>(
        string endpoints, IMessageProtocol<TMessage, TKey> protocol, MessengerHandler<TMessage> handler, ButlerMessengerOptions? options = null,
        CancellationToken cancellationToken = default)
        where TMessage : class
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(handler);
        await (options?.Platform ?? StandardPlatform.Shared).Scheduler.SwitchTo();
        await using var messenger = await ListenAsync(endpoints, protocol, handler, options, cancellationToken);
        await messenger.UntilAsync(cancellationToken);
    }

    internal static MessageWire<TMessage> WireOf<TMessage, TKey>(IMessageProtocol<TMessage, TKey> protocol)
        where TMessage : class
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(protocol);
        return new MessageWire<TMessage, TKey>(protocol);
    }
}
