using ButlerRpc;
using Orders.Contracts;

namespace Orders.Server;

/// <summary>The service as its callers see it. One object serves all calls, many at a time.</summary>
sealed class OrderServiceImpl(Warehouse warehouse, Counter counter) : IOrderService
{
    public async ValueTask<OrderAnswer> PlaceAsync(Order order, CallContext context)
    {
        Check(order);
        await counter.PassAsync(context.CancellationToken);
        return warehouse.Place(order);
    }

    public ValueTask<StockReport> GetStockAsync(string skuPrefix, CancellationToken cancellationToken) => new(warehouse.Report(skuPrefix));

    // What arrives was decoded, so it has the right types; whether it makes sense is for the service to say.
    static void Check(Order order)
    {
        if (order.Number.Length == 0)
            throw new ButlerException(ButlerStatus.InvalidArgument, "an order needs a number");
        if (order.Items.Count == 0)
            throw new ButlerException(ButlerStatus.InvalidArgument, $"{order.Number} has no items");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in order.Items)
        {
            if (item.Quantity < 1)
                throw new ButlerException(ButlerStatus.InvalidArgument, $"{order.Number} asks for {item.Quantity} of {item.Sku}; the least is 1");
            if (!seen.Add(item.Sku))
                throw new ButlerException(ButlerStatus.InvalidArgument, $"{order.Number} has {item.Sku} twice");
        }
    }
}
