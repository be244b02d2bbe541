using System.Globalization;
using System.Text.RegularExpressions;
using Orders.Contracts;

namespace Orders.Client;

/// <summary>A line of the file: an order, or what is wrong with it.</summary>
sealed record OrderLine(int Number, Order? Order, string? Error);

/// <summary>Reads files of <c>number; date; customer; country; items</c>, where items are <c>sku x quantity, sku x quantity …</c>.</summary>
static partial class OrderFile
{
    const int MostUnits = 999;

    public static IEnumerable<OrderLine> Read(string path)
    {
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line) || line[0] == '#')
                continue;
            yield return Parse(number, line);
        }
    }

    static OrderLine Parse(int number, string line)
    {
        try
        {
            return new OrderLine(number, ParseOrder(line), null);
        }
        catch (FormatException e)
        {
            return new OrderLine(number, null, e.Message);
        }
    }

    static Order ParseOrder(string line)
    {
        var columns = line.Split(';', StringSplitOptions.TrimEntries);
        if (columns.Length != 5)
            throw new FormatException($"expected 5 columns separated by ';', found {columns.Length}");
        if (columns[0].Length == 0)
            throw new FormatException("the order number is missing");
        if (!DateOnly.TryParseExact(columns[1], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            throw new FormatException($"'{columns[1]}' is not a date of the form 2026-03-31");
        if (columns[2].Length == 0)
            throw new FormatException("the customer is missing");
        if (!CountryCode().IsMatch(columns[3]))
            throw new FormatException($"'{columns[3]}' is not a country code of two letters");
        if (columns[4].Length == 0)
            throw new FormatException("there are no items");
        var items = Array.ConvertAll(columns[4].Split(',', StringSplitOptions.TrimEntries), ParseItem);
        if (items.GroupBy(i => i.Sku).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new FormatException($"the item '{twice.Key}' stands twice");
        return new Order(columns[0], date, columns[2], columns[3], items);
    }

    static OrderItem ParseItem(string text)
    {
        if (ItemForm().Match(text) is not { Success: true } match)
            throw new FormatException($"'{text}' is not an item of the form 'sku x quantity'");
        var quantity = match.Groups[2].Value;
        if (!int.TryParse(quantity, NumberStyles.None, CultureInfo.InvariantCulture, out var units) || units is < 1 or > MostUnits)
            throw new FormatException($"the quantity '{quantity}' is not a whole number from 1 to {MostUnits}");
        return new OrderItem(match.Groups[1].Value, units);
    }

    [GeneratedRegex("^[A-Z]{2}$")]
    private static partial Regex CountryCode();

    [GeneratedRegex(@"^(\S+) x (\S+)$")]
    private static partial Regex ItemForm();
}
