using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Numerics;
using System.Text;

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

public enum Huge : ulong
{
    Nothing,
    Everything = ulong.MaxValue,
}

[ButlerMessage(Code = 17)]
public partial record Order(long Id, string Customer, string? Note, int? Priority, Address Address, List<Line> Lines, int[] Numbers);

[ButlerMessage]
public partial record Address(string Street, string City);

[ButlerMessage]
public readonly partial record struct Line(string Sku, int Quantity, decimal Price);

[ButlerMessage]
public partial record Empty;

[ButlerMessage]
public partial record Primitives(
    bool A, sbyte B, byte C, short D, ushort E, int F, uint G, long H, ulong I, char J, float K, double L, Half M, decimal N, Guid O, Int128 P, UInt128 Q);

[ButlerMessage]
public partial record Times(DateTime A, DateTimeOffset B, DateOnly C, TimeOnly D, TimeSpan E);

[ButlerMessage]
public partial record Rarities(BigInteger A, Uri B, Version C, CultureInfo D, Rune E, Complex F, BitArray G, StringBuilder H, RawMessage I);

[ButlerMessage]
public partial record Nullables(
    bool? A, int? B, ulong? C, double? D, decimal? E, Guid? F, DateTime? G, string? H, byte[]? I, Address? J, Line? K, List<int>? L, Colour? M, Uri? N, (int, string)? O,
    Dictionary<string, int>? P, Half? Q, BigInteger? R);

[ButlerMessage]
public partial record Enums(Colour A, Rights B, Huge C, Colour? D, Colour[] E, Dictionary<Colour, Rights> F, List<Huge?> G);

[ButlerMessage(ClosedEnums = true)]
public partial record Closed(Colour A, Rights B, Huge C, List<Colour> D);

[ButlerMessage]
public partial record Numbers(
    bool[] A, sbyte[] B, List<byte> C, short[] D, ushort[] E, int[] F, List<uint> G, long[] H, ulong[] I, char[] J, float[] K, List<double> L, decimal[] M, Guid[] N,
    ImmutableArray<DateTime> O, ReadOnlyMemory<int> P, ArraySegment<short> Q);

[ButlerMessage]
public partial record Binaries(byte[] A, Memory<byte> B, ReadOnlyMemory<byte> C, ImmutableArray<byte> D, ArraySegment<byte> E);

[ButlerMessage]
public partial record Sequences(
    string[] A, List<Line> B, IEnumerable<int> C, IReadOnlyCollection<string> D, IReadOnlyList<Address> E, ICollection<int> F, IList<string> G, ImmutableArray<string> H,
    Queue<int> I, Stack<string> J, LinkedList<int> K, Collection<int> L, ObservableCollection<string> M, ReadOnlyCollection<int> N, ConcurrentQueue<int> O,
    ConcurrentStack<int> P, ImmutableList<Line> Q, ImmutableQueue<int> R, ImmutableStack<string> S, int[][] T, List<List<string?>> U, List<int?> V);

[ButlerMessage]
public partial record OtherSequences(
    ConcurrentBag<int> A, IImmutableList<Line> B, IImmutableQueue<string> C, IImmutableStack<int> D, Memory<int> E, ReadOnlyMemory<string> F, ArraySegment<Line> G, List<Half> H,
    DateOnly[] I, ImmutableArray<ImmutableArray<byte>> J, Queue<Dictionary<int, string?>?> K, HashSet<int>[] L);

[ButlerMessage]
public partial record Sets(
    HashSet<int> A, ISet<string> B, IReadOnlySet<Guid> C, SortedSet<string> D, ImmutableHashSet<long> E, ImmutableSortedSet<int> F, FrozenSet<string> G, IImmutableSet<int> H);

[ButlerMessage]
public partial record Maps(
    Dictionary<string, int> A, IDictionary<int, string> B, IReadOnlyDictionary<Guid, List<string>> C, SortedDictionary<string, Line> D, SortedList<int, int> E,
    ReadOnlyDictionary<string, string?> F, ConcurrentDictionary<long, string> G, ImmutableDictionary<DateTime, int> H, ImmutableSortedDictionary<int, string> I,
    FrozenDictionary<string, int> J, Dictionary<Colour, Dictionary<char, bool>> K, IImmutableDictionary<double, decimal> L);

[ButlerMessage]
public partial record Tuples(
    (int X, string Y) A, KeyValuePair<string, int> B, Tuple<int, string?> C, (int, (string, Line), int?) D, List<(string, int)> E, ValueTuple<int> F,
    (int A, int B, int C, int D, int E, int F, int G, int H, string I) G);

[ButlerMessage]
public partial record References(Tuple<int> A, Tuple<int, string?, Line, List<int>, Guid, bool, char> B, Tuple<Tuple<int, int>?, Address> C);

[ButlerMessage]
public partial record Node(int Value, Node? Next);

