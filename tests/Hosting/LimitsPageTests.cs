using System.Globalization;
using System.Reflection;
using ButlerRpc.Messaging;
using ButlerRpc.Streams;

namespace ButlerRpc.Hosting.Tests;

/// <summary>The page that tells users the limits is compared with the options.</summary>
sealed class LimitsPageTests
{
    static readonly string Page = File.ReadAllText(Find("docs/limits.md", AppContext.BaseDirectory));

    [TestCase(typeof(ButlerLimits))]
    [TestCase(typeof(ButlerServerOptions))]
    [TestCase(typeof(ButlerClientOptions))]
    [TestCase(typeof(ButlerRetryOptions))]
    [TestCase(typeof(IprotoOptions))]
    [TestCase(typeof(ButlerStreamsOptions))]
    [TestCase(typeof(ButlerMessengerOptions))]
    public void The_page_has_every_limit_with_its_default(Type options)
    {
        var heading = $": `{options.Name}`\n";
        var rows = Page.Split("\n## ").Single(section => section.Contains(heading)).Split('\n');
        var defaults = Activator.CreateInstance(options);

        Assert.Multiple(() =>
        {
            foreach (var limit in options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(IsLimit))
                Assert.That(rows, Has.One.StartsWith($"| `{limit.Name}` | {Text(limit, defaults)} |"), limit.Name);
        });
    }

    static bool IsLimit(PropertyInfo property) =>
        (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) is var type && (type == typeof(int) || type == typeof(double) || type == typeof(TimeSpan));

    static string Text(PropertyInfo limit, object? defaults) => limit.GetValue(defaults) switch
    {
        null => "none",
        _ when limit.Name == nameof(ButlerClientOptions.MaxSessionsPerEndpoint) => "the number of cores, at most 4",
        TimeSpan time when time == Timeout.InfiniteTimeSpan => "infinite",
        TimeSpan { Ticks: 0 } => "0 s",
        TimeSpan { TotalSeconds: < 1 } time => $"{time.TotalMilliseconds} ms",
        TimeSpan time => $"{time.TotalSeconds} s",
        int number when number >= 1 << 20 && number % (1 << 20) == 0 => $"{number >> 20} MiB",
        int number when number > 1024 && number % 1024 == 0 && limit.Name.EndsWith("Bytes", StringComparison.Ordinal) => $"{number >> 10} KiB",
        int number and >= 10_000 => number.ToString("#,##0", CultureInfo.InvariantCulture).Replace(',', ' '),
        var value => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };

    static string Find(string path, string directory) => File.Exists(Path.Combine(directory, path))
        ? Path.Combine(directory, path)
        : Find(path, Path.GetDirectoryName(directory) ?? throw new FileNotFoundException(path));
}
