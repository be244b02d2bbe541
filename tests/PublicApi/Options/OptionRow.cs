using System.Globalization;
using System.Reflection;
using ButlerRpc.Streams;

namespace ButlerRpc.PublicApi.Tests.Options;

/// <summary>An option as docs/options.md tells it.</summary>
sealed record OptionRow(string Type, string Name, string Default, string Accepted)
{
    public static readonly IReadOnlyList<OptionRow> All =
    [
        .. from line in File.ReadLines(Pages.Path("options.md"))
           where line.StartsWith("| `", StringComparison.Ordinal)
           let cells = line.Split(" | ")
           let name = cells[0].Trim(' ', '|', '`').Split('.')
           select new OptionRow(name[0], name[1], cells[1], cells[2]),
    ];

    /// <summary>The records of options of all packages.</summary>
    public static readonly IReadOnlyList<Type> Types =
    [
        .. from file in Directory.GetFiles(AppContext.BaseDirectory, "ButlerRpc*.dll")
           let name = Path.GetFileNameWithoutExtension(file)
           where !name.EndsWith(".Tests", StringComparison.Ordinal)
           from type in Assembly.Load(name).GetExportedTypes()
           where type.Name.EndsWith("Options", StringComparison.Ordinal) || type.Name.EndsWith("Limits", StringComparison.Ordinal)
           select type,
    ];

    /// <summary>The option itself.</summary>
    public PropertyInfo Property => Types.Single(t => t.Name == Type).GetProperty(Name)!;

    public override string ToString() => $"{Type}.{Name}";

    public static IEnumerable<PropertyInfo> OptionsOf(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.SetMethod is { IsPublic: true } && p.DeclaringType == type);

    /// <summary>A default as the page writes it.</summary>
    public static string Text(PropertyInfo option, object? value) => value switch
    {
        _ when option.Name == nameof(ButlerClientOptions.MaxSessionsPerEndpoint) => "the number of cores, at most 4",
        null => "none",
        bool flag => flag ? "`true`" : "`false`",
        Enum choice => $"`{choice}`",
        TimeSpan time when time == Timeout.InfiniteTimeSpan => "infinite",
        TimeSpan { Ticks: 0 } => "0 s",
        TimeSpan { TotalSeconds: < 1 } time => $"{time.TotalMilliseconds} ms",
        TimeSpan time => $"{time.TotalSeconds} s",
        int number => Text(number, option.Name.EndsWith("Bytes", StringComparison.Ordinal)),
        long number => Text(number, isBytes: true),
        double number => number.ToString(CultureInfo.InvariantCulture),
        LengthPrefix prefix when prefix.MostBody == LengthPrefix.BuffStreams().MostBody && prefix.GetType() == LengthPrefix.BuffStreams().GetType() => "`LengthPrefix.BuffStreams()`",
        System.Collections.ICollection { Count: 0 } => "none",
        _ when Types.Contains(value.GetType()) => TextOfGroup(value),
        _ => throw new NotSupportedException($"{option.DeclaringType!.Name}.{option.Name} has the default {value}; say how the page writes it"),
    };

    static string Text(long number, bool isBytes) => number switch
    {
        >= 1 << 20 when number % (1 << 20) == 0 => $"{number >> 20} MiB",
        > 1024 when number % 1024 == 0 && isBytes => $"{number >> 10} KiB",
        >= 10_000 => number.ToString("#,##0", CultureInfo.InvariantCulture).Replace(',', ' '),
        _ => number.ToString(CultureInfo.InvariantCulture),
    };

    static string TextOfGroup(object group)
    {
        var differences = Differences(group, "").ToArray();
        return differences.Length == 0 ? "its own" : $"its own, but {string.Join(", ", differences)}";
    }

    static IEnumerable<string> Differences(object group, string path)
    {
        var own = Activator.CreateInstance(group.GetType());
        foreach (var option in OptionsOf(group.GetType()))
        {
            var (is_, was) = (option.GetValue(group), option.GetValue(own));
            if (Equals(is_, was))
                continue;
            if (is_ is not null && Types.Contains(is_.GetType()))
            {
                foreach (var inner in Differences(is_, $"{path}{option.Name}."))
                    yield return inner;
            }
            else
            {
                yield return $"`{path}{option.Name}` {Text(option, is_)}";
            }
        }
    }
}

/// <summary>The pages for users.</summary>
static class Pages
{
    public static string Path(string page) => Find(System.IO.Path.Combine("docs", page), AppContext.BaseDirectory);

    static string Find(string path, string directory) => File.Exists(System.IO.Path.Combine(directory, path))
        ? System.IO.Path.Combine(directory, path)
        : Find(path, System.IO.Path.GetDirectoryName(directory) ?? throw new FileNotFoundException(path));
}
