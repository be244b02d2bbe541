using System.Text;
using ButlerRpc.Codec.Tests;
using FsCheck;
using FsCheck.Fluent;

namespace ButlerRpc.Generator.Tests;

/// <summary>Random contracts: types put together at random, compiled, and round-tripped with random values.</summary>
sealed class CompositionTests
{
    static readonly string[] Leaves =
    [
        "bool", "sbyte", "byte", "short", "ushort", "int", "uint", "long", "ulong", "char", "float", "double", "decimal", "string", "Half", "Guid", "Int128", "UInt128", "DateTime", "DateTimeOffset",
        "DateOnly", "TimeOnly", "TimeSpan", "Colour", "System.Text.Rune", "System.Numerics.Complex", "System.Numerics.BigInteger", "Version", "Uri", "byte[]", "ButlerRpc.RawMessage",
    ];

    static readonly string[] Sequences =
    [
        "Queue", "Stack", "LinkedList", "IEnumerable", "IList", "IReadOnlyCollection", "System.Collections.ObjectModel.Collection", "System.Collections.ObjectModel.ReadOnlyCollection",
        "System.Collections.Concurrent.ConcurrentQueue", "System.Collections.Concurrent.ConcurrentStack", "ImmutableList", "ImmutableQueue", "ImmutableStack", "Memory", "ReadOnlyMemory", "ArraySegment",
    ];

    static readonly string[] Sets = ["ISet", "IReadOnlySet", "SortedSet", "ImmutableHashSet", "ImmutableSortedSet", "System.Collections.Frozen.FrozenSet"];

    static readonly string[] Maps =
    [
        "IDictionary", "IReadOnlyDictionary", "SortedDictionary", "SortedList", "System.Collections.ObjectModel.ReadOnlyDictionary", "System.Collections.Concurrent.ConcurrentDictionary",
        "ImmutableDictionary", "ImmutableSortedDictionary", "System.Collections.Frozen.FrozenDictionary",
    ];

    static readonly string[] Keys = ["string", "int", "long", "Guid", "Colour", "char", "DateOnly", "ulong"];

    [Test]
    public void Random_compositions_come_back_as_they_were() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue - 1).ToArbitrary(),
        seed => Check(seed)).Check(Config.QuickThrowOnFailure.WithMaxTest(3).WithQuietOnSuccess(true));

    static bool Check(int seed)
    {
        var source = new Composer(seed).Compose(15);
        var generated = Generated.From(source);
        Assert.That(generated.Diagnostics, Is.Empty, $"of seed {seed}");
        Assert.That(generated.StrictDiagnostics(), Is.Empty, $"of seed {seed}");
        foreach (var codec in Codecs.Messages(generated.Load()).Select(Codecs.Of))
        {
            for (var i = 0; i < 20; i++)
            {
                var value = new RandomValues(seed + i).Of(codec.Type, 1)!;
                Assert.That(Structural.Difference(value, codec.Decode(codec.Encode(value))), Is.Null, codec.Type.Name + $" of seed {seed}");
            }
        }

        return true;
    }

    sealed class Composer(int seed)
    {
        readonly Random _random = new(seed);

        public string Compose(int count)
        {
            var source = new StringBuilder("using System.Collections.Immutable;\npublic enum Colour : byte { Red, Green = 7, Blue = 200 }\n");
            for (var i = 0; i < count; i++)
                source.Append(_random.Next(6) switch { 0 => Class(i), 1 => Family(i), _ => Record(i) }).Append('\n');
            return source.ToString();
        }

        string Record(int number)
        {
            var members = string.Join(", ", Enumerable.Range(0, _random.Next(0, 7)).Select(i => $"{Type(number, 3)} M{i}"));
            var layout = _random.Next(5) == 0 ? "(Layout = ButlerRpc.MessageLayout.Map)" : "";
            var kind = _random.Next(3) == 0 ? "readonly partial record struct" : _random.Next(2) == 0 ? "sealed partial record" : "partial record";
            return $"[ButlerRpc.ButlerMessage{layout}] public {kind} T{number}({members});";
        }

        // A generic that is closed over a random type, and a union of a record with another that derives from it.
        string Family(int number)
        {
            var (own, derived) = (Type(number, 2), Type(number, 2));
            return $"""
                [ButlerRpc.ButlerMessage] public partial record G{number}<T>(T First, List<T> Rest, Dictionary<string, T> Named);
                [ButlerRpc.ButlerMessage, ButlerRpc.ButlerUnion(0, typeof(A{number})), ButlerRpc.ButlerUnion(200, typeof(B{number}))] public abstract partial record U{number}(int Kind);
                [ButlerRpc.ButlerMessage] public partial record A{number}(int Kind, {own} M0) : U{number}(Kind);
                [ButlerRpc.ButlerMessage] public partial record B{number}(int Kind, {own} M0, {derived} M1) : A{number}(Kind, M0);
                [ButlerRpc.ButlerMessage] public partial record T{number}(G{number}<{own}> M0, U{number} M1, List<U{number}?> M2);
                """;
        }

        string Class(int number)
        {
            var members = Enumerable.Range(0, _random.Next(1, 6)).Select(i => $"[ButlerRpc.ButlerField({i})] public {Member(Type(number, 2), i)}");
            return $"[ButlerRpc.ButlerMessage] public partial class T{number} {{ {string.Join(" ", members)} }}";
        }

        string Member(string type, int i) => _random.Next(3) switch
        {
            0 => $"required {type} M{i} {{ get; init; }}",
            1 => $"required {type} M{i} {{ get; set; }}",
            _ => $"{type} M{i} {{ get; set; }} = default!;",
        };

        string Type(int number, int depth)
        {
            if (depth == 0 || _random.Next(3) == 0)
                return Optional(Leaf(number));
            var inner = () => Type(number, depth - 1);
            return _random.Next(12) switch
            {
                0 => inner() + "[]",
                1 => $"List<{inner()}>",
                2 => $"Dictionary<{Key()}, {inner()}>",
                3 => $"({inner()}, {inner()})",
                4 => $"ImmutableArray<{inner()}>",
                5 => $"HashSet<{Key()}>",
                6 => $"IReadOnlyList<{inner()}>",
                7 => $"KeyValuePair<{inner()}, {inner()}>",
                8 => Optional($"List<{inner()}>"),
                9 => $"{Maps[_random.Next(Maps.Length)]}<{Key()}, {inner()}>",
                10 => $"{Sets[_random.Next(Sets.Length)]}<{Key()}>",
                _ => $"{Sequences[_random.Next(Sequences.Length)]}<{inner()}>",
            };
        }

        string Leaf(int number) => number > 0 && _random.Next(4) == 0 ? $"T{_random.Next(number)}" : Leaves[_random.Next(Leaves.Length)];

        string Key() => Keys[_random.Next(Keys.Length)];

        string Optional(string type) => _random.Next(4) == 0 ? type + "?" : type;
    }
}
