using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>
/// Members and types whose use is an error, by <c>[Obsolete("…", true)]</c>: they are still part of the contract. The compiler lets code use them that is obsolete itself,
/// and that is how what is generated for them is marked.
/// </summary>
static class ForbiddenUse
{
    /// <summary>The member is marked so, or one of the types it has is.</summary>
    public static bool Of(ISymbol member, ITypeSymbol type, KnownSymbols known) => Marks(member) || known.Types[type].IsForbidden;

    /// <summary>The member is marked so, or one of the types it has is.</summary>
    public static bool Of(ISymbol member, IEnumerable<ITypeSymbol> types, KnownSymbols known) => Marks(member) || types.Any(t => known.Types[t].IsForbidden);

    /// <summary>The symbol itself is marked so.</summary>
    public static bool Marks(ISymbol symbol)
    {
        foreach (var attribute in symbol.GetAttributes())
        {
            if (attribute.AttributeClass is { Name: "ObsoleteAttribute" } && attribute.ConstructorArguments is [_, { Value: true }])
                return true;
        }

        return false;
    }
}
