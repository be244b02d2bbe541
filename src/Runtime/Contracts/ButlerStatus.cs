namespace ButlerRpc;

/// <summary>What became of a call: the seventeen canonical status codes of gRPC, with their numbers.</summary>
public enum ButlerStatus
{
    /// <summary>It succeeded.</summary>
    Ok = 0,

    /// <summary>The caller gave it up.</summary>
    Cancelled = 1,

    /// <summary>An error that says nothing more.</summary>
    Unknown = 2,

    /// <summary>The request itself is wrong, whatever the state of the system.</summary>
    InvalidArgument = 3,

    /// <summary>Its time was over.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for does not exist.</summary>
    NotFound = 5,

    /// <summary>What was to be made exists.</summary>
    AlreadyExists = 6,

    /// <summary>The caller may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A limit or quota was reached.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is not in the state that the call needs.</summary>
    FailedPrecondition = 9,

    /// <summary>It was given up for a conflict, typically of concurrency.</summary>
    Aborted = 10,

    /// <summary>It went past the valid range.</summary>
    OutOfRange = 11,

    /// <summary>The method is unknown or not offered.</summary>
    Unimplemented = 12,

    /// <summary>The handler failed with something it did not declare.</summary>
    Internal = 13,

    /// <summary>The service cannot be reached at the moment.</summary>
    Unavailable = 14,

    /// <summary>Data were lost or damaged beyond repair.</summary>
    DataLoss = 15,

    /// <summary>The caller did not prove who it is.</summary>
    Unauthenticated = 16,
}

/// <summary>Whether a failed call was executed: what decides if it may be sent again.</summary>
public enum ButlerCertainty : byte
{
    /// <summary>It may have run or not. Sent again only if the method is idempotent.</summary>
    Unknown = 0,

    /// <summary>It did not run and never will. May always be sent again.</summary>
    NotExecuted = 1,

    /// <summary>Its handler was started.</summary>
    Executed = 2,
}

/// <summary>Why a call failed, for a program to decide on; the message is for people.</summary>
public enum ButlerReason : ushort
{
    /// <summary>The handler said so, or nothing more is known.</summary>
    None = 0,

    /// <summary>Its deadline passed.</summary>
    Timeout = 1,

    /// <summary>The session ended while the call was in flight.</summary>
    ConnectionDropped = 2,

    /// <summary>The client, the server or the session was stopped, or is draining.</summary>
    Stopped = 3,

    /// <summary>The connection was taken over by the application.</summary>
    Hijacked = 4,

    /// <summary>Nothing was online, and the client was told to fail at once then.</summary>
    Cutoff = 5,

    /// <summary>No session was ready in time.</summary>
    NoSession = 6,

    /// <summary>Every session was at its limit of calls.</summary>
    PoolFull = 7,

    /// <summary>The rate limiter refused.</summary>
    RateLimited = 8,

    /// <summary>A queue was full: of one-way messages, of the broker, or of messages that are being put together.</summary>
    QueueFull = 9,

    /// <summary>A message was larger than the limit.</summary>
    TooLarge = 10,

    /// <summary>A value was nested deeper than the limit.</summary>
    TooDeep = 11,

    /// <summary>A message could not be decoded.</summary>
    BadMessage = 12,

    /// <summary>The two ends have incompatible shapes of the method.</summary>
    ContractMismatch = 13,

    /// <summary>The other side has no such method.</summary>
    UnknownMethod = 14,

    /// <summary>No provider serves the channel.</summary>
    NoProvider = 15,

    /// <summary>The peer did not read in time.</summary>
    SlowPeer = 16,

    /// <summary>The peer asked for more than is reasonable.</summary>
    Abuse = 17,

    /// <summary>The peer broke the protocol.</summary>
    ProtocolViolation = 18,

    /// <summary>The server does not accept the token.</summary>
    Unauthenticated = 19,
}
