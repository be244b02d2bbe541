using ButlerRpc.Calls;
using ButlerRpc.Diagnostics;

namespace ButlerRpc.Sessions;

/// <summary>Turns what a handler threw into what its caller is told.</summary>
static class Errors
{
    public static ButlerException Describe(Session session, InboundCall call, Exception failure, bool executed)
    {
        if (failure is ButlerException stated)
            return stated;
        if (failure is OperationCanceledException && call.IsCancelled)
        {
            // Its token fires for its deadline, too, and the caller's clock may be a little behind.
            if (call.Deadline <= session.Host.Platform.Milliseconds)
                return new ButlerException(ButlerStatus.DeadlineExceeded, $"the deadline of {call.Method.FullName} passed", ButlerCertainty.Executed, ButlerReason.Timeout);
            return new ButlerException(ButlerStatus.Cancelled, $"{call.Method.FullName} was cancelled");
        }

        if (failure is OperationCanceledException && session.HasToldDraining)
            return new ButlerException(ButlerStatus.Unavailable, $"{call.Method.FullName} ended because its session drains", ButlerCertainty.Executed, ButlerReason.Stopped);
        if (session.MappedStatus(failure) is { } status)
            return new ButlerException(status, failure.Message);
        var id = session.Host.Platform.Random.NextGuid();
        Log.HandlerFailed(session.Host.Logger, failure, call.Method.FullName, id);
        var text = session.Host.IncludeExceptionDetails
            ? failure.ToString()
            : $"{call.Method.FullName} failed; the server's log has the reason under the error id {id}";
        return new ButlerException(ButlerStatus.Internal, text, executed ? ButlerCertainty.Executed : ButlerCertainty.NotExecuted) { ErrorId = id };
    }

    public static ButlerException Dropped(string why, bool handedOver, ButlerReason reason = ButlerReason.ConnectionDropped) => new(
        StatusOf(reason), why, handedOver ? ButlerCertainty.Unknown : ButlerCertainty.NotExecuted, reason);

    static ButlerStatus StatusOf(ButlerReason reason) => reason switch
    {
        ButlerReason.Unauthenticated => ButlerStatus.Unauthenticated,
        ButlerReason.Hijacked => ButlerStatus.FailedPrecondition,
        _ => ButlerStatus.Unavailable,
    };

    public static ButlerException DeadlineExceeded(string method, bool handedOver) => new(
        ButlerStatus.DeadlineExceeded, $"the deadline of {method} passed", handedOver ? ButlerCertainty.Unknown : ButlerCertainty.NotExecuted, ButlerReason.Timeout);

    /// <summary>What becomes of a call that has waited too long to be sent.</summary>
    public static ButlerException Overdue(ClientCall call) => call.Method.Shape == MethodShape.OneWay
        ? new ButlerException(
            ButlerStatus.ResourceExhausted, $"the peer has not taken the one-way messages before {call.Method.FullName} in time", ButlerCertainty.NotExecuted, ButlerReason.QueueFull)
        : DeadlineExceeded(call.Method.FullName, handedOver: false);

    public static ButlerException TooLarge(string what, long size, int limit) => new(
        ButlerStatus.ResourceExhausted, $"{what} is {size} bytes; the limit is {limit}", ButlerCertainty.NotExecuted, ButlerReason.TooLarge);
}
