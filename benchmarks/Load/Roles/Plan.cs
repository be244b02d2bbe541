using System.Globalization;
using ButlerRpc.Benchmarks.Load.Contestants;

namespace ButlerRpc.Benchmarks.Load.Roles;

/// <summary>What is to be measured, as the command line says it.</summary>
sealed record Plan
{
    public const string Usage =
        """
        benchmarks/run.sh [options]
          --quick                 one run of 1 s, no system calls: to see that it works
          --warm-up S             seconds before each measurement (3); goes on, at most 10 s more, until the JIT is done
          --measure S             seconds of each measurement (8)
          --runs N                runs; contestants take turns within each (3)
          --rows LIST             kind:bytes:callers:sessions, separated by commas (unary:32:1:1,unary:32:64:1,unary:32:256:1,bulk:1048576:4:1,
                                  unary:32:4:1,mixed:1048576:4:1)
          --contestants LIST      names, separated by commas (all)
          --no-system-calls       leave out the pass that counts system calls
          --nice N                niceness of the measured processes; negative on a machine that others use too (0)
          --out FOLDER            where the results go (benchmarks/results)
          --version TEXT          what was measured, for the report's head
        """;

    public double WarmUp { get; init; } = 3;

    public double Measure { get; init; } = 8;

    public int Runs { get; init; } = 3;

    public IReadOnlyList<Workload> Rows { get; init; } = Workload.Standard;

    public IReadOnlyList<Contestant> Contestants { get; init; } = Contestant.All;

    public bool SystemCalls { get; init; } = true;

    public int Niceness { get; init; }

    public string Out { get; init; } = "results";

    public string Version { get; init; } = "unknown";

    public static Plan Parse(IReadOnlyList<string> arguments)
    {
        var plan = new Plan();
        for (var i = 0; i < arguments.Count; i++)
        {
            string Value() => ++i < arguments.Count ? arguments[i] : throw new FormatException($"{arguments[i - 1]} needs a value");
            double Number() => double.Parse(Value(), CultureInfo.InvariantCulture);
            plan = arguments[i] switch
            {
                "--quick" => plan with { WarmUp = 1, Measure = 1, Runs = 1, SystemCalls = false },
                "--warm-up" => plan with { WarmUp = Number() },
                "--measure" => plan with { Measure = Number() },
                "--runs" => plan with { Runs = (int)Number() },
                "--rows" => plan with { Rows = [.. Value().Split(',').Select(Workload.Parse)] },
                "--contestants" => plan with { Contestants = [.. Value().Split(',').Select(Contestant.Of)] },
                "--no-system-calls" => plan with { SystemCalls = false },
                "--nice" => plan with { Niceness = (int)Number() },
                "--out" => plan with { Out = Value() },
                "--version" => plan with { Version = Value() },
                var other => throw new FormatException($"'{other}' is not an option"),
            };
        }

        return plan;
    }
}
