using ButlerRpc;

namespace Orders.Contracts;

/// <summary>An order as the customer sent it.</summary>
[ButlerMessage]
public sealed partial record Order(string Number, DateOnly Date, string Customer, string Country, IReadOnlyList<OrderItem> Items);

/// <summary>So many units of one thing.</summary>
[ButlerMessage]
public sealed partial record OrderItem(string Sku, int Quantity);

/// <summary>What became of an order: exactly one of the two is there.</summary>
[ButlerMessage]
public sealed partial record OrderAnswer(Confirmation? Confirmation, Refusal? Refusal);

/// <summary>The order is taken, its items are reserved.</summary>
[ButlerMessage]
public sealed partial record Confirmation(int Units, decimal Total);

/// <summary>The order is not taken, and nothing was reserved.</summary>
[ButlerMessage]
public sealed partial record Refusal(RefusalReason Reason, string Text);

/// <summary>Why an order was not taken.</summary>
public enum RefusalReason
{
    /// <summary>The shop has no such item.</summary>
    UnknownItem = 1,

    /// <summary>More of an item than one order may have.</summary>
    OverLimit = 2,

    /// <summary>Not enough of an item is left.</summary>
    OutOfStock = 3,

    /// <summary>An order of this number has been confirmed before.</summary>
    AlreadyPlaced = 4,
}

/// <summary>The stock of the items that were asked for.</summary>
[ButlerMessage]
public sealed partial record StockReport(IReadOnlyList<StockLevel> Levels);

/// <summary>The stock of one item: what there was, and what is left.</summary>
[ButlerMessage]
public sealed partial record StockLevel(string Sku, int Initial, int Left);
