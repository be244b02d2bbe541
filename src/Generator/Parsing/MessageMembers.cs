using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>A member of a type that is or may be part of a message.</summary>
/// <param name="Symbol">The property or field.</param>
/// <param name="Type">Its type.</param>
/// <param name="Parameter">The positional parameter that made it, or the constructor parameter that carries its attributes; null: none.</param>
sealed record MessageMember(ISymbol Symbol, ITypeSymbol Type, IParameterSymbol? Parameter)
{
    public string Name => Symbol.Name;

    public bool IsSettable => Symbol is IPropertySymbol { SetMethod: not null } or IFieldSymbol { IsReadOnly: false };

    public bool IsInitOnly => Symbol is IPropertySymbol { SetMethod.IsInitOnly: true };

    public bool IsRequired => Symbol is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true };

    /// <summary>An attribute of the member or of the parameter it comes from.</summary>
    public AttributeData? Find(INamedTypeSymbol? attribute) => Symbol.Find(attribute) ?? Parameter?.Find(attribute);

    public IEnumerable<AttributeData> Attributes => Parameter is null ? Symbol.GetAttributes() : Symbol.GetAttributes().Concat(Parameter.GetAttributes());

    /// <summary>Where it is named in the source; null: in another assembly.</summary>
    public Location? Location => (Symbol.Locations.FirstOrDefault(l => l.IsInSource) ?? Parameter?.Locations.FirstOrDefault(l => l.IsInSource)) is { } location ? location : null;
}

/// <summary>Lists the data members of a type, those of its base types first.</summary>
static class MessageMembers
{
    public static List<MessageMember> Of(INamedTypeSymbol type)
    {
        var chain = new Stack<INamedTypeSymbol>();
        for (var t = type; t is not null && t.SpecialType is not (SpecialType.System_Object or SpecialType.System_ValueType); t = t.BaseType)
            chain.Push(t);

        var members = new List<MessageMember>();
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var declaring in chain)
        {
            var primary = PrimaryConstructor(declaring);
            foreach (var symbol in InDeclarationOrder(declaring, primary))
            {
                if (MessageKinds.DataType(symbol) is not { } data || symbol is IPropertySymbol { ExplicitInterfaceImplementations.IsEmpty: false })
                    continue;
                var parameter = primary?.Parameters.FirstOrDefault(p => string.Equals(p.Name, symbol.Name, StringComparison.OrdinalIgnoreCase));
                var member = new MessageMember(symbol, data, parameter);
                if (names.TryGetValue(symbol.Name, out var place))
                {
                    // An override, or a member that hides another: one member on the wire, as the most derived type sees it.
                    members[place] = member;
                    continue;
                }

                names.Add(symbol.Name, members.Count);
                members.Add(member);
            }
        }

        return members;
    }

    /// <summary>The constructor that a declaration's own parameter list makes; null: it has none.</summary>
    public static IMethodSymbol? PrimaryConstructor(INamedTypeSymbol type)
    {
        foreach (var constructor in type.InstanceConstructors)
        {
            if (constructor.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax() is Microsoft.CodeAnalysis.CSharp.Syntax.TypeDeclarationSyntax)
                return constructor;
        }

        // A record from metadata: the constructor whose parameters are what Deconstruct yields.
        if (!type.IsRecord || type.DeclaringSyntaxReferences.Any())
            return null;
        var deconstruct = type.GetMembers("Deconstruct").OfType<IMethodSymbol>().Where(m => m.ReturnsVoid && m.Parameters.All(p => p.RefKind == RefKind.Out))
            .OrderByDescending(m => m.Parameters.Length).FirstOrDefault();
        return deconstruct is null ? null : type.InstanceConstructors.FirstOrDefault(c => c.Parameters.Select(p => p.Name).SequenceEqual(deconstruct.Parameters.Select(p => p.Name)));
    }

    // GetMembers follows the order of the declarations; positional members come first, in the order of the list.
    static IEnumerable<ISymbol> InDeclarationOrder(INamedTypeSymbol type, IMethodSymbol? primary)
    {
        var members = type.GetMembers();
        if (primary is null || !type.IsRecord)
            return members;
        var positions = primary.Parameters.Select((p, i) => (p.Name, i)).ToDictionary(p => p.Name, p => p.i, StringComparer.Ordinal);
        return members.OrderBy(m => positions.TryGetValue(m.Name, out var position) ? position : int.MaxValue);
    }
}
