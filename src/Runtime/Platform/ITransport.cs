using System.Security.Claims;

namespace ButlerRpc.Platform;

/// <summary>One way of reaching other processes: TCP, Unix sockets, memory.</summary>
public interface ITransport
{
    /// <summary>The endpoint schemes it serves, in lower case.</summary>
    IReadOnlyList<string> Schemes { get; }

    /// <summary>
    /// The names of the options that its endpoints may have, besides those that say what is spoken there (<c>framing</c>, <c>protocols</c>): another one is refused
    /// when the client or server is made. Default: null, every name.
    /// </summary>
    IReadOnlyList<string>? Options => null;

    /// <summary>
    /// Refuses an endpoint that can never be dialled, such as one with an option that has no such value, or one that is for listening. Called when a client is made,
    /// before anything is dialled. Default: refuses none.
    /// </summary>
    /// <exception cref="ArgumentException">It cannot be dialled; the message says why, and what can.</exception>
    void EnsureDialable(ButlerEndpoint endpoint)
    {
    }

    /// <summary>Connects.</summary>
    /// <exception cref="System.IO.IOException">It could not; the message says why.</exception>
    ValueTask<Connection> DialAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken);

    /// <summary>Starts to listen.</summary>
    /// <exception cref="System.IO.IOException">It could not; the message says why.</exception>
    ValueTask<ConnectionListener> ListenAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken);
}

/// <summary>Accepts connections.</summary>
public abstract class ConnectionListener : IAsyncDisposable
{
    /// <summary>Where it listens; with the port it was given when 0 was asked for.</summary>
    public abstract ButlerEndpoint Endpoint { get; }

    /// <summary>The next connection; null when the listener was closed.</summary>
    /// <exception cref="System.IO.IOException">This accept failed (no descriptors left, say); the listener goes on.</exception>
    public abstract ValueTask<Connection?> AcceptAsync();

    /// <summary>Stops listening. A pending accept gives null.</summary>
    public abstract ValueTask DisposeAsync();
}

/// <summary>
/// A raw duplex byte pipe. One receive and one send may be pending at a time. Both complete without allocating where the transport can,
/// and neither captures the caller's ExecutionContext.
/// </summary>
public abstract class Connection : IAsyncDisposable
{
    /// <summary>This end, for people.</summary>
    public abstract string LocalAddress { get; }

    /// <summary>The other end, for people.</summary>
    public abstract string RemoteAddress { get; }

    /// <summary>What limits per address are counted by; null where they do not apply (Unix sockets, memory).</summary>
    public virtual string? RemoteHost => null;

    /// <summary>True when nobody on the way can read along.</summary>
    public virtual bool IsEncrypted => false;

    /// <summary>Who the other end has proved to be; null: it has proved nothing.</summary>
    public virtual ClaimsPrincipal? Principal => null;

    /// <summary>True when both ends are on this machine.</summary>
    public virtual bool IsLocal => false;

    /// <summary>True when <see cref="HasBytes"/> can be asked while no receive is pending, for well under a microsecond.</summary>
    public virtual bool IsPollable => false;

    /// <summary>True when a receive would complete at once, perhaps with a failure. Asked only where <see cref="IsPollable"/> says that it may be.</summary>
    public virtual bool HasBytes => false;

    /// <summary>The next bytes are asked for with <see cref="HasBytes"/>: until the next receive, nobody need be woken for them. Default: does nothing.</summary>
    public virtual void ExpectAsking()
    {
    }

    /// <summary>
    /// Fires when whoever accepted the connection wants it to end: a web server that stops, say. A session then drains. Default: never.
    /// </summary>
    public virtual CancellationToken CloseRequested => default;

    /// <summary>
    /// Settles what has to be settled before bytes may flow, such as a TLS handshake or the address that a proxy hands on, and gives the connection to go on
    /// with. A server calls it once per accepted connection, beside other connections and within its handshake time; dialling has done it already.
    /// </summary>
    /// <exception cref="System.IO.IOException">It could not be settled; the message says why.</exception>
    public virtual ValueTask<Connection> OpenAsync(CancellationToken cancellationToken) => new(this);

    /// <summary>
    /// Receives what is there, at least one byte; 0 means that the peer has closed its side. With an empty buffer it waits until something is
    /// there (or the peer has closed) and returns 0: an idle session then holds no buffer.
    /// </summary>
    /// <exception cref="System.IO.IOException">The connection is broken; a <see cref="System.Net.Sockets.SocketException"/> says the same.</exception>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Sends all bytes; they belong to the transport until it completes.</summary>
    /// <exception cref="System.IO.IOException">The connection is broken; a <see cref="System.Net.Sockets.SocketException"/> says the same.</exception>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Tells the peer that nothing more is sent. What was sent before still arrives.</summary>
    public abstract void CloseWrite();

    /// <summary>Breaks the connection at once; pending operations fail.</summary>
    public abstract void Abort();

    /// <summary>Frees it; aborts it if it is still open.</summary>
    public abstract ValueTask DisposeAsync();
}
