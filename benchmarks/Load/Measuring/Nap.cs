using System.Runtime.InteropServices;

namespace ButlerRpc.Benchmarks.Load.Measuring;

/// <summary>A sleep of some tens of microseconds: whoever paces calls by spinning takes one of the processors that are measured.</summary>
static partial class Nap
{
    const int Nanoseconds = 20_000;

    /// <summary>Linux lets a sleep take 50 µs longer unless the thread asks for better.</summary>
    public static void BePrecise()
    {
        const int SetTimerSlack = 29;
        if (OperatingSystem.IsLinux())
            _ = prctl(SetTimerSlack, 1, 0, 0, 0);
    }

    public static void Take()
    {
        if (OperatingSystem.IsLinux())
            _ = nanosleep(new TimeSpec(0, Nanoseconds), 0);
        else
            Thread.Sleep(1);
    }

    readonly record struct TimeSpec(long Seconds, long Nanoseconds);

    [LibraryImport("libc")]
    private static partial int nanosleep(in TimeSpec time, nint rest);

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);
}
