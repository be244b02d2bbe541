using ButlerRpc.Sessions;

namespace ButlerRpc.Client;

/// <summary>All that the pool sees of a session, so that it carries native ones, iproto ones and users' own alike.</summary>
interface IPooledSession
{
    SessionState State { get; }

    /// <summary>The bytes waiting to be sent.</summary>
    long QueuedBytes { get; }

    /// <summary>True: it may be given calls while it is opening; they leave with its introduction.</summary>
    bool TakesFirstCalls => true;

    /// <summary>It ends because nobody used it.</summary>
    bool EndsIdle => false;

    /// <summary>Why it has ended; null while it has not.</summary>
    ButlerException? CloseReason { get; }

    /// <summary>Ends when calls can be answered; fails when the session ended before.</summary>
    Task Opened { get; }

    /// <summary>Ends when the session has ended.</summary>
    Task Closed { get; }

    /// <summary>Starts it. Calls may have been given to it before: they leave with its introduction.</summary>
    void Run();

    /// <summary>Lets what is in flight end, at most for this long.</summary>
    Task DrainAsync(TimeSpan timeout);

    /// <summary>Ends it at once.</summary>
    void Abort(ButlerReason reason, string message);
}
