namespace ButlerRpc.Contracts.Tests.Complaints;

[ButlerService]
public partial interface IStock
{
    ValueTask<Item> FindAsync(string sku, CancellationToken cancellationToken = default);

    ValueTask<Shelf> ShelfAsync(int number, CancellationToken cancellationToken = default);

    ValueTask<int> CountAsync(string sku, CancellationToken cancellationToken = default);
}

/// <summary>Later it has one member more.</summary>
[ButlerMessage]
public sealed partial record Item(string Sku, int Units);

/// <summary>Later its height is a text.</summary>
[ButlerMessage]
public sealed partial record Shelf(int Number, int Height);
