using System.Globalization;
using ButlerRpc.Benchmarks.Load.Roles;

namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>Redis' own load generator against its own server. Its callers wait for each other: as many requests leave at once as there are callers, the next when all are answered.</summary>
sealed class RedisContestant(string name, string command) : Contestant
{
    public static readonly RedisContestant Echo = new("redis-echo", "ECHO");

    public static readonly RedisContestant Get = new("redis-get", "GET");

    public override string Name => name;

    public override string Configuration =>
        $"redis-benchmark {command} against redis-server, which keeps nothing on disk and runs as it comes otherwise; one connection per session, as many requests in a pipeline as " +
        "there are callers to it (-c sessions -P callers ÷ sessions). Latencies are its own, in steps of 8 µs";

    public override string? Missing =>
        Programs.Find("redis-server") is null || Programs.Find("redis-benchmark") is null ? "redis-server or redis-benchmark is not installed (Debian: redis-server)" : null;

    // An argument of the command line is at most 128 KiB, and GET brings a block only one way.
    public override bool Runs(Workload workload) => base.Runs(workload) && workload.PayloadBytes <= (command == "GET" ? 4 << 10 : 64 << 10);

    public override ChildProcess StartServer(Workload workload) => ChildProcess.Start("redis-server", workload.Id);

    public override ChildProcess StartClient(Workload workload, int port) =>
        ChildProcess.Start("redis-client", command, workload.Id, port.ToString(CultureInfo.InvariantCulture));
}
