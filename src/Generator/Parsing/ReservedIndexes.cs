using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>The retired indexes of a message: those of its base types are retired in it too.</summary>
static class ReservedIndexes
{
    /// <summary>All that are in range.</summary>
    public static SortedSet<int> Of(INamedTypeSymbol? type, KnownSymbols known)
    {
        var indexes = new SortedSet<int>();
        for (var t = type; t is not null; t = t.BaseType)
            indexes.UnionWith(Values(t.Find(known.ButlerReserved)).Where(i => i is >= 0 and < MessageParser.MostIndexes));
        return indexes;
    }

    /// <summary>As they are written, good or bad.</summary>
    public static IEnumerable<int> Values(AttributeData? attribute) =>
        attribute?.ConstructorArguments is [{ Kind: TypedConstantKind.Array, IsNull: false, Values: var values }] ? values.Select(v => v.Value).OfType<int>() : [];
}
