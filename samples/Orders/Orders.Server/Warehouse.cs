using System.Globalization;
using Orders.Contracts;

namespace Orders.Server;

/// <summary>The stock. One lock over all of it: an order reserves all its items or none, and a reservation takes less than a microsecond.</summary>
sealed class Warehouse
{
    readonly Catalog _catalog;
    readonly Lock _gate = new();
    readonly Dictionary<string, int> _left;
    readonly HashSet<string> _confirmed = new(StringComparer.Ordinal);

    public Warehouse(Catalog catalog)
    {
        _catalog = catalog;
        _left = catalog.Products.ToDictionary(p => p.Sku, p => p.InitialStock, StringComparer.Ordinal);
    }

    public int Confirmed
    {
        get
        {
            lock (_gate)
                return _confirmed.Count;
        }
    }

    public OrderAnswer Place(Order order)
    {
        var (units, total) = (0, 0m);
        foreach (var item in order.Items)
        {
            if (_catalog.Find(item.Sku) is not { } product)
                return Refused(RefusalReason.UnknownItem, $"there is no item '{item.Sku}'");
            if (item.Quantity > product.LimitPerOrder)
                return Refused(RefusalReason.OverLimit, Text($"{item.Quantity} of {item.Sku}; one order may have {product.LimitPerOrder}"));
            units += item.Quantity;
            total += item.Quantity * product.Price;
        }

        lock (_gate)
        {
            if (_confirmed.Contains(order.Number))
                return Refused(RefusalReason.AlreadyPlaced, $"{order.Number} has been confirmed before");
            foreach (var item in order.Items)
            {
                if (_left[item.Sku] < item.Quantity)
                    return Refused(RefusalReason.OutOfStock, Text($"{item.Quantity} of {item.Sku}; {_left[item.Sku]} are left"));
            }

            foreach (var item in order.Items)
                _left[item.Sku] -= item.Quantity;
            _confirmed.Add(order.Number);
        }

        return new OrderAnswer(new Confirmation(units, total), null);
    }

    public StockReport Report(string skuPrefix)
    {
        var products = _catalog.Products.Where(p => p.Sku.StartsWith(skuPrefix, StringComparison.Ordinal)).OrderBy(p => p.Sku, StringComparer.Ordinal);
        lock (_gate)
            return new StockReport([.. products.Select(p => new StockLevel(p.Sku, p.InitialStock, _left[p.Sku]))]);
    }

    static OrderAnswer Refused(RefusalReason reason, string text) => new(null, new Refusal(reason, text));

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
