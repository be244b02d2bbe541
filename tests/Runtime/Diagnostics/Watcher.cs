using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using ButlerRpc.Diagnostics;

namespace ButlerRpc.Runtime.Tests.Diagnostics;

/// <summary>Listens to the meter and, if asked to, to the source of the library, and keeps what it hears.</summary>
sealed class Watcher : IDisposable
{
    readonly MeterListener _meters = new();
    readonly ActivityListener? _activities;

    public Watcher(bool traces = false, ActivitySamplingResult sampled = ActivitySamplingResult.AllDataAndRecorded)
    {
        Readings.Clear();
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name != ButlerTelemetry.MeterName)
                return;
            Instruments.Add(instrument);
            listener.EnableMeasurementEvents(instrument);
        };
        _meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Measured.Add(new Measured(instrument.Name, value, tags.ToArray())));
        _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Measured.Add(new Measured(instrument.Name, value, tags.ToArray())));
        _meters.Start();
        if (!traces)
            return;
        _activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ButlerTelemetry.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => sampled,
            ActivityStopped = Spans.Add,
        };
        ActivitySource.AddActivityListener(_activities);
    }

    public ConcurrentBag<Instrument> Instruments { get; } = [];

    public ConcurrentBag<Measured> Measured { get; } = [];

    /// <summary>The spans that have ended.</summary>
    public ConcurrentBag<Activity> Spans { get; } = [];

    /// <summary>What the instrument says when it is collected: each value behind its attributes, in the order of their text.</summary>
    public string[] Collect(string instrument)
    {
        Measured.Clear();
        _meters.RecordObservableInstruments();
        return [.. Measured.Where(m => m.Instrument == instrument).Select(m => $"{m.Text} = {m.Value}").Order(StringComparer.Ordinal)];
    }

    public Activity Span(ActivityKind kind, string name = "Tests.IProbe/WorkAsync") => Spans.Single(s => s.Kind == kind && s.OperationName == name);

    public void Dispose()
    {
        _meters.Dispose();
        _activities?.Dispose();
    }
}

/// <summary>One measurement.</summary>
sealed record Measured(string Instrument, double Value, KeyValuePair<string, object?>[] Tags)
{
    /// <summary>Its attributes, in their order.</summary>
    public string Text => string.Join(' ', Tags.Select(t => $"{t.Key}={t.Value}"));
}
