namespace ButlerRpc.Interop.Tests;

public enum Colour
{
    Red,
    Green = 3,
    Blue = 1000,
}

[ButlerMessage]
public partial record Integers(sbyte A, byte B, short C, ushort D, int E, uint F, long G, ulong H, char I);

[ButlerMessage]
public partial record Long(long Value);

[ButlerMessage]
public partial record Floats(float A, double B, double? C, Half D);

[ButlerMessage]
public partial record Text(string Value);

[ButlerMessage]
public partial record Blob(byte[] Value);

[ButlerMessage]
public partial record Moments(DateTime A, DateTimeOffset B, DateOnly C, TimeOnly D, TimeSpan E);

[ButlerMessage]
public partial record Ids(Guid A, decimal B, Int128 C, System.Numerics.BigInteger D);

[ButlerMessage]
public partial record Collections(int[] A, List<string> B, Dictionary<string, int> C, HashSet<long> D, (int, string) E, List<List<bool>> F, Colour G, List<double?> H);

[ButlerMessage]
public partial record IntegerKeys(Dictionary<int, string> A, Dictionary<Colour, List<int>> B);

[ButlerMessage]
public partial record Node(string Name, Node? Next, List<Node> Children);

[ButlerMessage(Layout = MessageLayout.Map)]
public partial record Mapped(string Name, int Count, string? Comment, Dictionary<string, Text> Texts);

[ButlerMessage, ButlerUnion(1, typeof(Circle)), ButlerUnion(200, typeof(Square))]
public abstract partial record Shape;

[ButlerMessage]
public partial record Circle(double Radius) : Shape;

[ButlerMessage]
public partial record Square(int Side, string? Name) : Shape;
