using System.Diagnostics;
using System.Text.Json.Serialization;

namespace ButlerRpc.Benchmarks.Load.Measuring;

/// <summary>What one process has used up so far.</summary>
sealed record ProcessSample(double Seconds, double CpuMicroseconds, long AllocatedBytes, int Collections, int FullCollections)
{
    public static ProcessSample Now() => new(
        Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency,
        Environment.CpuUsage.TotalTime.TotalMicroseconds,
        GC.GetTotalAllocatedBytes(precise: true),
        GC.CollectionCount(0),
        GC.CollectionCount(2));

    public static ProcessSample operator -(ProcessSample later, ProcessSample earlier) => new(
        later.Seconds - earlier.Seconds,
        later.CpuMicroseconds - earlier.CpuMicroseconds,
        later.AllocatedBytes - earlier.AllocatedBytes,
        later.Collections - earlier.Collections,
        later.FullCollections - earlier.FullCollections);
}

/// <summary>What a client reports of its window.</summary>
sealed record ClientReport(long Calls, double P50, double P90, double P99, double P999, ProcessSample Used);

/// <summary>The system calls that one process makes in a second, by name.</summary>
sealed record SystemCalls(double Sends, double Receives, double Waits, double All);

/// <summary>One contestant, one row, one run.</summary>
sealed record Measurement
{
    public required string Contestant { get; init; }

    public required string Row { get; init; }

    public required int Run { get; init; }

    public required ClientReport Client { get; init; }

    public required ProcessSample Server { get; init; }

    /// <summary>Segments with data that left the client and the server; null where the kernel does not tell.</summary>
    public long? ClientSegments { get; init; }

    public long? ServerSegments { get; init; }

    /// <summary>The share of the machine that other processes took meanwhile.</summary>
    public required double Foreign { get; init; }

    /// <summary>This run's rate over the floor's rate in the same run; null for rows without a floor.</summary>
    public double? Ratio { get; init; }

    [JsonIgnore]
    public double Rate => Client.Calls / Client.Used.Seconds;
}

[JsonSourceGenerationOptions(WriteIndented = false)]
[JsonSerializable(typeof(ClientReport))]
[JsonSerializable(typeof(ProcessSample))]
sealed partial class PipeJson : JsonSerializerContext;
