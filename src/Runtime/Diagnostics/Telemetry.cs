using System.Diagnostics;
using System.Diagnostics.Metrics;
using ButlerRpc.Platform;

namespace ButlerRpc.Diagnostics;

/// <summary>
/// The one meter and the one source of the library, and what is measured of each call, in the form of OpenTelemetry's conventions for RPC. Instruments are asked
/// whether anybody listens before a call is looked at; the numbers of sessions and queues are only read when somebody collects them (<see cref="Readings"/>).
/// </summary>
static class Telemetry
{
    /// <summary>What <c>rpc.system.name</c> says.</summary>
    public const string System = "butlerrpc";

    static readonly string? Version = typeof(Telemetry).Assembly.GetName().Version?.ToString();

    // The convention's bounds begin at 5 ms. Calls take a hundredth of that, so there are finer ones below; those of the convention are all there.
    static readonly double[] Bounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    static readonly string[] StatusNames =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    public static readonly ActivitySource Source = new(ButlerTelemetry.ActivitySourceName, Version);

    public static readonly Meter Meter = MakeMeter();

    public static readonly Histogram<double> ClientDuration = Duration("rpc.client.call.duration", "How long calls took that this process made.");

    public static readonly Histogram<double> ServerDuration = Duration("rpc.server.call.duration", "How long calls took that this process served.");

    static readonly ObservableCounter<long> LogFailures = Meter.CreateObservableCounter(
        "butlerrpc.log.failures", static () => Interlocked.Read(ref s_logFailures), "{message}", "Log messages at which the application's logger has thrown.");

    static long s_logFailures;

    /// <summary>
    /// Makes the source, the meter and its instruments if there are none yet. On the pool, since it takes several milliseconds which a process that connects need not wait for; its first call
    /// does, if they are not there by then. A scheduler of somebody else's is not asked: a run that a seed replays must not depend on what the process has done before.
    /// </summary>
    public static void Prepare(ButlerScheduler scheduler)
    {
        if (scheduler is SystemScheduler)
            scheduler.Queue(Preparation.Instance);
        else
            Preparation.Instance.Execute();
    }

    /// <summary>True when somebody wants to know of the calls that this process makes.</summary>
    public static bool WatchesCalls => Source.HasListeners() || ClientDuration.Enabled;

    /// <summary>True when somebody wants to know of the calls that this process serves.</summary>
    public static bool WatchesServing => Source.HasListeners() || ServerDuration.Enabled;

    /// <summary>The application's logger has thrown.</summary>
    public static void CountLogFailure() => Interlocked.Increment(ref s_logFailures);

    /// <summary>The name of a status, as gRPC spells it.</summary>
    public static string NameOf(ButlerStatus status) => (uint)status < (uint)StatusNames.Length ? StatusNames[(int)status] : StatusNames[(int)ButlerStatus.Unknown];

    /// <summary>The status of a call that ended so; null: it succeeded.</summary>
    public static ButlerStatus StatusOf(Exception? failure) => failure switch
    {
        null => ButlerStatus.Ok,
        ButlerException known => known.Status,
        OperationCanceledException => ButlerStatus.Cancelled,
        _ => ButlerStatus.Unknown,
    };

    /// <summary>True for what is the server's failure; what the caller alone can mend is no error of the one that serves.</summary>
    public static bool IsServersError(ButlerStatus status) => status is ButlerStatus.Unknown or ButlerStatus.DeadlineExceeded or ButlerStatus.Unimplemented
        or ButlerStatus.Internal or ButlerStatus.Unavailable or ButlerStatus.DataLoss;

    /// <summary>Records one call. The tags live on the stack.</summary>
    public static void Record(Histogram<double> duration, TimeSpan elapsed, string method, ButlerStatus status, bool isError, ServerName? server)
    {
        var name = NameOf(status);
        var tags = new TagList { { "rpc.system.name", System }, { "rpc.method", method }, { "rpc.response.status_code", name } };
        if (isError)
            tags.Add("error.type", name);
        if (server is not null)
        {
            tags.Add("server.address", server.Address);
            if (server.Port is { } port)
                tags.Add("server.port", port);
        }

        duration.Record(elapsed.TotalSeconds, in tags);
    }

    /// <summary>Ends a span with the outcome of its call.</summary>
    public static void End(Activity activity, ButlerStatus status, bool isError, Exception? failure, ServerName? server)
    {
        var name = NameOf(status);
        activity.SetTag("rpc.response.status_code", name);
        if (server is not null)
        {
            activity.SetTag("server.address", server.Address);
            activity.SetTag("server.port", server.Port);
        }

        if (failure is ButlerException known)
        {
            activity.SetTag("butlerrpc.certainty", known.Certainty.ToString());
            if (known.Reason != ButlerReason.None)
                activity.SetTag("butlerrpc.reason", known.Reason.ToString());
        }

        if (isError)
        {
            activity.SetTag("error.type", name);
            activity.SetStatus(ActivityStatusCode.Error);
        }

        // Stopping makes its predecessor current, on whatever thread this is.
        var current = Activity.Current;
        activity.Stop();
        Activity.Current = current == activity ? activity.Parent : current;
    }

    static Meter MakeMeter()
    {
        var meter = new Meter(ButlerTelemetry.MeterName, Version);
        Readings.Observe(meter);
        return meter;
    }

    static Histogram<double> Duration(string name, string description) =>
        Meter.CreateHistogram(name, "s", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = Bounds });

    sealed class Preparation : IThreadPoolWorkItem
    {
        public static readonly Preparation Instance = new();

        public void Execute() => _ = WatchesCalls;
    }
}
