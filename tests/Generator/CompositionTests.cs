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

    static readonly string[] Keys = ["string", "int", "long", "Guid", "Colour", "char", "DateOnly", "ulong"];

    [Test]
    public void Random_compositions_come_back_as_they_were() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue - 1).ToArbitrary(),
        seed => Check(seed)).Check(Config.QuickThrowOnFailure.WithMaxTest(2).WithQuietOnSuccess(true));

    static bool Check(int seed)
    {
        var source = new Composer(seed).Compose(20);
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
                source.Append(_random.Next(4) == 0 ? Class(i) : Record(i)).Append('\n');
            return source.ToString();
        }

        string Record(int number)
        {
            var members = string.Join(", ", Enumerable.Range(0, _random.Next(0, 7)).Select(i => $"{Type(number, 3)} M{i}"));
            var layout = _random.Next(5) == 0 ? "(Layout = ButlerRpc.MessageLayout.Map)" : "";
            var kind = _random.Next(3) == 0 ? "readonly partial record struct" : _random.Next(2) == 0 ? "sealed partial record" : "partial record";
            return $"[ButlerRpc.ButlerMessage{layout}] public {kind} T{number}({members});";
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
            return _random.Next(11) switch
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
                9 => $"ImmutableDictionary<{Key()}, {inner()}>",
                _ => $"Queue<{inner()}>",
            };
        }

        string Leaf(int number) => number > 0 && _random.Next(4) == 0 ? $"T{_random.Next(number)}" : Leaves[_random.Next(Leaves.Length)];

        string Key() => Keys[_random.Next(Keys.Length)];

        string Optional(string type) => _random.Next(4) == 0 ? type + "?" : type;
    }
}
