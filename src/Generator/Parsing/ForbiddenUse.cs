using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>
/// Members and types whose use is an error, by <c>[Obsolete("…", true)]</c>: they are still part of the contract. The compiler lets code use them that is obsolete itself,
/// and that is how what is generated for them is marked.
/// </summary>
static class ForbiddenUse
{
    public static bool Of(ISymbol member, params IEnumerable<ITypeSymbol> types) =>
        IsForbidden(member) || types.SelectMany(MessageKinds.Components).Any(t => IsForbidden(t) || (t.ContainingType is { } outer && IsForbidden(outer)));

    static bool IsForbidden(ISymbol symbol) => symbol.GetAttributes().Any(a => a.AttributeClass is { Name: "ObsoleteAttribute" } && a.ConstructorArguments is [_, { Value: true }]);
}
