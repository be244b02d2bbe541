using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>Which constructor a codec calls.</summary>
static class ConstructorChoice
{
    /// <summary>
    /// The primary constructor of a record; else the one with the fewest parameters among those that set every member which cannot be set otherwise. Each parameter has
    /// to be a member or to have a default. Null: there is none.
    /// </summary>
    public static IMethodSymbol? For(INamedTypeSymbol type, IReadOnlyList<ChosenMember> members, bool mayBePrivate, IAssemblySymbol assembly)
    {
        var constructors = type.InstanceConstructors;
        if (constructors.FirstOrDefault(c => MessagePackCSharp.IsChosen(c) && IsUsable(c)) is { } chosen)
            return chosen;
        if (type.IsRecord && MessageMembers.PrimaryConstructor(type) is { } primary && IsUsable(primary))
            return primary;
        var usable = constructors.Where(IsUsable).ToList();
        var mustBeParameters = members.Select(m => m.Member).Where(m => !m.IsSettable).ToList();
        return usable
            .Where(c => mustBeParameters.All(m => c.Parameters.Any(p => Fits(p, m))))
            .OrderBy(c => c.Parameters.Length)
            .FirstOrDefault()
            ?? usable.OrderByDescending(c => c.Parameters.Length).FirstOrDefault(); // members that cannot be set are reported on their own

        bool IsUsable(IMethodSymbol constructor)
        {
            if (IsCopy(constructor, type) || !IsAccessible(constructor, mayBePrivate, assembly))
                return false;
            foreach (var parameter in constructor.Parameters)
            {
                if (parameter.RefKind is not (RefKind.None or RefKind.In) || !(Sets(parameter, members) || parameter.HasExplicitDefaultValue))
                    return false;
            }

            return true;
        }
    }

    /// <summary>The parameter sets the member of that name.</summary>
    public static bool Matches(IParameterSymbol parameter, string member) => string.Equals(parameter.Name, member, StringComparison.OrdinalIgnoreCase);

    /// <summary>The constructor promises to set all required members.</summary>
    public static bool SetsRequired(IMethodSymbol constructor) => constructor.GetAttributes().Any(a => a.AttributeClass?.Name == "SetsRequiredMembersAttribute");

    static bool Sets(IParameterSymbol parameter, IReadOnlyList<ChosenMember> members)
    {
        for (var i = 0; i < members.Count; i++)
        {
            if (Fits(parameter, members[i].Member))
                return true;
        }

        return false;
    }

    static bool Fits(IParameterSymbol parameter, MessageMember member) =>
        Matches(parameter, member.Name) && SymbolEqualityComparer.Default.Equals(parameter.Type, member.Type);

    static bool IsCopy(IMethodSymbol constructor, INamedTypeSymbol type) =>
        type.IsRecord && constructor.Parameters.Length == 1 && SymbolEqualityComparer.Default.Equals(constructor.Parameters[0].Type, type);

    // The codec of a message is nested in it and sees what is private.
    static bool IsAccessible(IMethodSymbol constructor, bool mayBePrivate, IAssemblySymbol assembly) =>
        mayBePrivate || constructor.DeclaredAccessibility == Accessibility.Public ||
        (constructor.DeclaredAccessibility is Accessibility.Internal or Accessibility.ProtectedOrInternal && SymbolEqualityComparer.Default.Equals(constructor.ContainingAssembly, assembly));
}
