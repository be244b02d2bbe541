namespace ButlerRpc.Wires.Tests;

/// <summary>The recorded vectors, as they were taken from the reference programs.</summary>
static class Vectors
{
    public static IEnumerable<string[]> Read(string name) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Vectors", name)).Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Split('\t'));

    public static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));

    public static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes).ToLowerInvariant();
}
