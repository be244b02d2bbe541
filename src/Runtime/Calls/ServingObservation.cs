using System.Diagnostics;
using ButlerRpc.Diagnostics;

namespace ButlerRpc.Calls;

/// <summary>What is seen of one call that this end serves. There is one only while somebody listens. Pooled, so that measuring allocates nothing.</summary>
sealed class ServingObservation
{
    static readonly ObjectPool<ServingObservation> s_pool = new();

    TimeProvider _time = null!;
    Method _method = null!;
    ServerName? _server;
    Activity? _span;
    long _begun;

    /// <summary>The span, current from here on, belongs to the caller's trace; without one it begins a trace.</summary>
    public static ServingObservation Begin(Method method, TraceContext trace, TimeProvider time, ServerName? server, string? client)
    {
        var observation = s_pool.Rent();
        observation._time = time;
        observation._begun = time.GetTimestamp();
        (observation._method, observation._server) = (method, server);
        if (Telemetry.Source.HasListeners())
        {
            Activity.Current = null; // whatever the thread did before is not this call's parent
            observation._span = Telemetry.Source.StartActivity(method.RpcName, ActivityKind.Server, trace.ToRemoteParent(), method.SpanTags);
            observation._span?.SetTag("client.address", client);
        }

        return observation;
    }

    /// <summary>The call has ended. Runs listeners: under no lock of the session.</summary>
    public void End(Exception? failure)
    {
        var status = Telemetry.StatusOf(failure);
        var isError = Telemetry.IsServersError(status);
        if (Telemetry.ServerDuration.Enabled)
            Telemetry.Record(Telemetry.ServerDuration, _time.GetElapsedTime(_begun), _method.RpcName, status, isError, _server);
        if (_span is { } span)
            Telemetry.End(span, status, isError, failure, _server);
        _span = null;
        _server = null;
        s_pool.Return(this);
    }
}
