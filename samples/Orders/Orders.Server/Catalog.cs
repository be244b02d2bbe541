using System.Collections.Frozen;
using System.Globalization;

namespace Orders.Server;

/// <summary>What the shop sells.</summary>
sealed class Catalog
{
    readonly FrozenDictionary<string, Product> _products;

    Catalog(IEnumerable<Product> products) => _products = products.ToFrozenDictionary(p => p.Sku, StringComparer.Ordinal);

    public IEnumerable<Product> Products => _products.Values;

    public Product? Find(string sku) => _products.GetValueOrDefault(sku);

    /// <summary>Reads lines of <c>sku; name; price; units in stock; most units in one order</c>.</summary>
    public static Catalog Read(string path)
    {
        var products = new List<Product>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
                continue;
            var columns = line.Split(';', StringSplitOptions.TrimEntries);
            if (columns.Length != 5
                || !decimal.TryParse(columns[2], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var price)
                || !int.TryParse(columns[3], NumberStyles.None, CultureInfo.InvariantCulture, out var stock)
                || !int.TryParse(columns[4], NumberStyles.None, CultureInfo.InvariantCulture, out var limit))
            {
                throw new InvalidDataException($"{path}({number}): expected 'sku; name; price; units in stock; most units in one order', found '{line}'");
            }

            products.Add(new Product(columns[0], columns[1], price, stock, limit));
        }

        return new Catalog(products);
    }
}

sealed record Product(string Sku, string Name, decimal Price, int InitialStock, int LimitPerOrder);
