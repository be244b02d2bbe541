using System.Security.Claims;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

/// <summary>Takes sessions whose calls are served elsewhere: a broker's half of the seam between sessions and channels.</summary>
abstract class SessionRelay
{
    /// <summary>
    /// Judges who asks for a role on a channel, and gives the port that its frames go through; null: it is not let in. Called while the read loop of the session
    /// stands still.
    /// </summary>
    public abstract ValueTask<RelayPort?> AttachAsync(Session session, Hello hello, ClaimsPrincipal? principal, CancellationToken cancellationToken);
}

/// <summary>Where a frame stands in what a session sends.</summary>
/// <param name="Position">In the stream of bytes.</param>
/// <param name="Ordinal">Which request of the session it is; 0: it is none.</param>
readonly record struct SentPlace(long Position, uint Ordinal)
{
    /// <summary>Of a frame that never leaves.</summary>
    public static readonly SentPlace Nowhere = new(long.MaxValue, 0);
}

/// <summary>
/// Where a session hands the frames of calls, and of contracts, that it does not serve itself. The session keeps the connection: handshake, send buffer, flush
/// policy, silence, drain. What is called on the read loop must not block; nothing here is called under the session's gate but <see cref="InFlight"/> and
/// <see cref="WantsRoom"/>, which must take no lock.
/// </summary>
abstract class RelayPort
{
    int _inFlight;
    long _ended;

    /// <summary>Calls that have begun here and whose final frame has not passed.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Calls whose final frame has passed.</summary>
    public long EndedCalls => Volatile.Read(ref _ended);

    /// <summary>True: <see cref="OnRoom"/> is to be called when something has been sent.</summary>
    public virtual bool WantsRoom => false;

    /// <summary>WELCOME is in the send buffer: frames may be written from here on.</summary>
    public abstract void OnOpened();

    /// <summary>The frames of one receive follow, on this thread.</summary>
    public abstract void BeginBatch();

    /// <summary>One frame.</summary>
    /// <exception cref="ProtocolViolationException">It breaks the rules: the session ends.</exception>
    public abstract void Take(in FrameHeader header, ReadOnlySpan<byte> payload);

    /// <summary>The frames of one receive are over, whether or not the last was good.</summary>
    public abstract void EndBatch();

    /// <summary>The peer has answered a ping: everything it wrote before has come.</summary>
    public abstract void OnPong();

    /// <summary>The peer takes no more calls, and has taken only so many of this end's.</summary>
    public abstract void OnGoaway(uint accepted);

    /// <summary>Something was sent, after <see cref="WantsRoom"/> was true. On the scheduler.</summary>
    public abstract void OnRoom();

    /// <summary>The session has ended. Called once, or twice when that happens while it attaches.</summary>
    public abstract void OnClosed();

    protected void Begun() => Interlocked.Increment(ref _inFlight);

    /// <summary>Its calls end one after the other, under a lock of the port's.</summary>
    protected void Ended()
    {
        Interlocked.Decrement(ref _inFlight);
        _ended++;
    }
}
