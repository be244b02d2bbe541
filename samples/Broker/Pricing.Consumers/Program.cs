using System.Collections.Concurrent;
using System.Globalization;
using ButlerRpc;
using Microsoft.Extensions.Configuration;
using Pricing.Contracts;

// --endpoint butler://host:port/channel     the broker and the channel that is called; or amqp://user:password@host:port/?channel=… on RabbitMQ
// --consumers 20                            so many, each with a connection of its own
// --quotes 200                              so many quotes each, ten at a time
var configuration = new ConfigurationBuilder().AddCommandLine(args).Build();
var endpoint = configuration["endpoint"] ?? throw new ArgumentException("--endpoint butler://host:port/channel is missing");
var consumers = configuration.GetValue("consumers", 20);
var quotes = configuration.GetValue("quotes", 200);
var total = consumers * quotes;
var options = new BrokerConnectionOptions { Carriers = [new RabbitMqCarrier()] }; // all that RabbitMQ asks of a program
options = options with { Client = options.Client with { SessionTimeout = TimeSpan.FromSeconds(20) } }; // what was started at the same time may take a moment
var run = new Run(total);
await Task.WhenAll(Enumerable.Range(0, consumers).Select(i => ConsumeAsync(i * quotes)));
Console.WriteLine($"right   : {run.Right} of {total} quotes");
Console.WriteLine($"failed  : {run.Failures.Count}{string.Concat(run.Failures.Take(3).Select(f => $"; {f}"))}");
Console.WriteLine($"spread  : {string.Join(", ", run.PerProvider.Values.OrderDescending())} by provider");
return run.Right == total ? 0 : 1;

async Task ConsumeAsync(int first)
{
    await using var consumer = await BrokerConsumer.ConnectAsync(endpoint, options);
    var pricing = consumer.Create<IPricing>();
    await Parallel.ForEachAsync(Enumerable.Range(first, quotes), new ParallelOptions { MaxDegreeOfParallelism = 10 }, async (number, stop) =>
    {
        var basket = new Basket(number, [new Line("A-1", 1 + number % 7, 3.50m), new Line("B-2", 1 + number % 3, 12.25m)]);
        try
        {
            var quote = await pricing.QuoteAsync(basket, stop);
            run.Add(quote, expected: (1 + number % 7) * 3.50m + (1 + number % 3) * 12.25m, number);
        }
        catch (ButlerException e)
        {
            run.Fail(string.Create(CultureInfo.InvariantCulture, $"quote {number}: {e.Status} ({e.Certainty})"));
        }
    });
}

sealed class Run(int total)
{
    int _done;
    int _right;

    public int Right => _right;

    public ConcurrentQueue<string> Failures { get; } = new();

    public ConcurrentDictionary<string, int> PerProvider { get; } = new();

    public void Add(Quote quote, decimal expected, int number)
    {
        if (quote.Number == number && quote.Total == expected)
            Interlocked.Increment(ref _right);
        else
            Failures.Enqueue($"quote {number}: {quote.Total} instead of {expected}");
        PerProvider.AddOrUpdate(quote.Provider, 1, static (_, count) => count + 1);
        Count();
    }

    public void Fail(string what)
    {
        Failures.Enqueue(what);
        Count();
    }

    void Count()
    {
        if (Interlocked.Increment(ref _done) == total / 2)
            Console.WriteLine("half way");
    }
}
