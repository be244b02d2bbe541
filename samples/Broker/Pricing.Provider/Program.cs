using ButlerRpc;
using Pricing.Contracts;

// --endpoint butler://host:port/channel                       the broker and the channel that is served
//            amqp://user:password@host:port/?channel=…        the same on RabbitMQ
if (args is not ["--endpoint", var endpoint])
{
    Console.Error.WriteLine("usage: --endpoint butler://host:port/channel, or amqp://user:password@host:port/?channel=…");
    return 2;
}

var options = new BrokerConnectionOptions { Carriers = [new RabbitMqCarrier()] }; // all that RabbitMQ asks of a program
options = options with { Client = options.Client with { SessionTimeout = TimeSpan.FromSeconds(20) } }; // what was started at the same time may take a moment
var pricing = new Prices($"process {Environment.ProcessId}");
await using (await BrokerProvider.ConnectAsync(endpoint, services => services.Add<IPricing>(pricing), options))
{
    Console.WriteLine("ready");
    using var input = Console.OpenStandardInput();
    await input.CopyToAsync(Stream.Null); // until whoever has started it lets go
}

Console.WriteLine($"stopped; {pricing.Quotes} quotes given");
return 0;

sealed class Prices(string name) : IPricing
{
    int _quotes;

    public int Quotes => _quotes;

    public async ValueTask<Quote> QuoteAsync(Basket basket, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken); // it has to ask somebody
        Interlocked.Increment(ref _quotes);
        return new Quote(basket.Number, basket.Lines.Sum(l => l.Quantity * l.UnitPrice), name);
    }
}
