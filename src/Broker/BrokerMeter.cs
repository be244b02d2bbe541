using System.Diagnostics.Metrics;
using ButlerRpc.Diagnostics;

namespace ButlerRpc.Broker;

/// <summary>
/// A broker's statistics as instruments of the meter <c>ButlerRpc.Broker</c>, named by its first endpoint. They are read when somebody listens, and cost nothing else.
/// </summary>
sealed class BrokerMeter : IDisposable
{
    const string Name = "ButlerRpc.Broker";
    readonly Meter _meter = new(Name);

    public BrokerMeter(ButlerBroker broker)
    {
        var server = new ServerName(broker.Endpoints[0]);
        KeyValuePair<string, object?>[] tags = server.Port is { } port ? [new("server.address", server.Address), new("server.port", port)] : [new("server.address", server.Address)];
        Gauge("butlerrpc.broker.channels", "{channel}", "Channels that somebody is attached to", s => s.Channels);
        Gauge("butlerrpc.broker.consumers", "{consumer}", "Consumers that are attached", s => s.Consumers);
        Gauge("butlerrpc.broker.providers", "{provider}", "Providers that are attached", s => s.Providers);
        Gauge("butlerrpc.broker.in_flight", "{call}", "Calls that providers have", s => s.InFlight);
        Gauge("butlerrpc.broker.queued", "{call}", "Calls that wait for a provider", s => s.QueuedCalls);
        Gauge("butlerrpc.broker.queued_bytes", "By", "What they take", s => s.QueuedBytes);
        Counter("butlerrpc.broker.calls", "{call}", "Calls that consumers have made", s => s.Calls);
        Counter("butlerrpc.broker.answered", "{call}", "Calls that a provider has answered", s => s.Answered);
        Counter("butlerrpc.broker.failed", "{call}", "Calls that the broker itself has failed", s => s.Failed);
        Counter("butlerrpc.broker.refused", "{call}", "Calls for which the queue was full", s => s.Refused);
        Counter("butlerrpc.broker.no_provider", "{call}", "Calls that found no provider", s => s.NoProvider);
        Counter("butlerrpc.broker.notifies", "{message}", "One-way messages passed on", s => s.Notifies);
        Counter("butlerrpc.broker.notifies_dropped", "{message}", "One-way messages that nobody was there for", s => s.NotifiesDropped);
        Counter("butlerrpc.broker.slow_peers", "{peer}", "Peers closed because they did not read", s => s.SlowPeers);

        void Gauge(string name, string unit, string description, Func<BrokerStatistics, long> read) =>
            _meter.CreateObservableUpDownCounter(name, () => new Measurement<long>(read(broker.Statistics), tags), unit, description);

        void Counter(string name, string unit, string description, Func<BrokerStatistics, long> read) =>
            _meter.CreateObservableCounter(name, () => new Measurement<long>(read(broker.Statistics), tags), unit, description);
    }

    public void Dispose() => _meter.Dispose();
}
