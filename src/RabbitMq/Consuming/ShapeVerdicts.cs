using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using ButlerRpc.Calls;
using ButlerRpc.Contracts;

namespace ButlerRpc.RabbitMq.Consuming;

/// <summary>
/// What this consumer thinks of methods that have another shape at a provider. There is no handshake to compare contracts in, so a provider refuses the first call and sends its
/// shapes with the refusal; they are judged once, as on a session.
/// </summary>
sealed class ShapeVerdicts
{
    const int MostAccepted = 16; // versions of one method in use at a time

    readonly ConcurrentDictionary<uint, byte[]> _accepted = new();

    /// <summary>The hashes that calls of the method say they accept; null: none but their own.</summary>
    public byte[]? Accepted(Method method) => _accepted.GetValueOrDefault(method.Code);

    /// <summary>Why calls cannot go to a provider of this shape; null: they can, and say so from here on.</summary>
    public string? Judge(Method method, ulong shape, byte[] contract)
    {
        var obstacles = MethodReading.Obstacles(method.ContractLines, Encoding.UTF8.GetString(contract).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        if (obstacles.Count > 0)
            return string.Join("; ", obstacles);
        var hash = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(hash, shape);
        var accepted = _accepted.AddOrUpdate(method.Code, hash, (_, others) => Contains(others, shape) || others.Length >= MostAccepted * sizeof(ulong) ? others : [.. others, .. hash]);
        return Contains(accepted, shape) ? null : $"more than {MostAccepted} versions of it are served";
    }

    static bool Contains(byte[] hashes, ulong shape)
    {
        for (ReadOnlySpan<byte> rest = hashes; rest.Length > 0; rest = rest[sizeof(ulong)..])
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(rest) == shape)
                return true;
        }

        return false;
    }
}
