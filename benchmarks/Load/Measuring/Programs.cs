using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ButlerRpc.Benchmarks.Load.Measuring;

/// <summary>Programs of others that take part.</summary>
static partial class Programs
{
    /// <summary>Where a program of that name is; null: not installed.</summary>
    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(File.Exists);

    /// <summary>What a running program has used up so far.</summary>
    public static ProcessSample Sample(Process process)
    {
        process.Refresh();
        return new ProcessSample(Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency, process.TotalProcessorTime.TotalMicroseconds, AllocatedBytes: null, 0, 0);
    }

    /// <summary>The processor time in microseconds of all programs that this process has started and waited for.</summary>
    public static unsafe double EndedMicroseconds()
    {
        const int Children = -1;
        var usage = stackalloc long[18];
        if (getrusage(Children, usage) != 0)
            throw new InvalidOperationException($"getrusage failed with error {Marshal.GetLastPInvokeError()}");
        return usage[0] * 1e6 + usage[1] + usage[2] * 1e6 + usage[3]; // user and system time, each in seconds and microseconds
    }

    /// <summary>How many files, sockets among them, one process may have open; null: unknown.</summary>
    public static unsafe long? MostOpenFiles()
    {
        const int OpenFiles = 7;
        var limit = stackalloc long[2];
        return OperatingSystem.IsLinux() && getrlimit(OpenFiles, limit) == 0 ? Math.Max(limit[0], limit[1]) : null; // the runtime raises the first to the second
    }

    [LibraryImport("libc")]
    private static unsafe partial int getrlimit(int resource, long* limit);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int getrusage(int who, long* usage);
}
