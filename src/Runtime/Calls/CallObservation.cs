using System.Diagnostics;
using ButlerRpc.Diagnostics;

namespace ButlerRpc.Calls;

/// <summary>
/// What is seen of one call that this end makes: its time, its span, the trace it belongs to. A call has one only while somebody listens or when its caller is a
/// handler that was given a trace; for all others the question costs two reads. Pooled, so that measuring allocates nothing.
/// </summary>
sealed class CallObservation
{
    static readonly ObjectPool<CallObservation> s_pool = new();

    TimeProvider _time = null!;
    Activity? _span;
    long _begun;

    /// <summary>What goes over the wire for the callee's span to belong to; none: the call is part of no trace.</summary>
    public TraceContext Trace { get; private set; }

    /// <summary>Watches the call, if there is anything to see or to hand on.</summary>
    public static void Begin(ClientCall call, in CallContext context, TimeProvider time)
    {
        var current = Activity.Current;
        // A handler that this process does not trace still hands on the trace of its caller.
        var inherited = current is null && context.ServerCall is { } serving ? serving.Trace : default;
        if (current is null && !inherited.IsPresent && !Telemetry.WatchesCalls)
            return;
        var observation = s_pool.Rent();
        observation._time = time;
        observation._begun = time.GetTimestamp();
        observation._span = StartSpan(call.Method, current, inherited);
        var nearest = observation._span ?? current;
        observation.Trace = nearest is null ? inherited : TraceContext.Of(nearest);
        call.Watch(observation);
    }

    /// <summary>The call has ended.</summary>
    public void End(Method method, Exception? failure, ServerName? server)
    {
        var status = Telemetry.StatusOf(failure);
        var isError = status != ButlerStatus.Ok;
        if (Telemetry.ClientDuration.Enabled)
            Telemetry.Record(Telemetry.ClientDuration, _time.GetElapsedTime(_begun), method.RpcName, status, isError, server);
        if (_span is { } span)
            Telemetry.End(span, status, isError, failure, server);
        _span = null;
        Trace = default;
        s_pool.Return(this);
    }

    // The span is the caller's child and never current in it: the caller goes on while the call is under way, and ends it on another thread.
    static Activity? StartSpan(Method method, Activity? current, TraceContext inherited)
    {
        if (!Telemetry.Source.HasListeners())
            return null;
        var span = Telemetry.Source.CreateActivity(method.RpcName, ActivityKind.Client, inherited.ToRemoteParent(), method.SpanTags);
        if (span is null)
            return null;
        span.Start();
        Activity.Current = current;
        return span;
    }
}
