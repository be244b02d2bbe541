namespace ButlerRpc;

/// <summary>
/// The names under which calls, sessions and queues are seen from outside: <c>metrics.AddMeter(ButlerTelemetry.MeterName)</c> and
/// <c>traces.AddSource(ButlerTelemetry.ActivitySourceName)</c>. Where nobody listens, nothing is measured.
/// </summary>
public static class ButlerTelemetry
{
    /// <summary>The meter of every instrument: <c>ButlerRpc</c>.</summary>
    public const string MeterName = "ButlerRpc";

    /// <summary>The source of every span: <c>ButlerRpc</c>.</summary>
    public const string ActivitySourceName = "ButlerRpc";
}
