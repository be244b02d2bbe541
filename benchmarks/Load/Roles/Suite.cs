using ButlerRpc.Benchmarks.Load.Contestants;
using ButlerRpc.Benchmarks.Load.Trials;

namespace ButlerRpc.Benchmarks.Load.Roles;

/// <summary>Rows and trials that answer one question, under an option of the command line.</summary>
sealed class Suite(string option, IReadOnlyList<PlannedRow> rows, IReadOnlyList<PlannedRow> quickRows, params IReadOnlyList<Trial> trials)
{
    static readonly Workload Alone = Workload.Echo(32, 1), Many = Workload.Echo(32, 64), More = Workload.Echo(32, 256), Large = Workload.Echo(1 << 20, 4);

    static readonly Workload ServerStream = new(WorkloadKind.ServerStream, 32, 1, 1);

    static readonly Suite Grid = new(
        "--grid",
        [
            .. from bytes in new[] { 32, 1 << 10, 4 << 10, 64 << 10, 1 << 20 }
               from callers in new[] { 1, 64, 256 }
               from sessions in new[] { 1, 4 }
               where sessions <= callers
               select Everybody(Workload.Echo(bytes, callers, sessions)),
            Everybody(Large),
        ],
        [Row(Alone, "floor", "butler"), Everybody(Many), Row(Large, "floor", "butler", "grpc-cpp")]);

    static readonly Suite Streams = new(
        "--streams",
        [
            .. from streams in new[] { 1, 16 }
               from kind in new[] { WorkloadKind.ServerStream, WorkloadKind.ClientStream, WorkloadKind.Duplex }
               select Everybody(new Workload(kind, 32, streams, 1)),
        ],
        [Everybody(ServerStream), Row(new Workload(WorkloadKind.ClientStream, 32, 1, 1), "butler"), Row(new Workload(WorkloadKind.Duplex, 32, 1, 1), "floor", "butler")]);

    static readonly Suite Mixed = new("--mixed", [.. Beside(4), .. Beside(64)], [.. Beside(4)]);

    static readonly Suite Callers = new(
        "--callers",
        [.. new[] { 64, 128, 256, 512, 1024, 2048, 4096 }.Select(callers => Row(Workload.Echo(32, callers), "floor", "butler"))],
        [Row(Workload.Echo(32, 4096), "butler")]);

    static readonly Suite OpenLoop = new(
        "--open-loop",
        [
            .. from rate in new[] { 10_000, 50_000, 200_000 }
               from kind in new[] { WorkloadKind.Paced, WorkloadKind.PacedBlocking }
               where kind == WorkloadKind.Paced || rate < 50_000 // one in a hundred for 10 ms holds rate ÷ 10 000 threads at all times
               select Everybody(new Workload(kind, 32, rate, 1)),
        ],
        [Row(new Workload(WorkloadKind.Paced, 32, 20_000, 1), "butler"), Row(new Workload(WorkloadKind.PacedBlocking, 32, 10_000, 1), "butler")]);

    static readonly Suite CancelStorm = new("--cancel-storm", [Everybody(Storm(64)), Everybody(Storm(512))], [Row(Storm(64), "butler")]);

    static readonly Suite Broker = new("--broker", [Row(Many, "butler", "broker", "rabbitmq")], [Row(Many, "butler", "broker", "rabbitmq")]);

    static readonly Suite FirstCalls = new("--cold-start", [], [], ColdStart.Instance);

    static readonly Suite Idle = new("--idle", [], [], IdleSessions.Instance);

    /// <summary>What the targets are about, and no more.</summary>
    public static readonly Suite Targets = new(
        "--targets",
        [
            Row(Alone, "floor", "butler"),
            Row(Many, "floor", "butler", "butler-inline", "broker", "rabbitmq", "aspnet-h2-json", "grpc-cpp", "redis-echo"),
            Row(More, "floor", "butler", "butler-inline"),
            .. new[] { 1024, 4096 }.Select(callers => Row(Workload.Echo(32, callers), "butler")),
            Row(Large, "floor", "butler"),
            Row(ServerStream, "floor", "butler", "grpc-cpp"),
            .. Beside(4),
        ],
        [],
        ColdStart.Instance, IdleSessions.Instance);

    /// <summary>Everything, in the order in which it is run.</summary>
    public static readonly IReadOnlyList<Suite> All = [Grid, Streams, Mixed, Callers, OpenLoop, CancelStorm, Broker, Targets, FirstCalls, Idle];

    public IReadOnlyList<Trial> Trials => trials;

    public IReadOnlyList<PlannedRow> Rows(bool quick) => quick ? quickRows : rows;

    /// <summary>The suite of an option; null: there is none.</summary>
    public static Suite? Of(string name) => All.FirstOrDefault(s => s.Option == name);

    string Option => option;

    static PlannedRow Everybody(Workload workload) => new(workload, Contestant.All);

    // A name that no contestant has is one whose package is not part of this build.
    static PlannedRow Row(Workload workload, params string[] contestants) => new(workload, [.. Contestant.All.Where(c => contestants.Contains(c.Name))]);

    static PlannedRow[] Beside(int callers)
    {
        var mixed = new Workload(WorkloadKind.Mixed, 1 << 20, callers, 1);
        return [Row(mixed.Alone!, "floor", "butler"), Row(mixed, "butler"), Row(mixed with { Kind = WorkloadKind.Apart }, "floor", "butler")];
    }

    static Workload Storm(int callers) => new(WorkloadKind.CancelStorm, 32, callers, 1);
}
