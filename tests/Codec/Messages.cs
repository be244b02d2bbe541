using System.Collections.Immutable;

namespace ButlerRpc.Codec.Tests;

public enum Colour
{
    Red,
    Green = 3,
    Blue,
}

[Flags]
public enum Rights : byte
{
    None,
    Read = 1,
    Write = 2,
    All = 128,
}

[ButlerMessage(Code = 17)]
public partial record Order(long Id, string Customer, string? Note, int? Priority, Address Address, List<Line> Lines, int[] Numbers);

[ButlerMessage]
public partial record Address(string Street, string City);

[ButlerMessage]
public readonly partial record struct Line(string Sku, int Quantity, decimal Price);

[ButlerMessage]
public partial record Node(int Value, Node? Next);

[ButlerMessage]
public partial record Page<T>(List<T> Items, int Total, Page<T>? Following);

[ButlerMessage]
public partial record Pages(Page<Line> Lines, Page<string> Names);

[ButlerMessage]
public partial class Settings
{
    [ButlerField(0)]
    public required string Name { get; init; }

    [ButlerField(1)]
    public int Retries { get; init; } = 3;

    [ButlerField(2)]
    public List<string> Tags { get; set; } = ["default"];

    [ButlerField(4)]
    public Colour Colour { get; set; }

    [ButlerIgnore]
    public int Ignored { get; set; }

    public int Doubled => Retries * 2;
}

[ButlerMessage]
[ButlerReserved(1)]
public partial class Point3
{
    public Point3(int x, int y) => (X, Y) = (x, y);

    [ButlerField(0)]
    public int X { get; }

    [ButlerField(2)]
    public int Y { get; }
}

[ButlerMessage]
[ButlerUnion(0, typeof(Circle))]
[ButlerUnion(1, typeof(Square))]
public abstract partial record Shape(string Name);

[ButlerMessage]
public partial record Circle(string Name, double Radius) : Shape(Name);

[ButlerMessage]
public partial record Square(string Name, double Side) : Shape(Name);

[ButlerMessage]
public partial record Drawing(Shape Main, List<Shape> Others);

[ButlerMessage(Layout = MessageLayout.Map)]
public partial record Mapped(string Name, int Count, string? Comment = "none");

[ButlerMessage]
public partial record Primitives(
    bool A, sbyte B, byte C, short D, ushort E, int F, uint G, long H, ulong I, char J, float K, double L, Half M, decimal N, Guid O, Int128 P, UInt128 Q);

[ButlerMessage]
public partial record Times(DateTime A, DateTimeOffset B, DateOnly C, TimeOnly D, TimeSpan E);

[ButlerMessage]
public partial record Collections(
    HashSet<int> A,
    Dictionary<string, int> B,
    Dictionary<Guid, List<string>> C,
    ImmutableArray<Line> D,
    IReadOnlyList<string> E,
    (int X, string Y) F,
    KeyValuePair<string, int> G,
    List<List<int>> H,
    byte[] I,
    ReadOnlyMemory<byte> J,
    Queue<int> K,
    Stack<string> L,
    ImmutableDictionary<long, string> M,
    List<int?> N,
    List<string?> O,
    Colour[] P,
    Rights Q);
