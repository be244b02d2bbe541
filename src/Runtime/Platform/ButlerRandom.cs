namespace ButlerRpc.Platform;

/// <summary>The source of ids, jitter and nonces.</summary>
public abstract class ButlerRandom
{
    /// <summary>Fills a span with random bytes, unpredictable in production.</summary>
    public abstract void NextBytes(Span<byte> bytes);

    /// <summary>A number in [0, 1).</summary>
    public abstract double NextDouble();

    /// <summary>A random (version 4) id.</summary>
    public Guid NextGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>A random 64-bit number.</summary>
    public ulong NextUInt64()
    {
        Span<byte> bytes = stackalloc byte[8];
        NextBytes(bytes);
        return BitConverter.ToUInt64(bytes);
    }
}
