using System.Globalization;
using System.Text.RegularExpressions;

namespace ButlerRpc.Samples.Tests;

/// <summary>
/// What has to come out of the Orders sample, calculated from its files in another way: one order after the other, in the order of the file, with a
/// single expression that says what a right line is.
/// </summary>
sealed partial class OrderBook
{
    OrderBook(IReadOnlyList<string> catalog, IReadOnlyList<string> file, bool backwards)
    {
        var products = catalog
            .Where(l => l.Length > 0 && l[0] != '#')
            .Select(l => l.Split(';'))
            .ToDictionary(c => c[0].Trim(), c => (Price: decimal.Parse(c[2], CultureInfo.InvariantCulture), Stock: int.Parse(c[3]), Limit: int.Parse(c[4])));
        Stock = products.Values.Sum(p => p.Stock);
        var taken = products.Keys.ToDictionary(sku => sku, _ => 0);
        var numbered = file.Select((text, index) => (Number: index + 1, Text: text)).Where(l => l.Text.Length > 0 && l.Text[0] != '#').ToList();
        WrongLines = [.. numbered.Where(l => !IsRight(l.Text)).Select(l => l.Number)];
        var orders = numbered.Where(l => IsRight(l.Text)).Select(l => l.Text).ToList();
        if (backwards)
            orders.Reverse();
        Orders = orders.Count;
        var confirmed = new HashSet<string>();
        foreach (var order in orders)
        {
            var items = ItemForm().Matches(order).Select(m => (Sku: m.Groups["sku"].Value, Units: int.Parse(m.Groups["units"].Value))).ToList();
            if (items.Any(i => !products.ContainsKey(i.Sku)))
                Refuse("UnknownItem");
            else if (items.Any(i => i.Units > products[i.Sku].Limit))
                Refuse("OverLimit");
            else if (confirmed.Contains(order[..order.IndexOf(';')]))
                Refuse("AlreadyPlaced");
            else if (items.Any(i => taken[i.Sku] + i.Units > products[i.Sku].Stock))
                Refuse("OutOfStock");
            else
                Confirm(order[..order.IndexOf(';')], items);
        }

        Confirmed = confirmed.Count;

        void Refuse(string reason) => Refusals[reason] = Refusals.GetValueOrDefault(reason) + 1;

        void Confirm(string number, IEnumerable<(string Sku, int Units)> items)
        {
            confirmed.Add(number);
            foreach (var (sku, units) in items)
            {
                taken[sku] += units;
                Units += units;
                Total += units * products[sku].Price;
            }
        }
    }

    public int Orders { get; }

    public IReadOnlyList<int> WrongLines { get; }

    public int Confirmed { get; }

    public int Units { get; private set; }

    public decimal Total { get; private set; }

    public int Stock { get; }

    public SortedDictionary<string, int> Refusals { get; } = new(StringComparer.Ordinal);

    /// <summary>The shipped files.</summary>
    public static OrderBook Shipped(bool backwards = false) => new(Lines("Orders.Server/catalog.csv"), Lines("Orders.Client/orders.csv"), backwards);

    static string[] Lines(string file) => Repository.Read($"samples/Orders/{file}").Split('\n');

    static bool IsRight(string line)
    {
        var match = LineForm().Match(line);
        return match.Success
            && DateTime.TryParseExact(match.Groups["date"].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            && match.Groups["sku"].Captures.Select(c => c.Value).Distinct().Count() == match.Groups["sku"].Captures.Count;
    }

    [GeneratedRegex(@"^SO-\d{6}-\d{3}; (?<date>\S+); [^;]+; [A-Z]{2}; (?<sku>[A-Z0-9-]+) x [1-9]\d{0,2}(, (?<sku>[A-Z0-9-]+) x [1-9]\d{0,2})*$")]
    private static partial Regex LineForm();

    [GeneratedRegex(@"(?<sku>[A-Z0-9-]+) x (?<units>\d+)(?=,|$)")]
    private static partial Regex ItemForm();
}
