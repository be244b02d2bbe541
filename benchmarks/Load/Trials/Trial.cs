using ButlerRpc.Benchmarks.Load.Roles;

namespace ButlerRpc.Benchmarks.Load.Trials;

/// <summary>A measurement that is not a rate of calls between one client and one server.</summary>
abstract class Trial
{
    public abstract string Title { get; }

    public abstract Task<Finding> RunAsync(Plan plan);
}

/// <summary>What a trial found out: a table, and the same in numbers by which targets are judged and files are read.</summary>
sealed record Finding(string Title, IReadOnlyList<string> Head, IReadOnlyList<IReadOnlyList<string>> Rows, IReadOnlyList<string> Notes, IReadOnlyDictionary<string, double> Figures);
