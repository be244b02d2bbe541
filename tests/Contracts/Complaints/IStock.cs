namespace ButlerRpc.Contracts.Tests.Complaints;

[ButlerService]
public partial interface IStock
{
    ValueTask<Item> FindAsync(string sku, CancellationToken cancellationToken = default);

    ValueTask<Shelf> ShelfAsync(int number, CancellationToken cancellationToken = default);

    ValueTask<int> CountAsync(string sku, CancellationToken cancellationToken = default);
}

/// <summary>Once it had no place.</summary>
[ButlerMessage]
public sealed partial record Item(string Sku, int Units, string? Place = null);

/// <summary>Once its height was a number.</summary>
[ButlerMessage]
public sealed partial record Shelf(int Number, string Height);
