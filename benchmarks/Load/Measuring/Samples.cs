using System.Diagnostics;
using System.Text.Json.Serialization;

namespace ButlerRpc.Benchmarks.Load.Measuring;

/// <summary>What one process has used up so far. Without an allocated amount where a process has no such count.</summary>
sealed record ProcessSample(double Seconds, double CpuMicroseconds, long? AllocatedBytes, int Collections, int FullCollections)
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

/// <summary>What one process holds: what is alive on its heap (none where there is no such thing), and what it has of the machine's memory.</summary>
sealed record MemoryUse(long? HeapBytes, long WorkingSetBytes)
{
    public static MemoryUse Now() => new(GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
}

/// <summary>A part of all calls, and the latency in microseconds that no call of it has exceeded.</summary>
sealed record LatencyStep(double Share, double Microseconds);

/// <summary>What a client reports of its window; latencies in microseconds, 0 where none was taken. The memory is what it held while calls were in flight.</summary>
sealed record ClientReport(long Calls, double P50, double P90, double P99, double P999, ProcessSample Used)
{
    public double Longest { get; init; }

    public IReadOnlyList<LatencyStep>? Steps { get; init; }

    public MemoryUse? Memory { get; init; }
}

/// <summary>What a server reports of the time between its last two marks, and what it held with calls in flight.</summary>
sealed record ServerReport(ProcessSample Used, MemoryUse? Memory);

/// <summary>The system calls that one process makes in a second, by name.</summary>
sealed record SystemCalls(double Sends, double Receives, double Waits, double All);

/// <summary>One contestant, one row, one run.</summary>
sealed record Measurement
{
    public required string Contestant { get; init; }

    public required string Row { get; init; }

    public required int Run { get; init; }

    public required ClientReport Client { get; init; }

    public required ServerReport Server { get; init; }

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
[JsonSerializable(typeof(ServerReport))]
sealed partial class PipeJson : JsonSerializerContext;
