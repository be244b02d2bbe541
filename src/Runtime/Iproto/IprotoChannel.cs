using ButlerRpc.Calls;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;
using ButlerRpc.Transport;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Iproto;

/// <summary>
/// One iproto connection. It is symmetric: both ends may call and serve. A channel of a pool or a server closes with its owner; one made by
/// <see cref="Run"/> belongs to the caller.
/// </summary>
public sealed class IprotoChannel : CallInvoker, IAsyncDisposable
{
    readonly ButlerSession _session;
    readonly SessionHost? _ownHost;

    IprotoChannel(ButlerSession session, SessionHost? ownHost)
    {
        _session = session;
        _ownHost = ownHost;
        session.OnClose(DisposeHost);
    }

    /// <summary>This end's address, for people.</summary>
    public string LocalAddress => _session.LocalAddress;

    /// <summary>The peer's address, for people.</summary>
    public string RemoteAddress => _session.RemoteAddress;

    /// <summary>Ends when the connection has ended, whatever the reason.</summary>
    public Task Done => _session.Done;

    /// <summary>Why it has ended; null while it has not.</summary>
    public ButlerException? Error => _session.Error;

    /// <summary>What it has counted so far.</summary>
    public IprotoStatistics Statistics => IprotoStatistics.Of(_session.Session);

    internal override CallInvoker Carrier => _session.Session;

    /// <summary>Runs a channel over a connection that exists already.</summary>
    /// <param name="connection">The connection, which belongs to the channel from here on.</param>
    /// <param name="accepted">True on the end that accepted it: the two ends number their calls differently.</param>
    /// <param name="services">What it serves. Default: nothing.</param>
    /// <param name="options">Default: see <see cref="IprotoOptions"/>.</param>
    /// <param name="loggerFactory">Where it logs. Default: nowhere.</param>
    /// <param name="platform">Default: the real one.</param>
    public static IprotoChannel Run(
        Connection connection, bool accepted, ServiceTable? services = null, IprotoOptions? options = null,
        ILoggerFactory? loggerFactory = null, ButlerPlatform? platform = null)
    {
        ArgumentNullException.ThrowIfNull(connection);
        options ??= new IprotoOptions();
        options.Validate();
        var native = new SessionHost(
            platform ?? StandardPlatform.Shared, new ButlerLimits(), GuardedLogger.Of(loggerFactory, "ButlerRpc.Iproto"));
        var host = SessionWires.HostOf(native, options);
        native.Clock.Dispose();
        native.Batches.Dispose();
        var session = new Session(host, connection, new IprotoFraming(options), services ?? new ServiceTable(), accepted);
        var channel = new IprotoChannel(session.Face(), host);
        session.Channel = channel;
        session.Run();
        return channel;
    }

    /// <summary>Sends a packet as it is: a reply, or anything else. The task ends when it is in the send queue.</summary>
    /// <exception cref="ButlerException">
    /// ResourceExhausted: the queue had no room within <see cref="IprotoOptions.NoticeTimeout"/>, or the body is too large. Unavailable: the channel has ended.
    /// </exception>
    public ValueTask SendAsync(IprotoPacket packet, CancellationToken cancellationToken = default) =>
        _session.Session.SendPacketAsync(packet.Message, packet.Sync, packet.Body, cancellationToken);

    /// <summary>Runs a callback when the channel has ended; at once when it has already.</summary>
    public void OnClose(Action callback) => _session.OnClose(callback);

    /// <summary>Runs a callback when a shutdown begins, whichever end began it, and waits for it before the shutdown goes on.</summary>
    public void OnShutdown(Func<Task> callback) => _session.OnShutdown(callback);

    /// <summary>
    /// Ends it in order: no new calls, the callbacks, the end of the calls in flight, the peer's consent. What is not over within
    /// <see cref="IprotoOptions.ShutdownTimeout"/> is not waited for.
    /// </summary>
    public Task ShutdownAsync() => _session.ShutdownAsync(OptionRange.Longest);

    /// <summary>Ends it at once; calls in flight fail.</summary>
    public void Close() => _session.Close();

    /// <summary>
    /// Takes the connection over: calls in flight fail, the read loop stops, and the connection is returned with every byte that was not read as a packet: what
    /// follows the packet whose handler asked for it comes out of <see cref="Connection.ReceiveAsync"/>, also where it had been received already.
    /// </summary>
    /// <exception cref="ButlerException">FailedPrecondition: the channel has ended, is ending, or was taken over already.</exception>
    public Task<Connection> HijackAsync() => _session.HijackAsync();

    /// <summary>Closes it; see <see cref="Close"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await _session.Session.Host.Platform.Scheduler.SwitchTo();
        Close();
        await Done;
    }

    /// <inheritdoc/>
    protected internal override void Start(ClientCall call) => _session.Start(call);

    internal static IprotoChannel Of(Session session)
    {
        if (session.Channel is { } channel)
            return channel;
        lock (session)
            return session.Channel ??= new IprotoChannel(session.Face(), ownHost: null);
    }

    void DisposeHost()
    {
        _ownHost?.Clock.Dispose();
        _ownHost?.Batches.Dispose();
    }
}
