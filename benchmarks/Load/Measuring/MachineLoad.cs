using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace ButlerRpc.Benchmarks.Load.Measuring;

/// <summary>The processor time that the whole machine has spent (Linux: /proc/stat; elsewhere nothing is told), to see who else was at work.</summary>
readonly record struct MachineLoad(double BusySeconds, double Seconds)
{
    const double TicksPerSecond = 100;

    public static MachineLoad Now()
    {
        var seconds = Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
        if (!File.Exists("/proc/stat"))
            return new MachineLoad(double.NaN, seconds);
        using var reader = new StreamReader("/proc/stat");
        var fields = reader.ReadLine()!.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        double Ticks(int index) => double.Parse(fields[index], CultureInfo.InvariantCulture);
        var busy = Ticks(1) + Ticks(2) + Ticks(3) + Ticks(6) + Ticks(7); // user, nice, system, irq, softirq
        return new MachineLoad(busy / TicksPerSecond, seconds);
    }

    /// <summary>The share of all processors that was taken by others than the processes measured.</summary>
    public static double Foreign(MachineLoad before, MachineLoad after, double ownSeconds) =>
        Math.Max(0, (after.BusySeconds - before.BusySeconds - ownSeconds) / ((after.Seconds - before.Seconds) * Environment.ProcessorCount));
}

/// <summary>The machine, for the head of every report.</summary>
sealed record Machine(string Processor, int Cores, string System, string Runtime, string Date, double LoadAverage, string Version)
{
    public static Machine Here(string version)
    {
        var processor = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
            : null;
        var load = File.Exists("/proc/loadavg") ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) : double.NaN;
        return new Machine(
            processor ?? RuntimeInformation.ProcessArchitecture.ToString(), Environment.ProcessorCount, RuntimeInformation.OSDescription,
            RuntimeInformation.FrameworkDescription, DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture), load, version);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Processor}, {Cores} cores, {System}, {Runtime}, {Date}, load average {LoadAverage:0.0} at the start, version {Version}");
}
