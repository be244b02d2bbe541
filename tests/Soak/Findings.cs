using System.Runtime.CompilerServices;

namespace ButlerRpc.Soak;

/// <summary>A promise that was broken.</summary>
sealed record Finding(string Where, string Expected, string Happened)
{
    const string Mark = "broken\t";

    public static Finding? TryParse(string line) =>
        line.StartsWith(Mark, StringComparison.Ordinal) && line[Mark.Length..].Split('\t') is [var where, var expected, var happened] ? new(where, expected, happened) : null;

    /// <summary>One line, for another process.</summary>
    public string ToLine() => $"{Mark}{Flat(Where)}\t{Flat(Expected)}\t{Flat(Happened)}";

    static string Flat(string text) => text.ReplaceLineEndings(" ").Replace('\t', ' ');
}

/// <summary>The promises that were broken. Safe for use by several threads.</summary>
sealed class Findings(Action<Finding>? tell = null)
{
    readonly List<Finding> _all = [];

    public int Count
    {
        get
        {
            lock (_all)
                return _all.Count;
        }
    }

    public IReadOnlyList<Finding> All
    {
        get
        {
            lock (_all)
                return [.. _all];
        }
    }

    public void Add(string where, string expected, string happened) => Add(new(where, expected, happened));

    public void Add(Finding finding)
    {
        lock (_all)
            _all.Add(finding);
        tell?.Invoke(finding);
    }

    /// <summary>An exception inside the library that none of its users sees is a mistake in it: its own, those of the network and those of handlers are not.</summary>
    public void WatchExceptions()
    {
        var seen = new ConditionalWeakTable<Exception, Findings>(); // each is thrown again at every await
        AppDomain.CurrentDomain.FirstChanceException += (_, e) =>
        {
            if (IsMistake(e.Exception) && seen.TryAdd(e.Exception, this))
                Add("inside", "no exception that says that the program is wrong", $"{e.Exception.GetType()}: {e.Exception.Message} {Environment.StackTrace}");
        };
    }

    static bool IsMistake(Exception exception) =>
        exception is NullReferenceException or IndexOutOfRangeException or InvalidCastException or ArgumentException or KeyNotFoundException or NotSupportedException
            or (InvalidOperationException and not ObjectDisposedException);
}
