using System.Diagnostics;
using System.Globalization;

namespace ButlerRpc.Benchmarks.Load.Measuring;

/// <summary>
/// Counts a process's system calls from outside, with <c>perf stat</c> on the kernel's tracepoints. It slows every system call down a little, so it runs in
/// a pass of its own that takes no part in the medians.
/// </summary>
sealed class SystemCallCounter
{
    static readonly string[] Sends = ["sendto", "sendmsg", "sendmmsg", "write", "writev"];
    static readonly string[] Receives = ["recvfrom", "recvmsg", "recvmmsg", "read", "readv"];
    static readonly string[] Waits = ["epoll_wait", "epoll_pwait", "futex", "poll", "ppoll"];

    readonly Process _perf;

    SystemCallCounter(Process perf) => _perf = perf;

    /// <summary>Why system calls cannot be counted here; null: they can.</summary>
    public static string? Missing()
    {
        if (!OperatingSystem.IsLinux())
            return "system calls are counted on Linux only";
        if (!File.Exists("/usr/bin/perf"))
            return "system calls are not counted: perf is not installed (Debian: linux-perf)";
        return File.Exists("/sys/kernel/tracing/available_events")
            ? null
            : "system calls are not counted: /sys/kernel/tracing is not mounted or not readable (as root: mount -t tracefs nodev /sys/kernel/tracing)";
    }

    /// <summary>Counts for <paramref name="seconds"/>.</summary>
    public static SystemCallCounter Start(int process, double seconds)
    {
        var events = string.Join(',', Sends.Concat(Receives).Concat(Waits).Select(n => $"syscalls:sys_enter_{n}").Append("raw_syscalls:sys_enter"));
        var start = new ProcessStartInfo("/usr/bin/perf") { RedirectStandardError = true };
        foreach (var argument in new[] { "stat", "-x,", "-e", events, "-p", process.ToString(CultureInfo.InvariantCulture), "--", "sleep", seconds.ToString(CultureInfo.InvariantCulture) })
            start.ArgumentList.Add(argument);
        return new SystemCallCounter(Process.Start(start)!);
    }

    public async Task<SystemCalls> ResultAsync(double seconds)
    {
        var counts = new Dictionary<string, double>(StringComparer.Ordinal);
        while (await _perf.StandardError.ReadLineAsync() is { } line)
        {
            var fields = line.Split(',');
            if (fields.Length > 2 && double.TryParse(fields[0], CultureInfo.InvariantCulture, out var count))
                counts[fields[2].Replace("syscalls:sys_enter_", "", StringComparison.Ordinal)] = count;
        }

        await _perf.WaitForExitAsync();
        var exit = _perf.ExitCode;
        _perf.Dispose();
        if (exit != 0)
            throw new InvalidOperationException($"perf stat ended with exit code {exit}");
        double Sum(string[] names) => names.Sum(n => counts.GetValueOrDefault(n)) / seconds;
        return new SystemCalls(Sum(Sends), Sum(Receives), Sum(Waits), counts.GetValueOrDefault("raw_sys_enter", counts.GetValueOrDefault("raw_syscalls:sys_enter")) / seconds);
    }
}
