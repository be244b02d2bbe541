using ButlerRpc.Calls;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;
using ButlerRpc.Platform;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Sessions;

/// <summary>Turns what a handler threw into what its caller is told.</summary>
static class Errors
{
    public static ButlerException Describe(Session session, InboundCall call, Exception failure, bool executed) =>
        failure is ButlerException stated ? stated : Describe(
            call.Method.FullName, failure, executed, call.IsCancelled, isOverdue: call.Deadline <= session.Host.Platform.Milliseconds,
            session.HasToldDraining, session.MappedStatus(failure), session.Host.IncludeExceptionDetails, session.Host.Platform, session.Host.Logger);

    /// <summary>What the caller of a handler is told that threw something else than a <see cref="ButlerException"/>.</summary>
    public static ButlerException Describe(
        string method, Exception failure, bool executed, bool isCancelled, bool isOverdue, bool isDraining, ButlerStatus? mapped, bool withDetails, ButlerPlatform platform, ILogger logger)
    {
        if (failure is OperationCanceledException && isCancelled)
        {
            // Its token fires for its deadline, too, and the caller's clock may be a little behind.
            return isOverdue
                ? new ButlerException(ButlerStatus.DeadlineExceeded, $"the deadline of {method} passed", ButlerCertainty.Executed, ButlerReason.Timeout)
                : new ButlerException(ButlerStatus.Cancelled, $"{method} was cancelled");
        }

        if (failure is OperationCanceledException && isDraining)
            return new ButlerException(ButlerStatus.Unavailable, $"{method} ended because its session drains", ButlerCertainty.Executed, ButlerReason.Stopped);
        if (mapped is { } status)
            return new ButlerException(status, failure.Message);
        var id = platform.Random.NextGuid();
        Log.HandlerFailed(logger, failure, method, id);
        var text = withDetails ? failure.ToString()
            : logger.IsEnabled(LogLevel.Error) ? $"{method} failed; the server's log has the reason under the error id {id}"
            : $"{method} failed under the error id {id}, and the server logs no errors ({nameof(ButlerServerOptions)}.{nameof(ButlerServerOptions.LoggerFactory)}), so the reason is lost";
        return new ButlerException(ButlerStatus.Internal, text, executed ? ButlerCertainty.Executed : ButlerCertainty.NotExecuted) { ErrorId = id };
    }

    /// <summary>What an ERROR says.</summary>
    public static ButlerException Decode(uint status, ReadOnlySpan<byte> payload, Method method)
    {
        try
        {
            var error = ErrorPayload.Read(status, payload, method.Faults);

            // Who has no such method cannot name it.
            return error is { Reason: ButlerReason.UnknownMethod, Certainty: ButlerCertainty.NotExecuted }
                ? new ButlerException(error.Status, $"{method.FullName}: {error.Message}", error.Certainty, error.Reason) { ErrorId = error.ErrorId }
                : error;
        }
        catch (ProtocolViolationException e)
        {
            return new ButlerException(
                ButlerStatus.Unknown, $"the peer sent an error that cannot be read: {e.Message}", ButlerCertainty.Unknown, ButlerReason.BadMessage, e);
        }
    }

    public static ButlerException Dropped(string why, bool handedOver, ButlerReason reason = ButlerReason.ConnectionDropped) => new(
        StatusOf(reason), why, handedOver ? ButlerCertainty.Unknown : ButlerCertainty.NotExecuted, reason);

    /// <summary>For <see cref="TooLarge"/>.</summary>
    public const string OfEitherEnd = $" ({nameof(ButlerLimits)}.{nameof(ButlerLimits.MessageBytes)}, the smaller one of the two ends)";

    static ButlerStatus StatusOf(ButlerReason reason) => reason switch
    {
        ButlerReason.Unauthenticated => ButlerStatus.Unauthenticated,
        ButlerReason.Hijacked => ButlerStatus.FailedPrecondition,
        _ => ButlerStatus.Unavailable,
    };

    public static ButlerException DeadlineExceeded(ClientCall call, SessionHost host, bool handedOver) => DeadlineExceeded(call.Method, CallDeadline.Of(call, host), handedOver);

    public static ButlerException DeadlineExceeded(Method method, TimeSpan had, bool handedOver) =>
        Overdue($"the deadline of {method.FullName} passed: it had {had.TotalSeconds:0.###} s", handedOver);

    /// <summary>What becomes of a stream of which the next item does not come.</summary>
    public static ButlerException ItemOverdue(Method method, TimeSpan patience) =>
        Overdue($"{method.FullName} gave no item for {patience.TotalSeconds:0.###} s ({nameof(ButlerMethodAttribute)}.{nameof(ButlerMethodAttribute.ItemTimeoutMilliseconds)})", handedOver: true);

    static ButlerException Overdue(string why, bool handedOver) =>
        new(ButlerStatus.DeadlineExceeded, why, handedOver ? ButlerCertainty.Unknown : ButlerCertainty.NotExecuted, ButlerReason.Timeout);

    /// <summary>What becomes of a call that has waited too long to be sent.</summary>
    public static ButlerException Overdue(ClientCall call, SessionHost host) => call.Method.Shape == MethodShape.OneWay
        ? new ButlerException(
            ButlerStatus.ResourceExhausted, $"the peer has not taken the one-way messages before {call.Method.FullName} in time", ButlerCertainty.NotExecuted, ButlerReason.QueueFull)
        : DeadlineExceeded(call, host, handedOver: false);

    /// <param name="method">What was called.</param>
    /// <param name="fault">What the limiter threw, which is the user's own; null: it gave no permit.</param>
    public static ButlerException RateLimited(Method method, Exception? fault = null) => new(
        ButlerStatus.ResourceExhausted, fault is null ? $"the rate limiter refused the call of {method.FullName}" : $"the rate limiter failed for the call of {method.FullName}: {fault.Message}",
        ButlerCertainty.NotExecuted, ButlerReason.RateLimited, fault);

    public static ButlerException Mismatch(string method, string why) => new(
        ButlerStatus.FailedPrecondition, $"{method} has another shape on the other side: {why}", ButlerCertainty.NotExecuted, ButlerReason.ContractMismatch);

    public static ButlerException TooLarge(string what, long size, int limit, string of = "", ButlerCertainty certainty = ButlerCertainty.NotExecuted) => new(
        ButlerStatus.ResourceExhausted, $"{what} is {size} bytes; the limit is {limit}{of}", certainty, ButlerReason.TooLarge);
}
