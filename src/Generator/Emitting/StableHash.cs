namespace ButlerRpc.Generator.Emitting;

/// <summary>FNV-1a over the UTF-16 units of a string: the same on every machine and in every version, since codes on the wire come from it.</summary>
static class StableHash
{
    public static uint Of32(string text)
    {
        var hash = 2166136261u;
        foreach (var c in text)
        {
            hash = unchecked((hash ^ (byte)c) * 16777619u);
            hash = unchecked((hash ^ (byte)(c >> 8)) * 16777619u);
        }

        return hash;
    }

    public static ulong Of64(string text)
    {
        var hash = 14695981039346656037ul;
        foreach (var c in text)
        {
            hash = unchecked((hash ^ (byte)c) * 1099511628211ul);
            hash = unchecked((hash ^ (byte)(c >> 8)) * 1099511628211ul);
        }

        return hash;
    }
}
