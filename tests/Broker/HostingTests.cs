using System.Diagnostics.Metrics;
using ButlerRpc.Hosting;
using ButlerRpc.Runtime.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ButlerRpc.Broker.Tests;

/// <summary>A broker in a host, over real sockets.</summary>
public class HostingTests
{
    const string Channel = "5d0f7a52-6f0e-4c55-9b9e-0d5f2f0f8a11";

    [Test]
    public async Task One_line_adds_a_broker_that_starts_and_stops_with_the_host()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddButlerBroker(o => o.Listen("tcp://127.0.0.1:0"));
        using var host = builder.Build();
        await host.StartAsync();
        var broker = host.Services.GetRequiredService<ButlerBrokerHost>().Broker;
        Assert.That(broker.Endpoints[0].ToString(), Is.EqualTo($"tcp://127.0.0.1:{broker.Endpoints[0].Port}"));
        var endpoint = $"butler://127.0.0.1:{broker.Endpoints[0].Port}/{Channel}";
        await using (await BrokerProvider.ConnectAsync(endpoint, s => s.Add(new Probe()), Waiting.Long))
        await using (var consumer = await BrokerConsumer.ConnectAsync(endpoint, Waiting.Long))
            Assert.That(await consumer.CallAsync(Methods.Work, 7), Is.EqualTo(7));
        await host.StopAsync();
    }

    [Test]
    public async Task Host_whose_broker_has_no_endpoint_does_not_start()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddButlerBroker(_ => { });
        using var host = builder.Build();
        var failure = await Thrown.OfAsync<InvalidOperationException>(() => host.StartAsync());
        Assert.That(failure.Message, Does.Contain("AddButlerBroker"));
    }

    [Test]
    public async Task Meter_tells_what_the_statistics_tell()
    {
        await using var broker = await ButlerBroker.StartAsync("tcp://127.0.0.1:0");
        var endpoint = $"butler://127.0.0.1:{broker.Endpoints[0].Port}/{Channel}";
        await using var provider = await BrokerProvider.ConnectAsync(endpoint, s => s.Add(new Probe()), Waiting.Long);
        await using var consumer = await BrokerConsumer.ConnectAsync(endpoint, Waiting.Long);
        for (var i = 0; i < 5; i++)
            await consumer.CallAsync(Methods.Work, i);
        var seen = new Dictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == "ButlerRpc.Broker")
                    l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (tags is [{ Key: "server.address", Value: "127.0.0.1" }, { Key: "server.port", Value: int port }] && port == broker.Endpoints[0].Port)
                seen[instrument.Name] = value;
        });
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.That((seen["butlerrpc.broker.calls"], seen["butlerrpc.broker.answered"], seen["butlerrpc.broker.providers"]), Is.EqualTo((5L, 5L, 1L)));
    }

    [Test]
    public async Task Every_instrument_has_its_row_on_the_page_with_kind_and_unit_and_there_are_no_others()
    {
        await using var broker = await ButlerBroker.StartAsync("tcp://127.0.0.1:0");
        var rows = new HashSet<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == "ButlerRpc.Broker")
                    rows.Add($"| `{instrument.Name}` | {(instrument is ObservableCounter<long> ? "counter" : "up-down counter")}, `{instrument.Unit}` |");
            },
        };
        listener.Start();
        var page = File.ReadLines(Repository.Path("docs", "broker.md")).Where(line => line.StartsWith("| `butlerrpc.", StringComparison.Ordinal)).Select(line => line[..(line.LastIndexOf(" | ", StringComparison.Ordinal) + 2)]);
        Assert.That(page, Is.EquivalentTo(rows));
    }
}
