using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace ButlerRpc.PublicApi.Tests.Options;

/// <summary>What the page says is accepted, as the values on either side of its edges.</summary>
sealed partial record AcceptedValues(IReadOnlyList<object?> Good, IReadOnlyList<object?> Bad)
{
    static readonly AcceptedValues NothingToTry = new([], []);

    /// <summary>The numbers that an error has to name.</summary>
    public IReadOnlyList<long> Edges { get; init; } = [];

    /// <summary>The edges of a row's values, where other options of the same record may be one.</summary>
    public static AcceptedValues Of(OptionRow row, object options)
    {
        var type = row.Property.PropertyType;
        var isNullable = new NullabilityInfoContext().Create(row.Property).WriteState == NullabilityState.Nullable;
        var scalar = Nullable.GetUnderlyingType(type) ?? type;
        if (!scalar.IsValueType)
            return row.Accepted == (isNullable ? "–" : "not null") ? new([], isNullable ? [] : [null]) : throw Unclear(row);
        if (row.Accepted == "any")
            return NothingToTry;
        if (scalar == typeof(bool))
            return row.Accepted == "`true`, `false`" ? new([true, false], []) : throw Unclear(row);
        if (scalar.IsEnum)
            return row.Accepted == string.Join(", ", Enum.GetNames(scalar).Select(n => $"`{n}`")) ? OfChoice(scalar) : throw Unclear(row);
        var match = Range().Match(row.Accepted.Replace(" (never)", "", StringComparison.Ordinal));
        if (!match.Success)
            throw Unclear(row);
        var above = match.Groups["above"].Success;
        var (least, isFixed) = match.Groups["option"] is { Success: true } other
            ? (Value(options, other.Value) * (match.Groups["twice"].Success ? 2 : 1), false)
            : (Number(match.Groups["least"].Value), true);
        var most = match.Groups["most"] is { Success: true } end ? Number(end.Value) : (decimal?)null;
        return scalar == typeof(TimeSpan) ? OfTime((long)least, above, most ?? throw Unclear(row), match.Groups["infinite"].Success)
            : scalar == typeof(double) ? OfDouble((double)least, (double)most!)
            : OfWhole(scalar, (long)least, (long?)most) with { Edges = [.. isFixed ? [(long)least] : Array.Empty<long>(), .. isFixed && most is not null ? [(long)most] : Array.Empty<long>()] };
    }

    /// <summary>The option of the same record that is the lower edge of a row; null: none is.</summary>
    public static string? LowerEdgeOf(OptionRow row) => Range().Match(row.Accepted).Groups["option"] is { Success: true } option ? option.Value : null;

    /// <summary>The largest value that a row accepts.</summary>
    public static object? LargestOf(OptionRow row, object options) => Of(row, options).Good.LastOrDefault(v => !Equals(v, Timeout.InfiniteTimeSpan));

    static AcceptedValues OfChoice(Type choice)
    {
        var values = Enum.GetValues(choice).Cast<object>().ToArray();
        return new(values, [Enum.ToObject(choice, -1), Enum.ToObject(choice, values.Length)]);
    }

    static AcceptedValues OfTime(long least, bool above, decimal most, bool infinite)
    {
        var first = above ? least + 1 : least;
        object[] edges = [new TimeSpan(first), new TimeSpan((long)most)];
        object[] beyond = [new TimeSpan(first - 1), new TimeSpan((long)most + 1), TimeSpan.FromMilliseconds(-2), TimeSpan.MinValue, TimeSpan.MaxValue];
        return infinite ? new([.. edges, Timeout.InfiniteTimeSpan], beyond) : new(edges, [.. beyond, Timeout.InfiniteTimeSpan]);
    }

    static AcceptedValues OfDouble(double least, double most) => new([least, most], [least - 0.001, most + 0.001, double.NaN, double.PositiveInfinity]);

    static AcceptedValues OfWhole(Type type, long least, long? most)
    {
        var largest = most ?? (type == typeof(int) ? int.MaxValue : long.MaxValue);
        var beyond = type == typeof(int)
            ? new[] { least - 1, largest + 1, int.MinValue, int.MaxValue }.Where(v => v is >= int.MinValue and <= int.MaxValue)
            : new[] { least - 1, largest + 1, long.MinValue, long.MaxValue };
        return new([Of(least), Of(largest)], [.. beyond.Where(v => v < least || v > largest).Select(Of)]);

        object Of(long value) => Convert.ChangeType(value, type, CultureInfo.InvariantCulture);
    }

    static decimal Value(object options, string path)
    {
        var value = path.Split('.').Aggregate((object?)options, (from, name) => from!.GetType().GetProperty(name)!.GetValue(from));
        return value is TimeSpan time ? time.Ticks : Convert.ToDecimal(value, CultureInfo.InvariantCulture);
    }

    // "16 KiB", "1 000 000", "0.5"; times in ticks.
    static decimal Number(string text)
    {
        var unit = text.EndsWith(" ms", StringComparison.Ordinal) ? TimeSpan.TicksPerMillisecond
            : text.EndsWith(" s", StringComparison.Ordinal) ? TimeSpan.TicksPerSecond
            : text.EndsWith(" min", StringComparison.Ordinal) ? TimeSpan.TicksPerMinute
            : text.EndsWith("day", StringComparison.Ordinal) || text.EndsWith("days", StringComparison.Ordinal) ? TimeSpan.TicksPerDay
            : text.EndsWith("hour", StringComparison.Ordinal) ? TimeSpan.TicksPerHour
            : text.EndsWith("KiB", StringComparison.Ordinal) ? 1L << 10
            : text.EndsWith("MiB", StringComparison.Ordinal) ? 1L << 20
            : text.EndsWith("GiB", StringComparison.Ordinal) ? 1L << 30
            : text.EndsWith("TiB", StringComparison.Ordinal) ? 1L << 40
            : 1;
        var digits = string.Concat(text.Where(c => char.IsAsciiDigit(c) || c == '.'));
        return unit * (digits.Length == 0 ? 1 : decimal.Parse(digits, CultureInfo.InvariantCulture));
    }

    static AssertionException Unclear(OptionRow row) => new($"docs/options.md: {row} accepts '{row.Accepted}', which is no way of saying it for {row.Property.PropertyType}");

    [GeneratedRegex(@"^(?:at least (?<twice>twice )?`(?<option>[\w.]+)`(?:, to (?<most>.+))?|(?<above>above )?(?<least>[\d .]+(?: \w+)?)(?:,? to (?<most>[^;]+)| or more)(?<infinite>; or infinite)?)$")]
    private static partial Regex Range();
}
