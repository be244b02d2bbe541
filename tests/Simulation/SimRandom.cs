using ButlerRpc.Platform;

namespace ButlerRpc.Testing;

/// <summary>Random numbers that a seed decides. SplitMix64: the same numbers on every version of .NET.</summary>
public sealed class SimRandom(ulong seed) : ButlerRandom
{
    ulong _state = seed;

    /// <summary>A stream of its own: what it gives does not shift what this one gives.</summary>
    public SimRandom Fork(ulong stream) => new(Mix(_state ^ Mix(stream + 0x9E3779B97F4A7C15)));

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        return Mix(_state);
    }

    /// <summary>A number from 0 to below <paramref name="bound"/>.</summary>
    public int Next(int bound) => (int)(((Next() >> 32) * (ulong)bound) >> 32);

    /// <summary>True in that share of all cases.</summary>
    public bool Chance(double probability) => NextDouble() < probability;

    /// <inheritdoc/>
    public override double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <inheritdoc/>
    public override void NextBytes(Span<byte> bytes)
    {
        foreach (ref var one in bytes)
            one = (byte)(Next() >> 56);
    }

    internal static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
