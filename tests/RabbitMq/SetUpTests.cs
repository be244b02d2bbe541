using ButlerRpc.RabbitMq.Connecting;
using ButlerRpc.RabbitMq.Tests.Support;

namespace ButlerRpc.RabbitMq.Tests;

/// <summary>Endpoints, and contracts that cannot be carried.</summary>
public class SetUpTests
{
    const string Channel = "6f1c0f5e-3b1d-4a39-9d7e-0d8a4e0f6b11";

    [Test]
    public void Endpoints_name_nodes_and_one_channel()
    {
        var endpoints = AmqpEndpoints.Parse($"amqp://u:p@one:5673/v?channel={Channel}, amqps://u:p@two");
        Assert.That(endpoints.Channel, Is.EqualTo(new Guid(Channel)));
        Assert.That(endpoints.Nodes.Select(AmqpEndpoints.Shown), Is.EqualTo(new[] { "amqp://one:5673/v", "amqps://two:5671" }));
        Assert.That(endpoints.Nodes[0].UserInfo, Is.EqualTo("u:p"));
    }

    [TestCase("amqp://u:secret@one", "names no channel")]
    [TestCase("amqp://u:secret@one?channel=abc", "'abc' of 'amqp://one:5672' is not a channel")]
    [TestCase("amqp://u:secret@one?chanel=" + Channel, "'chanel' of 'amqp://one:5672' is not an option")]
    [TestCase("http://u:secret@one?channel=" + Channel, "is not an endpoint of RabbitMQ")]
    [TestCase("amqp://u:secret@one:port?channel=" + Channel, "is not an endpoint of RabbitMQ")]
    [TestCase("amqp://u:secret@one?channel=" + Channel + ",amqp://two?channel=5d0f7a52-6f0e-4c55-9b9e-0d5f2f0f8a11", "names the channels")]
    [TestCase("", "names no channel")]
    public void Bad_endpoint_is_refused_with_the_forms_that_are_accepted_and_without_its_password(string endpoints, string why)
    {
        var failure = Assert.Throws<ArgumentException>(() => AmqpEndpoints.Parse(endpoints));
        Assert.That(failure!.Message, Does.Contain(why).And.Not.Contains("secret"));
    }

    [Test]
    public async Task Provider_of_a_contract_with_a_stream_or_a_callback_is_refused_before_it_connects()
    {
        var options = new BrokerConnectionOptions { Carriers = [new RabbitMqCarrier()] };
        var endpoint = $"amqp://nowhere.invalid?channel={Channel}";
        var stream = await Assert.ThrowsAsync<NotSupportedException>(() => BrokerProvider.ConnectAsync(endpoint, s => s.Add<IFeed>(new Feed()), options));
        Assert.That(stream!.Message, Does.Contain("IFeed.WatchAsync returns a stream"));
        var callback = await Assert.ThrowsAsync<NotSupportedException>(() => BrokerProvider.ConnectAsync(endpoint, s => s.Add<IDoor>(new Door()), options));
        Assert.That(callback!.Message, Does.Contain("IDoor calls back on").And.Contains("IBell"));
    }

    [Test]
    public async Task Contract_with_a_stream_or_a_callback_is_refused_where_it_is_created_and_where_it_is_added()
    {
        await using var place = await Place.OpenAsync();
        await using var consumer = await place.ConsumeAsync();
        await using var provider = await place.ProvideAsync(new Ledger());
        Assert.That(() => consumer.Create<IFeed>(), Throws.InstanceOf<NotSupportedException>().With.Message.Contains("IFeed.WatchAsync returns a stream"));
        Assert.That(() => consumer.Create<IDoor>(), Throws.InstanceOf<NotSupportedException>().With.Message.Contains("IBell"));
        Assert.That(() => provider.Add<IFeed>(new Feed()), Throws.InstanceOf<NotSupportedException>().With.Message.Contains("IFeed.WatchAsync returns a stream"));
        Assert.That(() => provider.Add<IDoor>(new Door()), Throws.InstanceOf<NotSupportedException>().With.Message.Contains("IBell"));
        Assert.That(provider.Services.Services, Does.Not.Contain(typeof(IFeed).FullName));
    }

    [Test]
    public async Task Broker_that_cannot_be_reached_is_told_where_it_is_connected()
    {
        var options = new BrokerConnectionOptions { Carriers = [new RabbitMqCarrier()] };
        using var closed = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        closed.Start();
        var port = ((System.Net.IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        var failure = await Assert.ThrowsAsync<ButlerException>(() => BrokerConsumer.ConnectAsync($"amqp://127.0.0.1:{port}?channel={Channel}", options));
        failure!.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoSession);
    }

    sealed class Feed : IFeed
    {
        public ValueTask<Entry> LatestAsync(CancellationToken cancellationToken) => new(new Entry(1));

        public IAsyncEnumerable<Entry> WatchAsync(Entry from, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    sealed class Door : IDoor
    {
        public ValueTask KnockAsync(Entry entry, CancellationToken cancellationToken) => default;
    }
}
