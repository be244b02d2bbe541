namespace ButlerRpc.Testing;

/// <summary>Long runs of bytes. An assertion that two arrays are equal takes a mebibyte byte by boxed byte, for a tenth of a second.</summary>
public static class Bytes
{
    /// <summary>Where they first differ, or where the shorter one ends; null: nowhere.</summary>
    public static int? FirstDifference(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) =>
        one.CommonPrefixLength(other) is var same && same == one.Length && same == other.Length ? null : same;

    /// <summary>One behind the other.</summary>
    public static byte[] Concat(byte[][] parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var all = new byte[parts.Sum(p => p.Length)];
        var at = 0;
        foreach (var part in parts)
        {
            part.CopyTo(all, at);
            at += part.Length;
        }

        return all;
    }
}
