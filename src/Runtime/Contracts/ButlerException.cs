namespace ButlerRpc;

/// <summary>
/// A call that failed: what happened (<see cref="Status"/>), whether it ran (<see cref="Certainty"/>) and why (<see cref="Reason"/>).
/// A handler throws one to send its status and message to the caller.
/// </summary>
public class ButlerException : Exception
{
    /// <summary>A failure as a handler states it.</summary>
    public ButlerException(ButlerStatus status, string message)
        : this(status, message, ButlerCertainty.Unknown)
    {
    }

    /// <summary>A failure with all that is known of it.</summary>
    public ButlerException(
        ButlerStatus status, string message, ButlerCertainty certainty, ButlerReason reason = ButlerReason.None, Exception? innerException = null)
        : base(message, innerException)
    {
        Status = status;
        Certainty = certainty;
        Reason = reason;
    }

    /// <summary>What happened.</summary>
    public ButlerStatus Status { get; }

    /// <summary>Whether the server ran the call.</summary>
    public ButlerCertainty Certainty { get; }

    /// <summary>Why.</summary>
    public ButlerReason Reason { get; }

    /// <summary>The id under which the server logged an exception that it does not show; <see cref="Guid.Empty"/> when there is none.</summary>
    public Guid ErrorId { get; init; }
}
