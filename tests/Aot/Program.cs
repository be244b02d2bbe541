// Serves a contract and calls it, in one process over real sockets, directly and through a broker: published ahead of time, and trimmed. Prints "ok" when everything came back as it should.
using ButlerRpc;

await using var server = await ButlerServer.StartAsync("tcp://127.0.0.1:0", s => s.Add<IShop>(new Shop()));
await using var client = await ButlerClient.ConnectAsync(server.Endpoints[0].ToString());
await UseAsync(client.Create<IShop>());

await using var broker = await ButlerBroker.StartAsync("tcp://127.0.0.1:0");
var channel = $"butler://127.0.0.1:{broker.Endpoints[0].Port}/6f1c0f5e-3b1d-4a39-9d7e-0d8a4e0f6b11";
await using var provider = await BrokerProvider.ConnectAsync(channel, s => s.Add<IShop>(new Shop()));
await using var consumer = await BrokerConsumer.ConnectAsync(channel, new BrokerConnectionOptions { ProviderWait = TimeSpan.FromSeconds(10) });
await UseAsync(consumer.Create<IShop>());
Console.WriteLine("ok");

static async Task UseAsync(IShop shop)
{
    var order = new Order(7, "Ada", [new Line("lamp", 2, 19.95m), new Line("bulb", 3, 1.5m)], Colour.Green, null);
    var receipt = await shop.PlaceAsync(order);
    Check(receipt.Total == 44.4m && receipt.Order == order.Id, "the receipt");
    Check(await shop.CountAsync(["a", "b"], new Dictionary<string, int> { ["c"] = 3 }) == 5, "several arguments");
    Check((await shop.PageAsync(2)).Items is [1, 2], "a closed generic");
    try
    {
        await shop.PlaceAsync(order with { Note = "fail" });
        Check(false, "a fault");
    }
    catch (ButlerFaultException<OutOfStock> e)
    {
        Check(e.Fault.Sku == "lamp", "a fault's data");
    }

    var items = 0;
    await foreach (var number in shop.NumbersAsync(5))
        items += number;
    Check(items == 10, "a stream");
}

static void Check(bool condition, string what)
{
    if (!condition)
        throw new InvalidOperationException($"{what} did not come back as it should");
}

[ButlerMessage(Code = 1)]
public sealed partial record Order(int Id, string Customer, IReadOnlyList<Line> Lines, Colour Colour, string? Note);

[ButlerMessage]
public readonly partial record struct Line(string Sku, int Count, decimal Price);

[ButlerMessage(Code = 2)]
public sealed partial record Receipt(int Order, decimal Total);

[ButlerMessage(Code = 3)]
public sealed partial record OutOfStock(string Sku);

[ButlerMessage]
public sealed partial record Page<T>(T[] Items);

public enum Colour
{
    Red,
    Green,
}

[ButlerService]
public partial interface IShop
{
    [Throws<OutOfStock>]
    ValueTask<Receipt> PlaceAsync(Order order, CancellationToken cancellationToken = default);

    Task<int> CountAsync(IReadOnlyList<string> names, Dictionary<string, int> counts, CancellationToken cancellationToken = default);

    ValueTask<Page<int>> PageAsync(int size, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> NumbersAsync(int count, CancellationToken cancellationToken = default);
}

sealed class Shop : IShop
{
    public ValueTask<Receipt> PlaceAsync(Order order, CancellationToken cancellationToken) => order.Note is null
        ? new(new Receipt(order.Id, order.Lines.Sum(l => l.Count * l.Price)))
        : throw new ButlerFaultException<OutOfStock>(new OutOfStock(order.Lines[0].Sku));

    public Task<int> CountAsync(IReadOnlyList<string> names, Dictionary<string, int> counts, CancellationToken cancellationToken) =>
        Task.FromResult(names.Count + counts.Values.Sum());

    public ValueTask<Page<int>> PageAsync(int size, CancellationToken cancellationToken) => new(new Page<int>([.. Enumerable.Range(1, size)]));

    public async IAsyncEnumerable<int> NumbersAsync(int count, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }
}
