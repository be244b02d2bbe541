using ButlerRpc;

namespace Orders.Contracts;

/// <summary>Takes orders and keeps the stock.</summary>
[ButlerService]
public partial interface IOrderService
{
    /// <summary>Places an order as a whole: either all its items are reserved or none. An order number is confirmed once, however often it is sent.</summary>
    ValueTask<OrderAnswer> PlaceAsync(Order order, CallContext context = default);

    /// <summary>The stock of the items whose sku begins with a text, of all with an empty one; as of one moment.</summary>
    ValueTask<StockReport> GetStockAsync(string skuPrefix, CancellationToken cancellationToken = default);
}
