using System.Globalization;
using System.Text.Json;
using ButlerRpc.Benchmarks.Load.Reporting;
using ButlerRpc.Benchmarks.Load.Roles;

namespace ButlerRpc.Benchmarks.Load.Trials;

/// <summary>
/// Thousands of sessions on which nothing is called: none may drop, each may hold little, and no timer may fire while nothing is pending. A ping after silence is something
/// that is pending, so sessions are held twice: with pings as they are by default, and, fewer and shorter, without any, where the count of timer ticks must be zero.
/// </summary>
sealed class IdleSessions : Trial
{
    public static readonly IdleSessions Instance = new();

    const int SilentSessions = 500;
    const double SilentSeconds = 10;

    /// <summary>A session's timer is armed once for the handshake (5 s) and not taken back when that is over: it fires once more, for nothing.</summary>
    const double SettlingSeconds = 6;

    public override string Title => "Idle sessions";

    public override async Task<Finding> RunAsync(Plan plan)
    {
        var settling = plan.Quick ? 1 : SettlingSeconds;
        var held = await HoldAsync(plan.IdleSessions, plan.IdleSeconds, settling, pings: true);
        var silent = await HoldAsync(Math.Min(SilentSessions, plan.IdleSessions), Math.Min(SilentSeconds, plan.IdleSeconds), settling, pings: false);
        return new Finding(
            Title,
            ["sessions", "for", "pings", "dropped", "KiB each, heap: client + server", "KiB each, working set: client + server", "timer ticks: client + server", "CPU ms/s: client + server"],
            [Cells(held, "after 15 s"), Cells(silent, "none")],
            ["each session in a client of its own, with all that a client has; heap after a full collection, above what the process held before; both processes' limits for one address raised"],
            new Dictionary<string, double>
            {
                ["sessions"] = held.Sessions,
                ["dropped"] = held.Dropped + silent.Dropped,
                ["kib_client"] = held.Client.HeapKib,
                ["kib_server"] = held.Server.HeapKib,
                ["kib_both"] = held.Client.HeapKib + held.Server.HeapKib,
                ["ticks_without_pings"] = silent.Client.Ticks + silent.Server.Ticks,
            });
    }

    static string[] Cells(Held held, string pings) =>
    [
        Text($"{held.Sessions:N0}"), Text($"{held.Seconds:0} s"), pings, Text($"{held.Dropped}"),
        Text($"{held.Client.HeapKib:0.0} + {held.Server.HeapKib:0.0}"), Text($"{held.Client.WorkingSetKib:0.0} + {held.Server.WorkingSetKib:0.0}"),
        Text($"{held.Client.Ticks} + {held.Server.Ticks}"), Text($"{held.Client.CpuPerSecond:0.00} + {held.Server.CpuPerSecond:0.00}"),
    ];

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    static async Task<Held> HoldAsync(int sessions, double seconds, double settling, bool pings)
    {
        const int OtherFiles = 300; // what a process has open besides
        if (Programs.MostOpenFiles() is { } most && most < sessions + OtherFiles)
            throw new ChildFailedException($"{sessions} sessions need a limit of {sessions + OtherFiles} open files, it is {most}: ulimit -n {sessions + OtherFiles}, or --idle-sessions {most - OtherFiles}");
        string[] how = [sessions.ToString(CultureInfo.InvariantCulture), pings ? "pings" : "silent"];
        await using var server = ChildProcess.Start(["idle-server", .. how]);
        var port = (await server.ReadAsync("ready "))["ready ".Length..];
        await using var client = ChildProcess.Start(["idle-client", port, .. how]);
        await client.ReadAsync("empty");
        var (clientEmpty, serverEmpty) = (await StateAsync(client), await StateAsync(server));
        await client.AskAsync("connect", "connected");
        await Task.Delay(TimeSpan.FromSeconds(settling));
        var (clientBefore, serverBefore) = (await StateAsync(client), await StateAsync(server));
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        var (clientAfter, serverAfter) = (await StateAsync(client), await StateAsync(server));
        return new Held(
            sessions, seconds, Math.Max(sessions - Math.Min(clientAfter.Sessions, serverAfter.Sessions), Math.Max(clientAfter.Ended, serverAfter.Ended)),
            Side.Of(clientEmpty, clientBefore, clientAfter, sessions, seconds), Side.Of(serverEmpty, serverBefore, serverAfter, sessions, seconds));
    }

    static async Task<IdleState> StateAsync(ChildProcess process) => JsonSerializer.Deserialize(await process.AskAsync("state", "{"), IdleJson.Default.IdleState)!;

    sealed record Held(int Sessions, double Seconds, long Dropped, Side Client, Side Server);

    sealed record Side(double HeapKib, double WorkingSetKib, long Ticks, double CpuPerSecond)
    {
        public static Side Of(IdleState empty, IdleState before, IdleState after, int sessions, double seconds) => new(
            (after.HeapBytes - empty.HeapBytes) / 1024.0 / sessions,
            (after.WorkingSetBytes - empty.WorkingSetBytes) / 1024.0 / sessions,
            after.Ticks - before.Ticks,
            (after.CpuMicroseconds - before.CpuMicroseconds) / 1000 / seconds);
    }
}
