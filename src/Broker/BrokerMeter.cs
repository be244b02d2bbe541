using System.Diagnostics.Metrics;

namespace ButlerRpc.Broker;

/// <summary>
/// A broker's statistics as instruments of the meter <c>ButlerRpc.Broker</c>, tagged with its first endpoint. They are read when somebody listens, and cost nothing else.
/// </summary>
sealed class BrokerMeter : IDisposable
{
    const string Name = "ButlerRpc.Broker";
    readonly Meter _meter = new(Name);

    public BrokerMeter(ButlerBroker broker)
    {
        var endpoint = new KeyValuePair<string, object?>("endpoint", broker.Endpoints[0].ToString());
        Gauge("butler.broker.channels", "{channel}", "Channels that somebody is attached to", s => s.Channels);
        Gauge("butler.broker.consumers", "{consumer}", "Consumers that are attached", s => s.Consumers);
        Gauge("butler.broker.providers", "{provider}", "Providers that are attached", s => s.Providers);
        Gauge("butler.broker.in_flight", "{call}", "Calls that providers have", s => s.InFlight);
        Gauge("butler.broker.queued", "{call}", "Calls that wait for a provider", s => s.QueuedCalls);
        Gauge("butler.broker.queued_bytes", "By", "What they take", s => s.QueuedBytes);
        Counter("butler.broker.calls", "{call}", "Calls that consumers have made", s => s.Calls);
        Counter("butler.broker.answered", "{call}", "Calls that a provider has answered", s => s.Answered);
        Counter("butler.broker.failed", "{call}", "Calls that the broker itself has failed", s => s.Failed);
        Counter("butler.broker.refused", "{call}", "Calls for which the queue was full", s => s.Refused);
        Counter("butler.broker.no_provider", "{call}", "Calls that found no provider", s => s.NoProvider);
        Counter("butler.broker.notifies", "{message}", "One-way messages passed on", s => s.Notifies);
        Counter("butler.broker.notifies_dropped", "{message}", "One-way messages that nobody was there for", s => s.NotifiesDropped);
        Counter("butler.broker.slow_peers", "{peer}", "Peers closed because they did not read", s => s.SlowPeers);

        void Gauge(string name, string unit, string description, Func<BrokerStatistics, long> read) =>
            _meter.CreateObservableUpDownCounter(name, () => new Measurement<long>(read(broker.Statistics), endpoint), unit, description);

        void Counter(string name, string unit, string description, Func<BrokerStatistics, long> read) =>
            _meter.CreateObservableCounter(name, () => new Measurement<long>(read(broker.Statistics), endpoint), unit, description);
    }

    public void Dispose() => _meter.Dispose();
}
