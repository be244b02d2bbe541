using System.Collections.Concurrent;
using ButlerRpc.Streams;
using Google.Protobuf;

namespace Samples.Protobuf;

/// <summary>Takes readings and answers each with a summary, on the connection that it came from.</summary>
sealed class Collector
{
    readonly ConcurrentDictionary<string, (int Count, double Sum)> _sums = new();

    public async ValueTask OnMessageAsync(ButlerStream stream, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        var reading = Reading.Parser.ParseFrom(message.Span);
        var (count, sum) = _sums.AddOrUpdate(reading.Sensor, _ => (1, reading.Value), (_, s) => (s.Count + 1, s.Sum + reading.Value));
        var summary = new Summary { Sensor = reading.Sensor, Count = count, Mean = sum / count };
        await stream.WriteAsync(summary.ToByteArray(), cancellationToken);
    }
}
