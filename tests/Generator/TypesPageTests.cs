using System.Text.RegularExpressions;
using ButlerRpc.Codec.Tests;
using ButlerRpc.Generator.Parsing;

namespace ButlerRpc.Generator.Tests;

/// <summary>docs/types.md names the types that can travel, all of them and no other.</summary>
sealed class TypesPageTests
{
    const string Usings = """
        using System.Collections; using System.Collections.Concurrent; using System.Collections.Frozen; using System.Collections.Immutable; using System.Collections.ObjectModel;
        using System.Globalization; using System.Numerics; using System.Text; using ButlerRpc;
        """;

    static readonly Type All = Compile();

    [Test]
    public void Every_type_of_the_page_travels()
    {
        var codec = Codecs.Of(All);
        for (var seed = 0; seed < 50; seed++)
        {
            var value = new RandomValues(seed).Of(All, 1)!;
            Assert.That(Structural.Difference(value, codec.Decode(codec.Encode(value))), Is.Null, $"of seed {seed}");
        }
    }

    [Test]
    public void Every_type_that_travels_is_on_the_page()
    {
        var named = All.GetConstructors().MaxBy(c => c.GetParameters().Length)!.GetParameters().Select(p => p.ParameterType)
            .Select(t => (t.IsGenericType ? t.GetGenericTypeDefinition() : t).FullName).ToHashSet();

        Assert.That(ScalarTypes.Names.Concat(CollectionForms.Names).Where(n => !named.Contains(n)), Is.Empty);
    }

    static Type Compile()
    {
        var generated = Generated.From($"{Usings}\n[ButlerMessage] public partial record All({string.Join(", ", OfPage().Select((type, i) => $"{type} M{i}"))});");
        Assert.That(generated.Diagnostics, Is.Empty);
        return generated.Load().GetType("All")!;
    }

    // The first columns of the two tables, with a number for each T and K and a string for each V.
    static IEnumerable<string> OfPage() => File.ReadAllLines(Path.Combine(RuleTests.Root, "docs/types.md"))
        .SkipWhile(l => l != "## Values").TakeWhile(l => l != "## Types of other people")
        .Where(l => l.StartsWith("| `", StringComparison.Ordinal))
        .SelectMany(l => Regex.Matches(l.Split(" | ")[0], "`([^`]+)`").Select(m => m.Groups[1].Value))
        .Where(t => t != "T?")
        .Select(t => t switch
        {
            "T[]" => "int[]",
            "ValueTuple" => "(int, string)",
            "Tuple" => "Tuple<int, string>",
            _ => t.Replace("<T>", "<int>", StringComparison.Ordinal).Replace("<K, V>", "<int, string>", StringComparison.Ordinal),
        });
}
