using System.Diagnostics.Metrics;

namespace ButlerRpc.Allocations;

/// <summary>Somebody who listens to what is measured of calls, while a test wants it.</summary>
static class Measurements
{
    static MeterListener? s_listener;
    static long s_count;

    /// <summary>"listen" begins; "deaf" ends, and gives how many there were.</summary>
    public static long? Answer(string line)
    {
        switch (line)
        {
            case "listen":
                s_listener = new MeterListener
                {
                    InstrumentPublished = static (instrument, listener) =>
                    {
                        if (instrument.Meter.Name == ButlerTelemetry.MeterName && instrument is Histogram<double>)
                            listener.EnableMeasurementEvents(instrument);
                    },
                };
                s_listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => Interlocked.Increment(ref s_count));
                s_listener.Start();
                return 0;
            case "deaf":
                s_listener?.Dispose();
                return Interlocked.Exchange(ref s_count, 0);
            default:
                return null;
        }
    }
}
