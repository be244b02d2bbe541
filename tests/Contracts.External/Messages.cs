namespace ButlerRpc.Contracts.External;

[ButlerMessage(Code = 101)]
public sealed partial record Text(string Value);

[ButlerMessage]
public sealed partial record Line(string Sku, int Count, decimal Price);

[ButlerMessage]
public sealed partial record Page<T>(IReadOnlyList<T> Items, int Total);

[ButlerMessage(Code = 102)]
public sealed partial record OutOfStock(string Sku, int Left);

public enum Colour : byte
{
    Red = 1,
    Green = 2,
}
