using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>The retired indexes of a message: those of its base types are retired in it too.</summary>
static class ReservedIndexes
{
    /// <summary>All that are in range.</summary>
    public static ImmutableSortedSet<int> Of(INamedTypeSymbol? type, KnownSymbols known)
    {
        var indexes = ImmutableSortedSet<int>.Empty;
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (t.Find(known.ButlerReserved) is { } attribute)
                indexes = indexes.Union(Values(attribute).Where(i => i is >= 0 and < MessageParser.MostIndexes));
        }

        return indexes;
    }

    /// <summary>As they are written, good or bad.</summary>
    public static IEnumerable<int> Values(AttributeData? attribute) =>
        attribute?.ConstructorArguments is [{ Kind: TypedConstantKind.Array, IsNull: false, Values: var values }] ? values.Select(v => v.Value).OfType<int>() : [];
}