[ButlerMessage]
public partial record Tree(string Name, List<Tree> Children, Dictionary<string, Tree> Named);

[ButlerMessage]
public partial record Page<T>(List<T> Items, int Total, Page<T>? Following);

[ButlerMessage]
public partial record Pages(Page<Line> Lines, Page<string> Names, Pair<int, Page<Guid>> Ids);

[ButlerMessage]
public readonly partial record struct Pair<TLeft, TRight>(TLeft Left, TRight Right);

public static partial class Outer<T>
{
    [ButlerMessage]
    public partial record Inner(int X)
    {
        [ButlerMessage]
        internal partial record struct Deep(string Name);
    }
}

[ButlerMessage]
public partial record InOuter(Outer<string>.Inner A, List<Outer<int>.Inner> B);

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

    [ButlerField(5)]
    public string? Region { get; init; } = "eu";

    [ButlerIgnore]
    public int Ignored { get; set; }

    public int Doubled => Retries * 2;
}

[ButlerMessage]
[ButlerReserved(1)]
public partial class Point3
{
    public Point3(int x, int z) => (X, Z) = (x, z);

    [ButlerField(0)]
    public int X { get; }

    [ButlerField(2)]
    public int Z { get; }
}

[ButlerMessage]
public partial struct Mutable
{
    [ButlerField(0)]
    public int Field;

    [ButlerField(1)]
    public string? Property { get; set; }
}

[ButlerMessage]
public partial class Secretive
{
    Secretive(int number) => Number = number;

    [ButlerField(0)]
    public int Number { get; }

    [ButlerField(1)]
    string? Hidden { get; set; }

    public static Secretive Of(int number, string? hidden) => new(number) { Hidden = hidden };

    public string? Reveal() => Hidden;
}

[ButlerMessage]
public partial record Animal(string Name, int Legs = 4)
{
    [ButlerField(2)]
    public string? Owner { get; init; }
}

[ButlerMessage]
public partial record Dog(string Name, int Legs, bool Barks) : Animal(Name, Legs);

[ButlerMessage]
public partial class Vehicle
{
    [ButlerField(0)]
    public int Wheels { get; set; }

    [ButlerField(1)]
    public string? Name { get; protected init; }
}

[ButlerMessage]
public partial class Car : Vehicle
{
    public Car(string? name, decimal price) => (Name, Price) = (name, price);

    [ButlerField(2)]
    public decimal Price { get; }
}

[ButlerMessage]
[ButlerUnion(0, typeof(Circle))]
[ButlerUnion(300, typeof(Square))]
[ButlerUnion(2, typeof(Group))]
public abstract partial record Shape(string Name);

[ButlerMessage]
public partial record Circle(string Name, double Radius) : Shape(Name);

[ButlerMessage]
public partial record Square(string Name, double Side) : Shape(Name);

[ButlerMessage]
public partial record Group(string Name, List<Shape> Shapes) : Shape(Name);

[ButlerUnion(1, typeof(Cash))]
[ButlerUnion(2, typeof(Card))]
public partial interface IPayment;

[ButlerMessage]
public partial record Cash(decimal Amount) : IPayment;

[ButlerMessage]
public readonly partial record struct Card(string Number) : IPayment;

[ButlerMessage]
public partial record Drawing(Shape Main, List<Shape> Others, IPayment? Paid);

[ButlerMessage(Layout = MessageLayout.Map)]
public partial record Mapped(string Name, int Count, string? Comment = "none")
{
    public List<int> Numbers { get; set; } = [];

    [ButlerIgnore]
    public int Ignored { get; set; }
}

[ButlerMessage]
public partial record Limited([ButlerMaxLength(5)] string Text, [ButlerMaxLength(3)] byte[] Bytes, [ButlerMaxCount(2)] List<int> Numbers, [ButlerMaxCount(2)] List<string>? Texts);

[ButlerMessage]
public partial record Annotated([property: System.ComponentModel.DataAnnotations.MaxLength(5)] string Text, [property: System.ComponentModel.DataAnnotations.StringLength(3)] string? Other);

/// <summary>A type that is nobody's message, carried by a codec of its own.</summary>
public readonly record struct Celsius(double Degrees);

public static class CelsiusCodec
{
    public static void Write(ref MessagePackWriter writer, Celsius value) => writer.WriteDouble(value.Degrees);

    public static Celsius Read(ref MessagePackReader reader) => new(reader.ReadDouble());
}

[ButlerMessage]
public partial record Weather([UseCodec(typeof(CelsiusCodec))] Celsius Air, [UseCodec(typeof(CelsiusCodec))] Celsius? Water);

[ButlerMessage]
public partial record Elsewhere(Contracts.External.Text Text, List<Contracts.External.Text?> Texts);

[ButlerMessage]
public partial record Many(int[] Numbers);
