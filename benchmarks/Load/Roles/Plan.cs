using System.Globalization;
using ButlerRpc.Benchmarks.Load.Contestants;
using ButlerRpc.Benchmarks.Load.Trials;

namespace ButlerRpc.Benchmarks.Load.Roles;

/// <summary>A row, and who takes part in it.</summary>
sealed record PlannedRow(Workload Workload, IReadOnlyList<Contestant> Contestants);

/// <summary>What is to be measured, as the command line says it.</summary>
sealed record Plan
{
    public const string Usage =
        """
        benchmarks/run.sh [what] [options]

        What, one or several; nothing: all of it, which takes hours:
          --grid                  echoes of 32 B to 1 MiB by 1 to 256 callers over 1 and 4 sessions
          --streams               server, client and duplex streams of 32 B items
          --mixed                 small calls beside large replies
          --callers               64 to 4096 callers, with the memory they take
          --open-loop             latencies at a fixed rate while one handler in a hundred is slow
          --cancel-storm          calls that are cancelled while their handlers wait
          --cold-start            from the start of a process to its first reply
          --idle                  thousands of sessions without a call
          --broker                through a broker and a RabbitMQ server
          --targets               what the targets of docs/performance.md are about, and a table of them; about 25 minutes
          --rows LIST             kind:bytes:callers:sessions, separated by commas: unary:32:64:1, bulk:1048576:4:1, mixed:1048576:4:1, apart:1048576:4:1,
                                  serverstream:32:1:1, clientstream:32:1:1, duplex:32:1:1, paced:32:20000:1 (calls a second), pacedblocking:32:20000:1, cancelstorm:32:64:1
        Options:
          --quick                 one run of 1 s of a little of everything, no system calls: to see that it works
          --warm-up S             seconds before each measurement (3); goes on, at most 10 s more, until the JIT is done
          --measure S             seconds of each measurement (8)
          --runs N                runs; contestants take turns within each (3)
          --contestants LIST      only these, separated by commas
          --idle-sessions N       how many sessions --idle holds (9000)
          --idle-seconds S        and for how long (60)
          --no-system-calls       leave out the pass that counts system calls
          --nice N                niceness of the measured processes; negative on a machine that others use too (0)
          --out FOLDER            where the results go (benchmarks/results)
          --version TEXT          what was measured, for the report's head
        """;

    public double WarmUp { get; init; } = 3;

    /// <summary>Seconds by which the warm-up is made longer at most, while the JIT is at work.</summary>
    public int MostExtraWarmUp { get; init; } = 10;

    public double Measure { get; init; } = 8;

    public int Runs { get; init; } = 3;

    public bool Quick { get; init; }

    public IReadOnlyList<Suite> Suites { get; init; } = [];

    public IReadOnlyList<Workload> ExtraRows { get; init; } = [];

    /// <summary>Null: all.</summary>
    public IReadOnlyList<Contestant>? Only { get; init; }

    public int IdleSessions { get; init; } = 9000;

    public double IdleSeconds { get; init; } = 60;

    public int ColdStarts { get; init; } = 20;

    public bool SystemCalls { get; init; } = true;

    public int Niceness { get; init; }

    public string Out { get; init; } = "results";

    public string Version { get; init; } = "unknown";

    /// <summary>The rows of all suites, each once.</summary>
    public IReadOnlyList<PlannedRow> Rows
    {
        get
        {
            var rows = Chosen.SelectMany(s => s.Rows(Quick)).Concat(ExtraRows.Select(r => new PlannedRow(r, Contestant.All)));
            return
            [
                .. rows.GroupBy(r => r.Workload).Select(g => new PlannedRow(
                    g.Key, [.. Contestant.All.Where(c => g.Any(r => r.Contestants.Contains(c)) && (Only is null || Only.Contains(c)))])),
            ];
        }
    }

    public IReadOnlyList<Trial> Trials => [.. Chosen.SelectMany(s => s.Trials).Distinct()];

    public bool HasTargets => Chosen.Contains(Suite.Targets);

    IReadOnlyList<Suite> Chosen => Suites.Count > 0 || ExtraRows.Count > 0 ? Suites : Suite.All;

    public static Plan Parse(IReadOnlyList<string> arguments)
    {
        var plan = new Plan();
        for (var i = 0; i < arguments.Count; i++)
        {
            string Value() => ++i < arguments.Count ? arguments[i] : throw new FormatException($"{arguments[i - 1]} needs a value");
            double Number() => double.TryParse(Value(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw new FormatException($"{arguments[i - 1]} takes a number, not '{arguments[i]}'");
            int Count() => Number() is >= 1 and <= 1e9 and var number ? (int)number : throw new FormatException($"{arguments[i - 1]} takes a number above 0, not '{arguments[i]}'");
            plan = arguments[i] switch
            {
                "--quick" => plan with
                {
                    Quick = true, WarmUp = 1, MostExtraWarmUp = 0, Measure = 1, Runs = 1, SystemCalls = false, IdleSessions = 200, IdleSeconds = 2, ColdStarts = 3,
                },
                "--warm-up" => plan with { WarmUp = Number() },
                "--measure" => plan with { Measure = Number() },
                "--runs" => plan with { Runs = Count() },
                "--rows" => plan with { ExtraRows = [.. Value().Split(',').Select(Workload.Parse)] },
                "--contestants" => plan with { Only = [.. Value().Split(',').Select(Contestant.Of)] },
                "--idle-sessions" => plan with { IdleSessions = Count() },
                "--idle-seconds" => plan with { IdleSeconds = Number() },
                "--no-system-calls" => plan with { SystemCalls = false },
                "--nice" => plan with { Niceness = (int)Number() },
                "--out" => plan with { Out = Value() },
                "--version" => plan with { Version = Value() },
                var other when Suite.Of(other) is { } suite => plan with { Suites = [.. plan.Suites, suite] },
                var other => throw new FormatException($"'{other}' is not an option"),
            };
        }

        return plan;
    }
}
